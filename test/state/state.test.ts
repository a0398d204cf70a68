import { storedState, storeState } from '../../src/state/stored-lab.ts';
import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempDisposableSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { EnvironmentError } from '../../src/core/errors.ts';
import { DEFAULT_USER } from '../../src/lab/defaults.ts';
import { LAB_VERSION } from '../../src/state/lab-version.ts';
import { readState, removeState, stateOf, statePath, writeState } from '../../src/state/state.ts';
import { canMount, onPrivateDisk } from './fixtures/private-disk.ts';
import { eth, named, sampleLab, sampleMachine, sampleNetwork } from './fixtures/sample-lab.ts';

const temporaryFolder = () => mkdtempDisposableSync(join(tmpdir(), 'lab-state-'));

const source = (path: string): string => JSON.stringify(join(import.meta.dirname, path));

const richLab = sampleLab({
  networks: named([sampleNetwork(), sampleNetwork({ name: 'backnet', gateway: undefined, nat: false })]),
  machines: named([
    sampleMachine('vm1', '192.168.100.4', {
      memoryMiB: 512,
      cpus: 2,
      diskMiB: 1024,
      ssh: { host: 'h', port: 2201, user: undefined, key: '~/k' },
    }),
    sampleMachine('vm2', '192.168.100.5', {
      user: DEFAULT_USER,
      interfaces: [eth('eth0', '192.168.100.5'), eth('eth1', '192.168.100.6', 'backnet')],
    }),
  ]),
});

test('what was written is read again, machines and networks with all their fields', async () => {
  using folder = temporaryFolder();
  const state = stateOf(richLab, 'id-1', { pid: 42, nested: { list: [1, 'two'] } });
  await writeState(folder.path, state);
  assert.deepEqual(await readState(folder.path), JSON.parse(JSON.stringify(state)));
  assert.deepEqual(readdirSync(folder.path), ['state.json']);
  assert.equal(statSync(statePath(folder.path)).mode & 0o777, 0o600);
});

test('the state tells the programs of the lab, so that status works without lab.yaml', () => {
  const program = {
    name: 'server',
    on: 'vm1',
    files: [],
    command: ['node'],
    build: undefined,
    listens: [
      { protocol: 'tcp', port: 7999 },
      { protocol: 'udp', port: 53, later: true },
    ],
    busyPort: 'error',
    prompt: undefined,
    env: new Map(),
  } as const;
  const state = stateOf(sampleLab({ programs: named([program]) }), 'id-1', {});
  const listens = [
    { protocol: 'tcp', port: 7999 },
    { protocol: 'udp', port: 53 },
  ] as const;
  assert.deepEqual(state.programs, [{ name: 'server', on: 'vm1', listens }]);
  const stored = storeState(state) as { readonly programs: object[] };
  assert.deepEqual(stored.programs, [{ name: 'server', on: 'vm1', listens: [7999, '53/udp'] }]);
  assert.deepEqual(storedState(JSON.parse(JSON.stringify(stored)), '').programs, state.programs);
});

test('without a state, or without the folder, reading gives undefined and removing does nothing', async () => {
  using folder = temporaryFolder();
  assert.equal(await readState(folder.path), undefined);
  assert.equal(await readState(join(folder.path, 'missing')), undefined);
  await removeState(folder.path);
  await removeState(join(folder.path, 'missing'));
});

test('removing takes the state and unfinished copies of it, and nothing else', async () => {
  using folder = temporaryFolder();
  await writeState(folder.path, stateOf(richLab, 'id-1', {}));
  writeFileSync(`${statePath(folder.path)}.0123.tmp`, '{');
  writeFileSync(join(folder.path, 'known_hosts'), '');
  await removeState(folder.path);
  assert.deepEqual(readdirSync(folder.path), ['known_hosts']);
});

test('two who write at once leave one whole state', async () => {
  using folder = temporaryFolder();
  await Promise.all(['a', 'b', 'c', 'd'].map((id) => writeState(folder.path, stateOf(richLab, id, {}))));
  assert.match((await readState(folder.path))?.labId ?? '', /^[abcd]$/);
  assert.deepEqual(readdirSync(folder.path), ['state.json']);
});

