import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import packageJson from '../../package.json' with { type: 'json' };
import { CleanupStack } from '../../src/core/cleanup.ts';
import { retryUntil, type Attempt } from '../../src/core/time/retry.ts';
import { OUTSIDE_SOCKET } from '../../src/providers/netns/plan/stage-paths.ts';
import { waitForSeats } from '../../src/seats/run-socket.ts';
import { runCli, temporaryFolder } from '../helpers/cli.ts';
import { cannotBe, currentUser, ordinaryUser, type Finished, type LabUser } from '../helpers/lab-command.ts';
import { storedRun, storedRunId } from '../helpers/stored-run.ts';

/**
 * What a lab that is up was stored as, by each lab that stored it in another way, the newest last: `state.json`, the
 * journal, and which files there are. A folder stays as it is for ever; who changes what is stored adds one.
 */
const fixtures = join(import.meta.dirname, 'fixtures/stored-labs');
const generations = readdirSync(fixtures).toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
const newest = generations.at(-1)!;

type Json = Record<string, unknown>;

function stored(generation: string, file: string): string {
  return readFileSync(join(fixtures, generation, file), 'utf8');
}

function stateOf(generation: string): Json {
  return JSON.parse(stored(generation, 'state.json')) as Json;
}

/** Names of all fields, whatever they hold. */
function fieldsOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return fieldsOf(value[0], `${path}[]`);
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([name, inner]) => fieldsOf(inner, `${path}.${name}`));
}

function recordsOf(journal: string): string[] {
  return journal
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Json)
    .map(({ kind, ...fields }) => `${kind as string}: ${Object.keys(fields).join(' ')}`);
}

function filesOf(folder: string): string[] {
  return (
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      // Runs have their own form; the others depend on the host.
      .filter((path) => !/^runs|^netns\.|\.captures$/.test(path))
      .toSorted()
  );
}

