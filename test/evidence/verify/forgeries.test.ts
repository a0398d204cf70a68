import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { report } from '../../../src/commands/runs/report.ts';
import { verify, type VerifiedRun } from '../../../src/commands/runs/verify.ts';
import type { LanguageCode } from '../../../src/core/lab-description.ts';
import type { Event } from '../../../src/core/events.ts';
import type { RunDocument } from '../../../src/report/run/run-summary.ts';
import { boundRun } from '../../helpers/bound-run.ts';
import { testContext } from '../../helpers/command-context.ts';
import { repository } from '../../helpers/lab-command.ts';
import { storedRun } from '../../helpers/stored-run.ts';

process.env['TZ'] = 'UTC';

/** What came of the one run in a folder. */
async function verified(folder: string): Promise<VerifiedRun> {
  const { records } = await verify(testContext(folder).context, { what: folder });
  assert.equal(records.length, 1);
  return records[0]!;
}

/** The sentences about what does not fit, without the digits of hashes. */
async function misfits(folder: string): Promise<string[]> {
  return (await verified(folder)).misfits.map(({ message }) => message.replaceAll(/[\da-f]{12}…/g, '#'));
}

function edit(path: string, change: (text: string) => string): void {
  const before = readFileSync(path, 'utf8');
  const after = change(before);
  assert.notEqual(after, before);
  writeFileSync(path, after);
}

/** Changes a file and the hash of it, as somebody does who knows the format. */
function forge(run: string, name: string, change: (text: string) => string): void {
  edit(join(run, name), change);
  rehash(run, name);
}

function rehash(run: string, name: string): void {
  const content = readFileSync(join(run, name));
  edit(join(run, 'run.json'), (text) => {
    const document = JSON.parse(text) as RunDocument;
    const files = document.files!.map((file) =>
      file.name === name
        ? { name, sizeBytes: content.length, sha256: createHash('sha256').update(content).digest('hex') }
        : file,
    );
    return `${JSON.stringify({ ...document, files }, undefined, 2)}\n`;
  });
}

function castLine(name: string): string {
  return String.raw`[0.281, "o", "\u001b[33mclient │\u001b[0m from server Hello ${name}\r\n"]`.slice(0, 80);
}

const HASH = 'was changed after the run: its SHA-256 is #, that of what was stored is #';