const breakages: Readonly<Record<string, (text: string) => string>> = {
  'an empty file': () => '',
  'a file that was cut off': (text) => text.slice(0, text.length / 2),
  'a list': () => '[]',
  'no schema version': (text) => text.replace('"schemaVersion": 1', '"schemaVersion": "one"'),
  'a machine without a name': (text) => text.replace('"name": "vm1"', '"nam": "vm1"'),
  'an interface without an address': (text) => text.replace('"address": "192.168.100.4"', '"address": 4'),
  'a network whose subnet is none': (text) => text.replace('192.168.100.0/24', '192.168.100.0'),
  'a machine whose name leads out of the folder': (text) => text.replace('"name": "vm1"', '"name": "../../vm1"'),
  'a port that is none': (text) => text.replace('"port": 2201', '"port": "2201"'),
  'no document at all': () => 'null',
  'machines that are a number': (text) => text.replace(/"machines": \[.*?\n {2}\]/s, '"machines": 7'),
  'no state of the provider': (text) => text.replace('"providerState": {}', '"providerState": null'),
};

for (const [what, breakIt] of Object.entries(breakages)) {
  test(`${what} is reported as a broken state, with the cure`, async () => {
    using folder = temporaryFolder();
    await writeState(folder.path, stateOf(richLab, 'id-1', {}));
    const text = readFileSync(statePath(folder.path), 'utf8');
    assert.notEqual(breakIt(text), text);
    writeFileSync(statePath(folder.path), breakIt(text));
    await assert.rejects(readState(folder.path), (error: unknown) => {
      assert.ok(error instanceof EnvironmentError);
      assert.equal(error.code, 'state-broken');
      assert.match(error.message, /state\.json is broken/);
      assert.match(error.hint ?? '', /"lab down"/);
      return true;
    });
  });
}

test('a state of a newer lab is refused, not guessed at', async () => {
  using folder = temporaryFolder();
  writeFileSync(statePath(folder.path), '{"schemaVersion":2,"labVersion":"9.1.0","machines":{}}');
  await assert.rejects(readState(folder.path), {
    code: 'state-newer',
    message: `${statePath(folder.path)} was made by lab 9.1.0, this is lab ${LAB_VERSION} and does not know how it is stored`,
  });
  writeFileSync(statePath(folder.path), '{"schemaVersion":2,"machines":{}}');
  await assert.rejects(readState(folder.path), { code: 'state-broken' }, 'which no lab would write');
});

test('a folder named state.json is no state, and makes room for one', async () => {
  using folder = temporaryFolder();
  mkdirSync(join(statePath(folder.path), 'deeper'), { recursive: true });
  await assert.rejects(readState(folder.path), { code: 'state-broken' });
  await writeState(folder.path, stateOf(richLab, 'id-1', {}));
  assert.equal((await readState(folder.path))?.labId, 'id-1');
  assert.deepEqual(readdirSync(folder.path), ['state.json']);
});

test('a link named state.json is neither followed nor written through', async () => {
  using folder = temporaryFolder();
  const outside = join(folder.path, 'outside.json');
  await writeState(folder.path, stateOf(richLab, 'id-1', {}));
  renameSync(statePath(folder.path), outside);
  symlinkSync(outside, statePath(folder.path));
  const before = readFileSync(outside, 'utf8');
  await assert.rejects(readState(folder.path), { code: 'state-broken' });
  await writeState(folder.path, stateOf(richLab, 'id-2', {}));
  assert.deepEqual([(await readState(folder.path))?.labId, readFileSync(outside, 'utf8')], ['id-2', before]);
});

test(
  'when the disk is full, the old state stays and no part of the new one is left',
  { skip: !canMount && 'this host lets us mount nothing' },
  () => {
    using folder = temporaryFolder();
    const result = onPrivateDisk(
      folder.path,
      `
    const { readState, stateOf, writeState } = await import(${source('../../src/state/state.ts')});
    const { sampleLab } = await import(${source('fixtures/sample-lab.ts')});
    const { readdir } = await import('node:fs/promises');
    await writeState(folder, stateOf(sampleLab(), 'old', {}));
    const code = await writeState(folder, stateOf(sampleLab(), 'new', { padding: 'x'.repeat(500_000) })).catch((error) => error.code);
    return { code, labId: (await readState(folder)).labId, files: await readdir(folder) };
  `,
      { size: '64k' },
    );
    assert.deepEqual(result, { code: 'disk-full', labId: 'old', files: ['state.json'] });
  },
);

test('unfinished files are removed from folders of ours, never through a link', async () => {
  using folder = temporaryFolder();
  const [outside, inside] = [join(folder.path, 'outside'), join(folder.path, '.lab')];
  for (const path of [outside, inside]) mkdirSync(path);
  writeFileSync(join(outside, 'mine.0123456789ab.tmp'), '');
  symlinkSync(outside, join(inside, 'keys'));
  writeFileSync(join(inside, 'known_hosts.0123456789ab.tmp'), '');
  await removeState(inside);
  assert.deepEqual([readdirSync(inside), readdirSync(outside)], [['keys'], ['mine.0123456789ab.tmp']]);
});
