import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Event, EventBody } from '../../src/core/events.ts';
import { eventLine, readEventLine } from '../../src/report/run/event-line.ts';
import { jsonText } from '../../src/core/json/json-text.ts';
import { roleFile, RunFiles } from '../../src/report/run/run-files.ts';
import { RunSummary } from '../../src/report/run/run-summary.ts';
import { assertGolden } from '../helpers/golden.ts';
import { brokenBodies, stamped, tp1Bodies } from '../helpers/tp1-events.ts';

// Times of day in the files are those of the host's clock.
process.env['TZ'] = 'UTC';

function filesOf(events: readonly Event[]): Map<string, string> {
  const fold = new RunFiles();
  const files = new Map<string, string>();
  for (const event of events)
    for (const { file, text } of fold.take(event)) files.set(file, (files.get(file) ?? '') + text);
  return files;
}

function summaryOf(events: readonly Event[]): RunSummary {
  const summary = new RunSummary({ number: 2, of: 3 });
  for (const event of events) summary.add(event);
  return summary;
}

function printed(data: string): EventBody {
  return { kind: 'terminal-output', role: 'server', data };
}

function logFor(pieces: readonly string[]): string | undefined {
  return filesOf(stamped(pieces.map(printed))).get('server.log');
}

for (const [name, bodies] of [
  ['tp1', tp1Bodies],
  ['broken', brokenBodies],
] as const) {
  const events = stamped(bodies);
  const golden = (file: string): string => join(import.meta.dirname, 'golden', name, file);

  for (const [file, text] of filesOf(events))
    test(`the run "${name}" gives its ${file}`, () => assertGolden(golden(file), text));

  test(`the run "${name}" gives its run.json`, () => {
    assertGolden(golden('run.json'), `${jsonText(summaryOf(events).document(), 2)}\n`);
  });

  test(`the events of the run "${name}" come back from events.ndjson`, () => {
    const lines = filesOf(events).get('events.ndjson')!.trimEnd().split('\n');
    assert.deepEqual(lines.map(readEventLine), JSON.parse(JSON.stringify(events)));
  });

  test(`no file of the run "${name}" drives a terminal that shows it`, () => {
    for (const [file, text] of filesOf(events)) assert.doesNotMatch(text, /[^\P{Cc}\n\t]|[\u202a-\u202e]/u, file);
  });
}

test('the logs of both roles are what the practical says', () => {
  const files = filesOf(stamped(tp1Bodies));
  assert.equal(
    files.get('server.log'),
    "TP1 Server\nListening ...\nConnected by : ('192.168.100.5', 36222)\nfrom client 'Hello vm1'\nserver@vm1:7999$ Hello ! ,What's up VM2\n",
  );
  assert.equal(
    files.get('client.log'),
    "TP1 CLI\nclient@vm2:7999$ Hello vm1\nfrom server Hello ! ,What's up VM2\nclient@vm2:7999$ exit\nfrom server Hello vm1\n",
  );
});

test('a recording is valid asciicast v2, which every asciinema plays, and its times are those of the run', () => {
  const events = stamped(tp1Bodies, 0.4);
  for (const file of ['session.cast', 'server.cast', 'client.cast']) {
    const [header, ...lines] = filesOf(events)
      .get(file)!
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(header.version, 2);
    for (const size of [header.width, header.height]) assert.ok(Number.isInteger(size) && size > 0);
    assert.ok(
      Number.isInteger(header.timestamp) && typeof header.title === 'string' && header.env.TERM === 'xterm-256color',
    );
    let last = 0;
    for (const [time, code, data] of lines) {
      assert.ok(time >= last && /^[oirm]$/.test(code) && typeof data === 'string');
      last = time;
    }
  }
  const [end] = JSON.parse(filesOf(events).get('session.cast')!.trimEnd().split('\n').at(-1)!);
  assert.ok(Math.abs(end - (0.4 * (events.length - 1)) / 1000) <= 0.001, `it ends after ${end} s`);
});

test('a recording of a role holds what its terminal got, unchanged', () => {
  const events = stamped(brokenBodies);
  const outputs = filesOf(events)
    .get('server.cast')!
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => JSON.parse(line))
    .filter(([, code]) => code === 'o');
  assert.equal(
    outputs.map(([, , data]) => data).join(''),
    events.map((event) => (event.kind === 'terminal-output' ? event.data : '')).join(''),
  );
});

test('a program that is started again goes on in the same files, on a new terminal', () => {
  const open: EventBody = {
    kind: 'terminal-opened',
    role: 'server',
    machine: 'vm1',
    columns: 80,
    rows: 24,
    command: ['x'],
  };
  const files = filesOf(stamped([open, printed('first\x1b[1'), open, printed('msecond\r\n')]));
  assert.equal(files.get('server.log'), 'first\nmsecond\n');
  assert.equal(files.get('server.cast')!.match(/"version"/g)!.length, 1);
  assert.match(files.get('server.cast')!, /"m", "started again: x"/);
});

test('JSON of a file escapes what may drive a terminal, and reads as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(JSON.parse(jsonText(text)), text);
      assert.doesNotMatch(jsonText(text), /[\p{Cc}\u200b\u202a-\u202e\u{e0000}-\u{e007f}]/u);
    }),
  );
});

test('a run whose end never came is running', () => {
  const { result, steps, roles } = summaryOf(stamped(tp1Bodies.slice(0, 4))).document();
  assert.equal(result, 'running');
  assert.deepEqual(
    steps.map((step) => step.result),
    ['running'],
  );
  assert.deepEqual(
    roles.map(({ status }) => status),
    ['running', 'not started'],
  );
});

test('a cut line of events.ndjson is no event', () => {
  assert.equal(readEventLine(eventLine(stamped(tp1Bodies)[0]!).slice(0, 50)), undefined);
});

test('a role never takes the name of another file of the run', () => {
  const files = ['session', 'run', 'events', 'server', '.hidden', 'a/b'].map((role) => roleFile(role, 'log'));
  assert.deepEqual(files, ['session_.log', 'run_.log', 'events_.log', 'server.log', '_hidden.log', 'a_b.log']);
});

test('how output is cut into events changes no log', () => {
  const output = tp1Bodies
    .map((body) => (body.kind === 'terminal-output' && body.role === 'server' ? body.data : ''))
    .join('');
  fc.assert(
    fc.property(fc.array(fc.nat(output.length), { maxLength: 20 }), (cuts) => {
      const offsets = [0, ...cuts.toSorted((a, b) => a - b), output.length];
      assert.equal(logFor(offsets.slice(1).map((offset, i) => output.slice(offsets[i], offset))), logFor([output]));
    }),
    { numRuns: 50 },
  );
});
