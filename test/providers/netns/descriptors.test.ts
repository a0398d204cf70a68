import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { up } from '../../../src/commands/lab/up.ts';
import { openSession } from '../../../src/session/open-session.ts';
import { testContext } from '../../helpers/command-context.ts';
import { cannotMakeMachines, labFolder } from '../../helpers/machines/machines.ts';

const CONNECTIONS = 20;

test(
  'connections to a machine leave no descriptor behind, also where its socket has a path that is too long for connect(2)',
  { skip: await cannotMakeMachines() },
  async () => {
    await using folder = labFolder({});
    const deep = join(folder.path, 'a'.repeat(120));
    mkdirSync(deep);
    const lab = 'version: 1\nnetworks: { net: { subnet: 192.168.90.0/24, nat: false } }\nmachines: { vm1: {} }\n';
    writeFileSync(join(deep, 'lab.yaml'), lab);
    const { context } = testContext(deep);
    await up(context, { recreate: false });
    const { machines } = await openSession(context).machines();
    const connectAndClose = async (): Promise<void> => {
      const shell = await machines[0]!.connect(context.signal);
      assert.equal((await shell.exec(['hostname'])).stdout, 'vm1\n');
      await shell.close();
    };
    // What is opened once and stays open.
    await connectAndClose();
    const before = readdirSync('/proc/self/fd').length;
    for (let count = 0; count < CONNECTIONS; count++) await connectAndClose();
    assert.equal(readdirSync('/proc/self/fd').length, before);
  },
);
