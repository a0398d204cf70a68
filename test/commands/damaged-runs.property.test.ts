import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { logs } from '../../src/commands/runs/logs.ts';
import { storedRuns } from '../../src/commands/runs/runs.ts';
import { replay } from '../../src/commands/runs/replay.ts';
import { report } from '../../src/commands/runs/report.ts';
import { tcpLog } from '../../src/commands/runs/tcp-log.ts';
import { LabError } from '../../src/core/errors.ts';
import { testContext } from '../helpers/command-context.ts';
import { storedRun, storedRunId, type StoredRunFolder } from '../helpers/stored-run.ts';

/** All that reads a stored run. */
const readers: Readonly<Record<string, (folder: string) => Promise<unknown>>> = {
  logs: (folder) => logs(testContext(folder).context, { run: undefined, role: undefined, collect: true }),
  role: (folder) => logs(testContext(folder).context, { run: undefined, role: 'server', collect: true }),
  replay: (folder) => replay(testContext(folder).context, { run: undefined, speed: undefined, play: false }),
  tcp: (folder) => tcpLog(testContext(folder).context, undefined),
  html: (folder) => made(folder, 'html'),
  md: (folder) => made(folder, 'md'),
  json: (folder) => made(folder, 'json'),
  junit: (folder) => made(folder, 'junit'),
};

function made(folder: string, format: string): Promise<unknown> {
  return report(testContext(folder).context, {
    run: undefined,
    language: 'fr',
    format,
    output: join(folder, 'report'),
  });
}

/** Each reader ends with what it makes, or with one error that names the file; the list is there in any case. */
async function assertTold(folder: string, names: readonly string[]): Promise<LabError[]> {
  const { runs } = await storedRuns(testContext(folder).context);
  assert.deepEqual(
    runs.map(({ run }) => run),
    [storedRunId],
  );
  const errors = await Promise.all(
    names.map((name) =>
      readers[name]!(folder).then(
        () => undefined,
        (error: unknown) => error,
      ),
    ),
  );
  for (const [index, error] of errors.entries()) {
    if (error === undefined) continue;
    assert.ok(error instanceof LabError, `${names[index]}: ${error instanceof Error ? error.stack : typeof error}`);
    if (error.exitCode !== 3) continue;
    assert.match(error.message, /runs\/\S+\/[\w.]+(:\d+)?:? /);
    assert.ok((error.hint ?? '') !== '' && !error.message.includes('\n') && error.message.length < 500, error.message);
  }
  return errors.filter((error) => error !== undefined) as LabError[];
}

const all = Object.keys(readers);

