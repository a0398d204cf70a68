import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { identify } from '../../../src/host/processes.ts';
import type { Machine } from '../../../src/lab/types.ts';
import { keyPath } from '../../../src/providers/lab-keys.ts';
import { connectMachine } from '../../../src/providers/qemu/reach-machine.ts';
import { startSshd } from '../../helpers/ssh/sshd.ts';

test(
  'a machine that allows one session gets more connections, also when the first was handed over',
  { timeout: 60_000 },
  async () => {
    await using server = await startSshd({ transport: 'tcp', sshdConfig: ['MaxSessions 1'] });
    using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-reach-'));
    mkdirSync(join(folder.path, 'keys'));
    for (const [name, pair] of [
      ['user', server.userKey],
      ['vm-vm1', server.hostKey],
    ] as const) {
      writeFileSync(keyPath(folder.path, name), pair.privateKey, { mode: 0o600 });
      writeFileSync(`${keyPath(folder.path, name)}.pub`, pair.publicKey);
    }
    assert.ok('port' in server.address);
    const { port } = server.address;
    const handedOver = connect({ host: '127.0.0.1', port });
    await once(handedOver, 'connect');
    const machine: Machine = {
      name: 'vm1',
      image: 'x',
      user: server.user,
      interfaces: [],
      memoryMiB: undefined,
      cpus: undefined,
      diskMiB: undefined,
      ssh: undefined,
    };

    const shell = await connectMachine(
      { machine, process: identify(process.pid), port, stateFolder: folder.path },
      undefined,
      handedOver,
    );
    try {
      const program = await shell.start(['cat'], { terminal: { columns: 80, rows: 24 } });
      assert.equal((await shell.exec(['echo', 'beside it'])).stdout, 'beside it\n');
      await program.kill('KILL');
    } finally {
      await shell.close();
    }
  },
);
