import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { up } from '../../src/commands/lab/up.ts';
import type { Provider, ProviderRegistry } from '../../src/providers/provider.ts';
import { allProviders } from '../../src/providers/registry.ts';
import { openSession } from '../../src/session/open-session.ts';
import { withLock } from '../../src/session/locked-session.ts';
import { testContext } from '../helpers/command-context.ts';
import { finish, currentUser } from '../helpers/lab-command.ts';
import { cannotMakeMachines, labFolder } from '../helpers/machines/machines.ts';

const lab = `version: 1
name: twice
networks: { natnet: { subnet: 192.168.100.0/24, nat: false } }
machines:
  vm1: { user: ildvm1, address: 192.168.100.4 }
  vm2: { user: ildvm2, address: 192.168.100.5 }
`;

const hook = join(import.meta.dirname, 'fixtures/count-opens.ts');

/** Notes each provider that is made, and each time that machines are looked for. */
function watched(notes: string[]): ProviderRegistry {
  const watch = (provider: Provider): Provider => {
    const attach = provider.attach.bind(provider);
    return Object.assign(provider, {
      attach: (...request: Parameters<Provider['attach']>) => {
        notes.push('attach');
        return attach(...request);
      },
    });
  };
  return {
    names: allProviders.names,
    async named(name) {
      notes.push(name);
      return watch(await allProviders.named(name));
    },
    having: (ability) => allProviders.having(ability),
  };
}

describe('a lab is opened once', { skip: await cannotMakeMachines() }, () => {
  test('a second up reads state.json once', async (t: TestContext) => {
    await using user = currentUser();
    writeFileSync(join(user.folder, 'lab.yaml'), lab);
    const opens = join(user.folder, 'opens');
    const count = async (...words: string[]): Promise<number> => {
      rmSync(opens, { force: true });
      const environment = [`NODE_OPTIONS=--import=${hook}`, 'OPENS_OF=state.json', `OPENS_FILE=${opens}`];
      const { exitCode, stderr } = await finish(user.command(['env', ...environment, user.executable, ...words]));
      assert.equal(exitCode, 0, stderr);
      return existsSync(opens) ? readFileSync(opens, 'utf8').trimEnd().split('\n').length : 0;
    };
    const counts = { 'lab up': await count('up'), 'lab up again': await count('up') };
    const others = { 'lab status': await count('status'), 'lab down': await count('down') };
    t.diagnostic(`reads of state.json: ${JSON.stringify({ ...counts, ...others })}`);
    assert.equal(counts['lab up again'], 1);
  });

  test('a second up makes one provider and looks for the machines once', async () => {
    await using folder = labFolder({ 'lab.yaml': lab });
    const notes: string[] = [];
    const upOnce = () => up({ ...testContext(folder.path).context, providers: watched(notes) }, { recreate: false });
    await upOnce();
    notes.length = 0;
    await upOnce();
    assert.deepEqual(notes, ['netns', 'attach']);
  });

  test('a second up does not write state.json again', async () => {
    await using folder = labFolder({ 'lab.yaml': lab });
    const inodeAfterUp = async (): Promise<number> => {
      await up(testContext(folder.path).context, { recreate: false });
      return statSync(join(folder.path, '.lab/state.json')).ino;
    };
    assert.equal(await inodeAfterUp(), await inodeAfterUp());
  });

  test('what was read before the lock was taken is read again with it', async () => {
    await using folder = labFolder({ 'lab.yaml': lab });
    const before = openSession(testContext(folder.path).context);
    assert.equal(await before.attached(), undefined);
    await up(testContext(folder.path).context, { recreate: false });
    const found = await withLock(before, { command: 'test', work: (session) => session.attached() });
    assert.deepEqual(
      found?.machines.map(({ running }) => running),
      [true, true],
    );
  });
});