describe('a damaged run', () => {
  const odd = `{"at":{"monotonicMs":1,"wallMs":1},"kind":`;
  const damages: readonly {
    readonly what: string;
    readonly file: string;
    readonly content: string;
    readonly says: RegExp;
  }[] = [
    {
      what: 'a number without end',
      file: 'events.ndjson',
      content: `${odd}"run-finished","run":"r","result":"passed","durationMs":1${'0'.repeat(400)}}\n`,
      says: /events\.ndjson:1 is damaged: durationMs is a number without end/,
    },
    {
      what: 'a time that no calendar has',
      file: 'events.ndjson',
      content: `{"at":{"monotonicMs":1,"wallMs":1e300},"kind":"notice","level":"info","message":""}\n`,
      says: /:1 is damaged: at\.wallMs is 1e\+300, not a number from 0 to /,
    },
    {
      what: 'a time before the start',
      file: 'events.ndjson',
      content: `{"at":{"monotonicMs":-5,"wallMs":1},"kind":"notice","level":"info","message":""}\n`,
      says: /at\.monotonicMs is -5/,
    },
    {
      what: 'a kind that nobody knows',
      file: 'events.ndjson',
      content: `\n\n${odd}"teleported"}\n`,
      says: /:3 is damaged: kind is "teleported", not one that this lab knows/,
    },
    {
      what: 'a wrong type',
      file: 'events.ndjson',
      content: `${odd}"terminal-output","role":"server","data":{"length":1e15}}\n`,
      says: /data is an object, not text/,
    },
    {
      what: '10^15 columns',
      file: 'events.ndjson',
      content: `${odd}"terminal-opened","role":"server","machine":"vm1","columns":1000000000000000,"rows":24,"command":[]}\n`,
      says: /columns is 1000000000000000/,
    },
    {
      what: 'JSON of great depth',
      file: 'events.ndjson',
      content: `${odd}"notice","level":"info","message":${'['.repeat(200_000)}${']'.repeat(200_000)}}\n`,
      says: /message is a list, not text/,
    },
    { what: 'no JSON', file: 'events.ndjson', content: 'nothing of the kind\n', says: /:1 is damaged: it is no JSON/ },
    {
      what: 'a file of its reader as a source',
      file: 'events.ndjson',
      content: `${odd}"lab-described","lab":{"version":"1","provider":"p","report":{"authors":[]},"networks":[],"machines":[],"programs":[{"name":"a","on":"b","command":[],"listens":[],"files":[{"path":"x","sha256":"","sizeBytes":1,"stored":"../../../secret","kind":"sent"}]}]}}\n`,
      says: /stored is "\.\.\/\.\.\/\.\.\/secret", not a path in the folder of the run/,
    },
    {
      what: 'a result that nobody knows',
      file: 'run.json',
      content: '{"schemaVersion":1,"run":"r","lab":"l","scenario":"s","result":"splendid"}',
      says: /run\.json is damaged: result is "splendid"/,
    },
    {
      what: 'a prototype',
      file: 'run.json',
      content: '{"schemaVersion":1,"run":"r","__proto__":{"lab":"l"}}',
      says: /lab is missing, not text/,
    },
    { what: 'a newer version', file: 'run.json', content: '{"schemaVersion":2}', says: /schemaVersion is 2, not 1/ },
    { what: 'nothing', file: 'run.json', content: '', says: /run\.json is damaged: it is empty/ },
    { what: 'zero bytes', file: 'run.json', content: '\0'.repeat(100), says: /run\.json is damaged: it is no JSON/ },
  ];
  for (const { what, file, content, says } of damages) {
    test(`with ${what} in ${file} is reported with its place`, async () => {
      using run = storedRun({ files: { [file]: content } });
      const [first] = await assertTold(run.path, ['html', ...(file === 'run.json' ? ['logs'] : []), 'replay']);
      assert.match(first?.message ?? 'no error', says);
      assert.equal(first?.exitCode, 3);
    });
  }

  test('with bytes that are not UTF-8 is reported with its line', async () => {
    using run = storedRun();
    const file = join(run.run, 'events.ndjson');
    writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.from([0x7b, 0xff, 0x7d, 0x0a])]));
    const [first] = await assertTold(run.path, ['html', 'replay']);
    assert.match(first!.message, /events\.ndjson:\d+ is damaged: it is not UTF-8/);
  });

  for (const { what, put } of [
    { what: 'a pipe', put: (path: string) => execFileSync('mkfifo', [path]) },
    { what: 'a folder', put: (path: string) => mkdirSync(path) },
    { what: 'a link to a file of the reader', put: (path: string) => symlinkSync('/etc/hostname', path) },
    { what: 'a link to itself', put: (path: string) => symlinkSync(path, path) },
  ]) {
    test(`with ${what} in place of any of its files hangs nobody`, async () => {
      for (const name of ['run.json', 'events.ndjson', 'session.log', 'server.log', 'capture.pcap', 'server.cast']) {
        using run = storedRun();
        rmSync(join(run.run, name));
        put(join(run.run, name));
        const errors = await assertTold(run.path, all);
        assert.ok(errors.length > 0 || name === 'server.cast', name);
        for (const error of errors) assert.equal(error.exitCode, 3, error.message);
      }
    });
  }

  test('shows no file of its reader', async () => {
    using run = storedRun();
    rmSync(join(run.run, 'sources'), { recursive: true });
    mkdirSync(join(run.path, 'private/server'), { recursive: true });
    writeFileSync(join(run.path, 'private/server/server.js'), 'a secret of the reader');
    symlinkSync(join(run.path, 'private'), join(run.run, 'sources'));
    await made(run.path, 'json');
    await made(run.path, 'html');
    assert.doesNotMatch(readFileSync(join(run.path, 'report'), 'utf8'), /a secret of the reader/);
  });

  test('is data where it is collected, control sequences included: what shows it makes them harmless', async () => {
    using run = storedRun({ files: { 'session.log': 'all \x1b]52;c;ZXZpbA==\x07 well \x9b2J\n' } });
    const { log } = await logs(testContext(run.path).context, { run: undefined, role: undefined, collect: true });
    assert.equal(log, 'all \x1b]52;c;ZXZpbA==\x07 well \x9b2J\n');
  });

  test('whatever was changed in it, is reported or read, never a bug of lab and never a hang', async () => {
    const long = process.env['LAB_TEST_LONG'] === '1';
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('run.json', 'events.ndjson'),
        changes,
        fc.constantFrom(...all),
        async (file, made, reader) => {
          using run = storedRun();
          change(run, file, made);
          await assertTold(run.path, [reader]);
        },
      ),
      { numRuns: long ? 1000 : 150, seed: Number(process.env['LAB_TEST_SEED'] ?? 11) },
    );
  });
});