function layState(folder: string, state: unknown, journal?: string): void {
  mkdirSync(join(folder, '.lab'), { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, '.lab/state.json'), `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  if (journal !== undefined) writeFileSync(join(folder, '.lab/journal.ndjson'), journal, { mode: 0o600 });
  chmodSync(join(folder, '.lab'), 0o700);
}

/** A state that a later lab writes, of which nothing can be known but who wrote it. */
const later = { schemaVersion: 2, labVersion: '9.1.0', machinery: { kind: 'another' } };
const refusal = new RegExp(
  `state\\.json was made by lab 9\\.1\\.0, this is lab ${packageJson.version.replaceAll('.', '\\.')}\\b.*\\nhint: .*npx --package \\./lab-9\\.1\\.0\\.tgz lab down`,
);

const users = (['root', 'ordinary'] as const).filter((kind) => cannotBe(kind) === false);
const userOf = (): LabUser => (users.includes('root') ? currentUser() : ordinaryUser());

describe('a lab that an older lab brought up, and whose machines are gone', { concurrency: 2 }, () => {
  for (const generation of generations)
    test(`stored as ${generation}, is shown, refused where machines are needed, and taken down`, async () => {
      using folder = temporaryFolder();
      const state = stateOf(generation);
      layState(folder.path, { ...state, uid: process.getuid?.() }, stored(generation, 'journal.ndjson'));
      const [status, exec] = await Promise.all([
        runCli(['--json', 'status'], { cwd: folder.path }),
        runCli(['exec', 'vm1', '--', 'true'], { cwd: folder.path }),
      ]);
      assert.equal(status.exitCode, 0, status.stderr);
      const { lab, machines } = JSON.parse(status.stdout) as { lab: string; machines: { name: string }[] };
      assert.deepEqual([lab, machines.map(({ name }) => name)], ['tp1', ['vm1', 'vm2']]);
      assert.deepEqual([exec.exitCode, exec.stderr.split('\n')[0]], [3, 'error: vm1 does not run']);
      const down = await runCli(['down'], { cwd: folder.path });
      assert.equal(down.exitCode, 0, down.stderr);
      assert.deepEqual(
        ['state.json', 'journal.ndjson'].filter((name) => existsSync(join(folder.path, '.lab', name))),
        [],
      );
    });
});

describe('a lab whose machines run', { skip: users.length === 0 }, () => {
  test('is stored as the newest fixture says; as any older one says it, it is used and taken down', async () => {
    await using user = userOf();
    writeFileSync(
      join(user.folder, 'lab.yaml'),
      readFileSync(join(user.folder, 'lab.yaml'), 'utf8').replace('nat: true', 'nat: false'),
    );
    const up = await user.lab('up');
    assert.equal(up.exitCode, 0, up.stderr);
    const folder = join(user.folder, '.lab');
    const content = readFileSync(join(folder, 'state.json'), 'utf8');
    const state = JSON.parse(content) as Json;
    const advice = `what is stored has changed: keep all folders of ${fixtures}, and add one`;
    assert.deepEqual(fieldsOf(state), fieldsOf(stateOf(newest)), advice);
    assert.deepEqual(
      recordsOf(readFileSync(join(folder, 'journal.ndjson'), 'utf8')),
      recordsOf(stored(newest, 'journal.ndjson')),
      advice,
    );
    assert.deepEqual(filesOf(folder), stored(newest, 'files.txt').trimEnd().split('\n'), advice);
    assert.equal(state['labVersion'], packageJson.version);
    for (const generation of generations) {
      const { labId, uid, createdAt, fingerprint } = state;
      const older = stateOf(generation);
      const own = { labId, createdAt, fingerprint, ...('uid' in older ? { uid } : {}) };
      writeFileSync(join(folder, 'state.json'), JSON.stringify({ ...older, ...own }));
      const { exitCode, stdout, stderr } = await user.lab('exec', 'vm1', '--', 'hostname');
      assert.deepEqual([exitCode, stdout], [0, 'vm1\n'], `${generation}: ${stderr}`);
    }
    const again = await user.lab('up');
    assert.equal(again.exitCode, 0, again.stderr);
    const kept = JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8')) as Json;
    assert.equal(kept['labVersion'], stateOf(newest)['labVersion'], 'machines that stay are those of who made them');
    const first = stateOf(generations[0]!);
    writeFileSync(join(folder, 'state.json'), JSON.stringify({ ...first, labId: state['labId'] }));
    const down = await user.lab('down');
    assert.equal(down.exitCode, 0, down.stderr);
    assert.match(down.stderr + down.stdout, /tp1 is down; nothing of it is left/);
    const status = await user.lab('status');
    assert.match(status.stdout, /not up/);
  });

  test('and speaks another language than this lab is reached by the sshd of its machines, and says so', async () => {
    await using user = userOf();
    assert.equal((await user.lab('up')).exitCode, 0);
    const sockets = join(user.folder, '.lab/sockets');
    renameSync(join(sockets, OUTSIDE_SOCKET), join(sockets, '.outside.0'));
    const { exitCode, stdout, stderr } = await user.lab('exec', 'vm1', '--', 'id', '-un');
    assert.deepEqual([exitCode, stdout], [0, 'ildvm1\n'], stderr);
    const status = await user.lab('status');
    assert.match(status.stdout + status.stderr, /made by another version of lab[^]*lab up --recreate/);
    const run = await user.lab('run');
    assert.equal(run.exitCode, 0, run.stderr);
  });

  test('and that a newer lab brought up is refused with what to type, and down ends it all the same', async () => {
    await using user = userOf();
    assert.equal((await user.lab('up')).exitCode, 0);
    const folder = join(user.folder, '.lab');
    layState(user.folder, later);
    const commands = [
      ['status'],
      ['up'],
      ['run'],
      ['exec', 'vm1', '--', 'true'],
      ['check-port', '7999'],
      ['ssh-config'],
    ];
    for (const command of commands) {
      const { exitCode, stderr } = await user.lab(...command);
      assert.equal(exitCode, 3, `${command.join(' ')}: ${stderr}`);
      assert.match(stderr, refusal);
    }
    const down = await user.lab('down');
    assert.equal(down.exitCode, 0, down.stderr);
    assert.deepEqual(
      ['state.json', 'journal.ndjson', 'sockets'].filter((name) => existsSync(join(folder, name))),
      [],
    );
  });
});

describe('what a newer lab made and this one knows nothing of', { concurrency: true }, () => {
  for (const [title, state, journal] of [
    ['a provider that is not there', { ...stateOf(newest), provider: 'cloud', labVersion: '9.1.0' }, undefined],
    [
      'another form, and a provider that is not there',
      later,
      '{"at":"","kind":"lab","labId":"a","name":"a","provider":"cloud"}\n',
    ],
  ] as const)
    test(`${title}: no command forgets it, down says who can take it down`, async () => {
      using folder = temporaryFolder();
      layState(folder.path, state, journal);
      const before = readFileSync(join(folder.path, '.lab/state.json'), 'utf8');
      for (const command of ['status', 'down']) {
        const { exitCode, stderr } = await runCli([command], { cwd: folder.path });
        assert.equal(exitCode, 3, stderr);
        assert.match(stderr, refusal);
      }
      assert.equal(readFileSync(join(folder.path, '.lab/state.json'), 'utf8'), before);
    });

  test('a record of a run is refused, and is neither damaged nor false', async () => {
    using run = storedRun({ files: { 'run.json': JSON.stringify({ ...later, run: storedRunId }) } });
    const answers = await Promise.all(
      [['logs'], ['report'], ['verify'], ['replay', '--speed', '1000'], ['runs']].map((command) =>
        runCli(command, { cwd: run.path }),
      ),
    );
    const runs = answers.pop() as Finished;
    for (const { exitCode, stderr } of answers) {
      assert.equal(exitCode, 3, stderr);
      assert.match(
        stderr,
        /run\.json was made by lab 9\.1\.0, this is lab .*\nhint: .*npx --package \.\/lab-9\.1\.0\.tgz lab/,
      );
    }
    assert.equal(runs.exitCode, 0);
    assert.match(runs.stdout, /of another lab/);
    assert.doesNotMatch(runs.stdout, /damaged/);
  });

  test('a terminal that joins a run is told that it is of another version', async () => {
    using folder = temporaryFolder();
    const cleanup = new CleanupStack();
    const controller = new AbortController();
    const stories = new Map([['client', 'You are client.']]);
    const waiting = waitForSeats(folder.path, stories, cleanup, controller.signal);
    waiting.catch(() => undefined);
    const path = join(folder.path, 'run.sock');
    const look = (): Attempt<true> => (existsSync(path) ? { value: true } : { seen: 'no socket' });
    await retryUntil(look, { what: 'the socket of the run', timeoutMs: 10_000, intervalMs: 5 });
    const answerTo = async (first: object): Promise<string> => {
      const socket = connect(path);
      socket.end(`${JSON.stringify(first)}\n`);
      return text(socket);
    };
    const size = { columns: 80, rows: 24 };
    assert.match(await answerTo({ join: 'client', size }), /^\{"refused":"the run was begun by lab \d/);
    assert.match(await answerTo({ join: 'client', size, version: 99 }), /^\{"refused":/);
    controller.abort(new Error('enough'));
    await assert.rejects(waiting);
    assert.deepEqual(await cleanup.run(), []);
  });
});
