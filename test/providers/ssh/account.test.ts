import assert from 'node:assert/strict';
import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkLabText } from '../../../src/lab/load-lab.ts';
import type { Lab } from '../../../src/lab/types.ts';
import { allProviders } from '../../../src/providers/registry.ts';
import { resolveRoute } from '../../../src/providers/ssh/route/resolve-route.ts';
import { readState, stateOf, writeState } from '../../../src/state/state.ts';
import { without } from '../../helpers/tools.ts';
import { sshUser } from '../../helpers/ssh/ssh-routes.ts';

async function labOf(machine: string): Promise<Lab> {
  const text = `version: 1\nprovider: ssh\nmachines: { vm1: ${machine} }\n`;
  const result = await checkLabText(text, '/nowhere/lab.yaml', allProviders.names);
  assert.ok('lab' in result);
  return result.lab;
}

const cases = [
  { machine: '{}', account: 'bob', what: 'none is written: as the configuration of ssh says' },
  { machine: '{ user: ada }', account: 'ada', what: 'the one that is written' },
  { machine: '{ user: student }', account: 'student', what: 'the one that is written, even if it is the default' },
  { machine: '{ user: student, ssh: { user: eve } }', account: 'eve', what: 'the one of its `ssh`' },
] as const;

for (const { machine, account, what } of cases) {
  test(
    `the account of a machine is ${what}; so also when its lab is read from the state`,
    { skip: without('ssh') },
    async () => {
      await using _me = sshUser({ config: 'Host vm1\n  User bob\n' });
      const lab = await labOf(machine);
      assert.equal((await resolveRoute(lab.machines.get('vm1')!)).user, account);
      using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-account-'));
      await writeState(folder.path, stateOf(lab, 'id-1', {}));
      const [stored] = (await readState(folder.path))!.machines;
      assert.equal((await resolveRoute(stored!)).user, account);
    },
  );
}