type Change =
  | { readonly kind: 'value'; readonly at: number; readonly value: unknown }
  | { readonly kind: 'bytes'; readonly at: number; readonly remove: number; readonly insert: Uint8Array };

const value = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    1e308,
    0.5,
    10 ** 15,
    2 ** 53,
    '',
    '\0',
    '__proto__',
    'constructor',
    '\x1b[2J',
    '../../etc/passwd',
    [],
    {},
    [[]],
    { length: -1 },
    '9'.repeat(5000),
    'x'.repeat(70_000),
    '999.999.999.999',
    '10.0.0.0/99',
  ),
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.double(),
  fc.array(fc.integer(), { maxLength: 3 }),
  fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
);
const changes: fc.Arbitrary<readonly Change[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('value' as const), at: fc.nat(), value }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('bytes' as const),
        at: fc.nat(),
        remove: fc.nat(40),
        insert: fc.uint8Array({ maxLength: 20 }),
      }),
    },
  ),
  { minLength: 1, maxLength: 3 },
);

function change({ run }: StoredRunFolder, file: string, made: readonly Change[]): void {
  const path = join(run, file);
  for (const one of made) {
    const bytes = readFileSync(path);
    if (one.kind === 'value')
      writeFileSync(path, withValue(bytes.toString('utf8'), one.at, one.value, file === 'run.json'));
    else
      writeFileSync(
        path,
        Buffer.concat([
          bytes.subarray(0, one.at % bytes.length),
          one.insert,
          bytes.subarray((one.at % bytes.length) + one.remove),
        ]),
      );
  }
}

/** The text with one of its values, at any depth, replaced. */
function withValue(text: string, at: number, replacement: unknown, isWhole: boolean): string {
  const parts = isWhole ? [text] : text.trimEnd().split('\n');
  const index = at % parts.length;
  try {
    const document: unknown = JSON.parse(parts[index]!);
    const places = placesIn(document);
    const { holder, key } = places[at % places.length]!;
    holder[key] = replacement;
    parts[index] = JSON.stringify(document);
  } catch {
    // Damaged before.
  }
  return `${parts.join('\n')}\n`;
}

interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

function placesIn(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [{ holder, key }].concat(placesIn(holder[key])));
}