describe('lab verify', () => {
  test('a record that nobody touched fits, wherever its folder lies and whatever lab report wrote into it', async () => {
    using run = await boundRun();
    const moved = join(run.path, 'handed in');
    renameSync(run.run, moved);
    for (const name of ['report.md', 'report.xml', '.DS_Store']) writeFileSync(join(moved, name), 'anything');
    const record = await verified(moved);
    assert.deepEqual([record.fits, record.misfits, record.unknown, record.result], [true, [], [], 'passed']);
  });

  test('a run of an older lab has no hashes, and is no forgery for that', async () => {
    using run = storedRun();
    const record = await verified(run.run);
    assert.deepEqual([record.fits, record.misfits], [true, []]);
    assert.deepEqual(
      record.unknown.map(({ message }) => message),
      ['The record has no hashes: it was made by an older lab.'],
    );
  });

  test('a failed run that sed made a passed one says so of every file', async () => {
    using run = await boundRun({ events: failing });
    assert.equal((await verified(run.run)).result, 'failed');
    execFileSync('sed', [
      '-i',
      's/failed/passed/',
      ...['run.json', 'events.ndjson', 'session.cast'].map((name) => join(run.run, name)),
    ]);
    assert.deepEqual(await misfits(run.run), [
      'run.json says "server ended with status 1" of "steps[8].reason"; according to the events it is "null"',
      `events.ndjson ${HASH}`,
      `session.cast ${HASH}`,
      'events.ndjson, line 42 is not as lab writes it: a name stands there twice, or one that does not belong there',
    ]);
  });

  test('a result that only run.json tells is refuted by the events', async () => {
    using run = await boundRun({ events: failing });
    edit(join(run.run, 'run.json'), (text) => text.replaceAll('"failed"', '"passed"'));
    assert.deepEqual(await misfits(run.run), [
      'run.json says that the run passed; according to the events it failed',
      'run.json says that step 9 passed; according to the events it failed',
    ]);
  });

  test('events that were changed with their hash no longer fit the recordings, line by line', async () => {
    using run = await boundRun();
    forge(run.run, 'events.ndjson', (text) => text.replaceAll('from server Hello vm1\\r', 'from server Hello Bob\\r'));
    assert.deepEqual(await misfits(run.run), [
      'events.ndjson does not bear out that step 8 passed: expected "from server Hello vm1" on the terminal of client, but it did not come',
      'client.cast, line 9 has "[0.075, "o", "from server Hello vm1\\r\\n"]"; according to the events it is "[0.075, "o", "from server Hello Bob\\r\\n"]"',
      'client.log, line 5 has "from server Hello vm1"; according to the events it is "from server Hello Bob"',
      `session.cast, line 19 has "${castLine('vm1')}"; according to the events it is "${castLine('Bob')}"`,
      'session.log, line 13 has "06:26:37.469 client │ from server Hello vm1"; according to the events it is "06:26:37.469 client │ from server Hello Bob"',
    ]);
  });

  test('a program that was changed afterwards, with its hash, is not the one that was sent', async () => {
    using run = await boundRun();
    forge(run.run, 'sources/server/server.js', (text) => `// mine\n${text}`);
    assert.deepEqual(await misfits(run.run), [
      'sources/server/server.js is not the file of that run: its SHA-256 is #, according to the events it was #',
    ]);
  });

  test('events that end early are no whole run', async () => {
    using run = await boundRun();
    forge(run.run, 'events.ndjson', (text) => `${text.trimEnd().split('\n').slice(0, -12).join('\n')}\n`);
    const found = await misfits(run.run);
    assert.ok(
      found.includes('run.json says that the run passed; according to the events it has no end'),
      found.join('\n'),
    );
    assert.ok(found.includes('run.json says that step 9 passed; according to the events it was not played'));
  });

  test('a step that was left out of the events is missed', async () => {
    using run = await boundRun();
    forge(run.run, 'events.ndjson', (text) => text.replaceAll(/.*scenario-step-\w+","index":5.*\n/g, ''));
    const found = await misfits(run.run);
    assert.ok(
      found.some((line) => /^events.ndjson, line \d+ tells of step 7 where it cannot be$/.test(line)),
      found.join('\n'),
    );
  });

  test('a name that stands twice in JSON is found in run.json and in the events', async () => {
    using run = await boundRun({ events: failing });
    edit(join(run.run, 'run.json'), (text) =>
      text.replace('  "result": "failed"', '  "result": "passed",\n  "result": "failed"'),
    );
    assert.deepEqual(await misfits(run.run), [
      'run.json is not as lab writes it: a name stands there twice, or one that does not belong there',
    ]);
  });

  test('files that are missing, added, links, pipes or folders are named, and nothing is followed', async () => {
    using run = await boundRun();
    const path = (name: string): string => join(run.run, name);
    rmSync(path('server.cast'));
    rmSync(path('client.log'));
    symlinkSync('/etc/passwd', path('client.log'));
    rmSync(path('session.log'));
    execFileSync('mkfifo', [path('session.log')]);
    rmSync(path('capture.pcap'));
    mkdirSync(path('capture.pcap'));
    rmSync(path('sources'), { recursive: true });
    symlinkSync('/etc', path('sources'));
    writeFileSync(path('extra\u001b[31m.txt'), '');
    const record = await verified(run.run);
    assert.deepEqual(
      record.misfits.map(({ message }) => message),
      [
        'capture.pcap is missing, though run.json lists it',
        'client.log is a link, not an ordinary file',
        'server.cast is missing, though run.json lists it',
        'session.log is a pipe, not an ordinary file',
        'sources/client/client.js is missing, though run.json lists it',
        'sources/server/server.js is missing, though run.json lists it',
        'extra\\u{1b}[31m.txt is not in the list of run.json: it was added after the run',
        'sources is not in the list of run.json: it was added after the run',
      ],
    );
  });

  test('a run.json that is a link is not followed', async () => {
    using run = await boundRun();
    const path = join(run.run, 'run.json');
    renameSync(path, join(run.path, 'elsewhere'));
    symlinkSync(join(run.path, 'elsewhere'), path);
    const found = await misfits(run.run);
    assert.equal(found.length, 1);
    assert.match(found[0]!, /^run\.json cannot be read: /);
  });

  test('files with holes that pretend to hold very much are not read, events among them', async () => {
    using run = await boundRun();
    const path = join(run.run, 'events.ndjson');
    truncateSync(path, 2 ** 40);
    edit(join(run.run, 'run.json'), (text) =>
      text.replace(/(?<="name": "events.ndjson",\s+"sizeBytes": )\d+/, `${2 ** 40}`),
    );
    const before = performance.now();
    const found = await misfits(run.run);
    assert.ok(found.includes('events.ndjson is larger than lab reads (8 GiB)'), found.join('\n'));
    assert.ok(performance.now() - before < 5000);
  });

  test('a huge file is not read: its size tells', async () => {
    using run = await boundRun();
    truncateSync(join(run.run, 'capture.pcap'), 2 ** 40);
    const before = performance.now();
    const found = await misfits(run.run);
    assert.ok(found[0]!.startsWith('capture.pcap has 1099511627776 bytes, '), found[0]);
    assert.ok(performance.now() - before < 5000);
  });

  test('events that are no JSON, no UTF-8 or no event are told with their line', async () => {
    const cases: [string | Buffer, RegExp][] = [
      ['{"at":\n', /^events\.ndjson, line 4\d cannot be read: it is no JSON$/],
      [Buffer.from([0xff, 0xfe, 0x0a]), /^events\.ndjson cannot be read: .*:4\d is damaged: it is not UTF-8$/],
      ['{"kind":"notice"}\n', /^events\.ndjson, line 4\d cannot be read: at is missing, not an object$/],
      [
        `${'['.repeat(100_000)}${']'.repeat(100_000)}\n`,
        /^events\.ndjson, line 4\d cannot be read: it is a list, not an object$/,
      ],
    ];
    for (const [added, expected] of cases) {
      using run = await boundRun();
      appendFileSync(join(run.run, 'events.ndjson'), added);
      rehash(run.run, 'events.ndjson');
      const found = await misfits(run.run);
      assert.ok(
        found.some((line) => expected.test(line)),
        found.join('\n'),
      );
    }
  });

  test('a run.json that is empty, a link, or no document is told, and the events still tell the result', async () => {
    for (const content of ['', '[]', '{"schemaVersion":1}', 'x'.repeat(100)]) {
      using run = await boundRun();
      writeFileSync(join(run.run, 'run.json'), content);
      const record = await verified(run.run);
      assert.equal(record.misfits.length, 1, content);
      assert.match(record.misfits[0]!.message, /^run\.json cannot be read: /);
      assert.equal(record.result, 'passed');
    }
  });

  test('a record whose run.json is gone says that it has no hashes', async () => {
    using run = await boundRun();
    rmSync(join(run.run, 'run.json'));
    const { misfits: found, unknown, result } = await verified(run.run);
    assert.deepEqual([found, unknown.map(({ kind }) => kind), result], [[], ['no-run-file'], 'passed']);
  });

  test('the report of a record that does not fit says so itself, in each language and format', async () => {
    using run = await boundRun({ events: failing });
    edit(join(run.run, 'events.ndjson'), (text) => text.replaceAll('failed', 'passed'));
    edit(join(run.run, 'run.json'), (text) => text.replaceAll('"failed"', '"passed"'));
    const make = async (format: string, language: LanguageCode): Promise<string> => {
      const options = { run: undefined, language, format, output: undefined };
      const { file } = await report(testContext(run.path).context, options);
      return readFileSync(file!, 'utf8').replaceAll(/[\u00a0\u202f]/g, ' ');
    };
    assert.match(
      await make('html', 'en'),
      /<b><a href="#[\w-]+">The record of this run does not fit<\/a><\/b> <span>.*run\.json says .*server ended with status 1/,
    );
    assert.match(
      await make('html', 'fr'),
      /<b><a href="#[\w-]+">L.{1,5}enregistrement de cette exécution est incohérent<\/a><\/b>[^]*events\.ndjson a été modifié après l.{1,5}exécution : son SHA-256 est/,
    );
    assert.match(
      await make('md', 'fr'),
      /^- L’enregistrement de cette exécution est incohérent : \*\*✗ run\.json dit/m,
    );
    const { record } = JSON.parse(await make('json', 'en')) as {
      record: { fits: boolean; misfits: { file: string }[] };
    };
    assert.equal(record.fits, false);
    assert.deepEqual(
      [...new Set(record.misfits.map(({ file }) => file))],
      ['run.json', 'events.ndjson', 'session.cast'],
    );
    assert.equal((await verified(run.run)).misfits.length, record.misfits.length);
  });

  test('a folder with several records is verified whole', async () => {
    using one = await boundRun();
    using other = await boundRun();
    renameSync(other.run, join(one.path, 'second'));
    rmSync(join(one.path, 'second/client.log'));
    const { fits, records } = await verify(testContext(one.path).context, { what: '.' });
    assert.deepEqual([fits, records.map((record) => record.fits)], [false, [true, false]]);
  });
});

describe('a record that was made up as a whole, hashes included', () => {
  test('is refuted where a passed step expects what no terminal showed', async () => {
    using run = await boundRun({
      events: (all) =>
        all.map((event) =>
          event.kind === 'terminal-output' && event.role === 'server'
            ? Object.assign(event, { data: event.data.replaceAll('Hello vm1', 'Goodbye') })
            : event,
        ),
    });
    assert.deepEqual(await misfits(run.run), [
      `events.ndjson does not bear out that step 4 passed: expected "from client 'Hello vm1'" on the terminal of server, but it did not come`,
    ]);
  });

  test('is refuted where a passed step expects another end of a program', async () => {
    using run = await boundRun({
      events: (all) =>
        all.map((event) =>
          event.kind === 'program-exited' && event.role === 'server' ? Object.assign(event, { exitCode: 1 }) : event,
        ),
    });
    assert.deepEqual(await misfits(run.run), [
      'events.ndjson does not bear out that step 9 passed: expected server to end with status 0, but it ended with status 1',
    ]);
  });

  test('is refuted where a passed tcp step expects what the packets do not show, and only there', async () => {
    const cases: [step: string, refuted: boolean][] = [
      ['tcp: { port: 7999, connections: 1, handshake: true, close: { by: client, kind: fin }, reset: none }', false],
      ['tcp: { retransmissions: 0, payload: { client: "Hello vm1", server: /from|Hello/ } }', false],
      ['tcp: { reset: client }', true],
      ['tcp: { close: { by: server, kind: fin } }', true],
      ['tcp: { payload: { client: "Hello Bob" } }', true],
    ];
    for (const [text, isRefuted] of cases) {
      using run = await boundRun({ events: withStep(text) });
      const found = await misfits(run.run);
      assert.equal(found.length, isRefuted ? 1 : 0, found.join('\n'));
      if (isRefuted)
        assert.match(found[0]!, /^capture\.pcap does not bear out that step 10 passed: expected .+, but .+$/);
    }
  });

  test('is refuted by packets of another time, and by a packet that is missing', async () => {
    const capture = readFileSync(recordedCapture);
    const shifted = Buffer.from(capture);
    for (let at = 24; at < shifted.length; at += 16 + shifted.readUInt32LE(at + 8))
      shifted.writeUInt32LE(shifted.readUInt32LE(at) - 3600, at);
    using other = await boundRun({ capture: shifted });
    assert.deepEqual(await misfits(other.run), [
      'capture.pcap is of another time: its packet 1 passed at 2026-11-23T05:26:37.451Z, and the run went from 2026-11-23T06:26:37.188Z to 2026-11-23T06:26:37.505Z',
    ]);
    const length = capture.readUInt32LE(24 + 8);
    using shorter = await boundRun({
      capture: Buffer.concat([capture.subarray(0, 24), capture.subarray(24 + 16 + length)]),
    });
    assert.deepEqual(await misfits(shorter.run), [
      'capture.pcap holds 11 packets; according to the events there were 12',
    ]);
  });

  test('is refuted by a connection that a kernel counted and no packet shows', async () => {
    const attempt = {
      machine: 'vm2',
      protocol: 'tcp',
      to: { address: '192.168.100.4', port: 7999 },
      count: 1,
      refused: 0,
      unreachable: 0,
      answered: 1,
    } as const;
    const counted = (all: readonly Event[]): Event[] =>
      all.flatMap((event): Event[] => {
        if (event.kind === 'run-finished')
          return [
            { at: event.at, kind: 'attempts-counted', seen: { machines: ['vm1', 'vm2'], attempts: [attempt] } },
            event,
          ];
        return [event.kind === 'capture-finished' ? { ...event, capture: { ...event.capture, packets: 0 } } : event];
      });
    using run = await boundRun({ events: counted, capture: readFileSync(recordedCapture).subarray(0, 24) });
    assert.deepEqual(await misfits(run.run), [
      'capture.pcap has no packet of a connection from vm2 to 192.168.100.4:7999, which the kernel of vm2 counted',
    ]);
  });

  test('nothing is concluded of a program whose keyboard a user had, or of text that is not all stored', async () => {
    using operated = await boundRun({
      events: (all) =>
        all.map((event) => {
          if (event.kind === 'terminal-input' && event.role === 'server') return { ...event, by: 'user' };
          return event.kind === 'program-exited' && event.role === 'server' ? { ...event, exitCode: 1 } : event;
        }),
    });
    assert.deepEqual(await misfits(operated.run), []);
    using flooded = await boundRun({
      maxOutputBytes: 64 * 1024,
      events: (all) =>
        all.flatMap((event) =>
          event.kind === 'program-exited' && event.role === 'server'
            ? [
                { at: event.at, kind: 'terminal-output', role: 'server', data: `${'x'.repeat(70)}\r\n`.repeat(3000) },
                event,
              ]
            : [event],
        ),
    });
    const record = await verified(flooded.run);
    assert.deepEqual(record.misfits, []);
    assert.deepEqual(
      record.unknown.map(({ message }) => message),
      [
        'More was printed than is stored, so these files rest on their hashes alone: server.cast, server.log, session.cast, session.log.',
      ],
    );
  });
});

const recordedCapture = join(repository, 'test/fixtures/runs/tp1/capture.pcap');

/** The recorded run with one more step at its end. */
function withStep(text: string): (all: readonly Event[]) => Event[] {
  return (all) =>
    all.flatMap((event): Event[] => {
      const place = { index: 9, line: 40, text };
      if (event.kind === 'run-started') return [{ ...event, steps: [...event.steps!, place] }];
      if (event.kind !== 'capture-finished') return [event];
      const { at } = event;
      return [
        { at, kind: 'scenario-step-started', ...place },
        { at, kind: 'scenario-step-passed', ...place, durationMs: 1 },
        event,
      ];
    });
}

/** The recorded run with a last step that failed. */
function failing(events: readonly Event[]): Event[] {
  return events.map((event) => {
    if (event.kind === 'scenario-step-passed' && event.index === 8)
      return { ...event, kind: 'scenario-step-failed', reason: 'server ended with status 1' };
    return event.kind === 'run-finished' ? { ...event, result: 'failed', reason: 'server ended with status 1' } : event;
  });
}
