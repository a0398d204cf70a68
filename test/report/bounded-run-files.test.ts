import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Event, EventBody } from '../../src/core/events.ts';
import { BoundedRunFiles } from '../../src/report/run/bounded-run-files.ts';
import { stamped, tp1Bodies, tp1Roles } from '../helpers/tp1-events.ts';

const started: EventBody = { kind: 'run-started', run: 'r', scenario: 's', lab: 'l', roles: tp1Roles };
const opened: EventBody = {
  kind: 'terminal-opened',
  role: 'server',
  machine: 'vm1',
  columns: 80,
  rows: 24,
  command: ['yes'],
};
const exited: EventBody = { kind: 'program-exited', role: 'server', machine: 'vm1', exitCode: 0, signal: undefined };
const finished: EventBody = { kind: 'run-finished', run: 'r', result: 'passed', durationMs: 1 };

function printed(data: string): EventBody {
  return { kind: 'terminal-output', role: 'server', data };
}

interface Folded {
  /** By file. */
  readonly files: ReadonlyMap<string, string>;
  readonly bytes: number;
  readonly cuts: readonly string[];
  readonly omitted: number;
}

function folded(bodies: readonly EventBody[], limitBytes: number): Folded {
  const fold = new BoundedRunFiles(limitBytes);
  const stored = stamped(bodies).map((event) => fold.take(event));
  const files = new Map<string, string>();
  for (const { file, text } of stored.flatMap(({ additions }) => additions))
    files.set(file, (files.get(file) ?? '') + text);
  const bytes = [...files.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const omitted = stored.flatMap(({ omissions }) => omissions).reduce((sum, event) => sum + event.bytes, 0);
  return { files, bytes, cuts: stored.flatMap(({ cut }) => (cut === undefined ? [] : [cut])), omitted };
}

const LIMIT = 256 * 1024;
/** What does not come from what a program prints: the head of the files, its start and its end. */
const AROUND = 4096;

describe('the files of a run, bounded', () => {
  test('hold everything of a session that is small', () => {
    const { cuts, omitted, files } = folded(tp1Bodies, LIMIT);
    assert.deepEqual([cuts, omitted], [[], 0]);
    assert.match(files.get('server.log')!, /^TP1 Server\nListening/);
  });

  test('hold the beginning and the end of a flood, say how much is missing, and stay within the limit', () => {
    const lines = Array.from({ length: 40_000 }, (_, index) => `line ${index} of the flood\r\n`);
    const chunks = Array.from({ length: 400 }, (_, index) =>
      printed(lines.slice(index * 100, index * 100 + 100).join('')),
    );
    const { files, bytes, cuts, omitted } = folded([started, opened, ...chunks, exited, finished], LIMIT);
    assert.ok(bytes <= LIMIT + AROUND, `${bytes}`);
    assert.ok(bytes > LIMIT / 2, `${bytes}: little of the room was used`);
    assert.deepEqual(cuts, ['server']);
    for (const name of ['server.log', 'session.log', 'server.cast', 'session.cast', 'events.ndjson']) {
      const text = files.get(name)!;
      assert.ok(text.includes('line 0 of the flood') && text.includes('line 39999 of the flood'), name);
      assert.ok(!text.includes('line 20000 of the flood'), name);
    }
    assert.match(
      files.get('server.log')!,
      /line \d+ of the flood\n\[[\d.]+ [KM]iB of output are not stored\]\nline \d+ of the flood\n/,
    );
    const kept = files
      .get('server.log')!
      .split('\n')
      .filter((line) => line.startsWith('line ')).length;
    assert.ok(omitted <= lines.join('').length - kept * 20 && omitted > lines.join('').length / 2, `${omitted}`);
  });

  test('leave the other programs their room', () => {
    const flood = Array.from({ length: 200 }, () => printed('y'.repeat(5000)));
    const { files } = folded(
      [started, opened, ...flood, { kind: 'terminal-output', role: 'client', data: 'I am here\r\n' }, finished],
      LIMIT,
    );
    assert.match(files.get('client.log')!, /I am here/);
  });

  test('stay within the limit when a flooding program is started again and again', () => {
    const flood = Array.from({ length: 20 }, () => printed('\x01'.repeat(5000)));
    const { bytes } = folded(
      [started, ...Array.from({ length: 30 }, () => [opened, ...flood, exited]).flat(), finished],
      LIMIT,
    );
    assert.ok(bytes <= LIMIT + 30 * AROUND, `${bytes}`);
  });

  test('hold the beginning and the end of what a one-shot command prints without end', () => {
    const output = `first\n${'x'.repeat(500_000)}\nlast\n`;
    const { files, bytes } = folded(
      [
        started,
        ...Array.from({ length: 20 }, (): EventBody => ({
          kind: 'command-finished',
          machine: 'vm1',
          command: 'yes',
          exitCode: 0,
          output,
        })),
        finished,
      ],
      LIMIT,
    );
    assert.match(files.get('session.log')!, /first\n[^]*\[4\d{5} bytes are not stored\][^]*last\n/);
    assert.ok(bytes < 2 * LIMIT, `${bytes}`);
  });

  test('stay within the limit whatever is printed, cut anywhere', () => {
    const piece = fc.oneof(
      fc.constantFrom('\n', '\r\n', 'y\n', '\x01', '\x1b[2J', '\u{202e}', '😀', 'é', '\t', '\r', '\x1b[5;5H', '\ud800'),
      fc.string({ maxLength: 30 }),
    );
    const chunk = fc
      .tuple(piece, fc.integer({ min: 1, max: 3000 }))
      .map(([text, times]) => printed(text.repeat(times)));
    fc.assert(
      fc.property(
        fc.array(chunk, { minLength: 5, maxLength: 25 }),
        fc.integer({ min: 48 * 1024, max: LIMIT }),
        (chunks, limit) => {
          const { bytes, files, cuts, omitted } = folded([started, opened, ...chunks, exited, finished], limit);
          assert.ok(bytes <= limit + AROUND, `${bytes} of ${limit}`);
          assert.equal(cuts.length > 0, omitted > 0);
          const events = files
            .get('events.ndjson')!
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line) as Event);
          const told = events.reduce(
            (sum, event) =>
              sum +
              (event.kind === 'terminal-output'
                ? Buffer.byteLength(event.data)
                : event.kind === 'output-omitted'
                  ? event.bytes
                  : 0),
            0,
          );
          const printedBytes = chunks.reduce(
            (sum, event) => sum + (event.kind === 'terminal-output' ? Buffer.byteLength(event.data) : 0),
            0,
          );
          assert.equal(told, printedBytes, 'every byte is stored, or told to be missing');
        },
      ),
      { numRuns: 60, seed: Number(process.env['LAB_TEST_SEED'] ?? 7) },
    );
  });
});
