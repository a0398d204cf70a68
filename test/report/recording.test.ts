import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Event, EventBody } from '../../src/core/events.ts';
import { RecordingFold } from '../../src/report/terminals/terminal-recording.ts';
import { SideBySide } from '../../src/report/terminals/side-by-side.ts';
import { stamped, tp1Bodies, tp1Roles } from '../helpers/tp1-events.ts';

function foldOf(events: readonly Event[]): RecordingFold {
  const fold = new RecordingFold();
  for (const event of events) fold.take(event);
  return fold;
}

/** Events of a recording with their times in milliseconds, and its header. */
function parse(cast: string): {
  readonly header: { readonly width: number; readonly height: number };
  readonly events: { readonly ms: number; readonly code: string; readonly data: string }[];
} {
  const [header, ...lines] = cast
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const events = lines.map(([seconds, code, data]) => ({ ms: Math.round(seconds * 1000), code, data }));
  return { header, events };
}

const printed = (role: string, data: string): EventBody => ({ kind: 'terminal-output', role, data });
const opened = (role: string, columns = 120, rows = 30): EventBody => ({
  kind: 'terminal-opened',
  role,
  machine: 'vm1',
  columns,
  rows,
  command: ['x'],
});

describe('recordings for the players of a page', () => {
  test('share one clock, so that players that start together show what came first, first', () => {
    const recordings = foldOf(stamped(tp1Bodies)).recordings();
    const times = ['server', 'client'].map((role) => parse(recordings.get(role)!.cast).events);
    const sent = times[1]!.find(({ code, data }) => code === 'o' && data.startsWith('Hello vm1'))!;
    const got = times[0]!.find(({ data }) => data.includes("from client 'Hello vm1'"))!;
    assert.ok(sent.ms < got.ms, `${sent.ms} ${got.ms}`);
  });

  test('of a run that a machine played give each thing time to be read', () => {
    const fold = foldOf(stamped(tp1Bodies));
    assert.equal(fold.pace, 'readable');
    assert.ok(fold.paced('readable').at(-1)!.at.monotonicMs > 4000);
    assert.ok(fold.paced('real').at(-1)!.at.monotonicMs < 1000);
  });

  test('of a run that people played keep its times, but for waits of more than two seconds', () => {
    const fold = foldOf(
      stamped([opened('server'), printed('server', 'a'), printed('server', 'b'), printed('server', 'c')], 9000),
    );
    assert.equal(fold.pace, 'real');
    assert.deepEqual(
      parse(fold.recordings().get('server')!.cast).events.map(({ ms }) => ms),
      [2000, 4000, 6000],
    );
  });

  test('are no wider than what was printed, so that they can be read next to each other', () => {
    const { header } = parse(
      foldOf(stamped([opened('server'), printed('server', '\x1b[1mshort\x1b[0m\r\n')]))
        .recordings()
        .get('server')!.cast,
    );
    assert.deepEqual([header.width, header.height], [50, 12]);
  });

  test('keep the size of the terminal for a program that addresses its screen', () => {
    const { header } = parse(
      foldOf(stamped([opened('server'), printed('server', '\x1b[10;10Hx')]))
        .recordings()
        .get('server')!.cast,
    );
    assert.deepEqual([header.width, header.height], [120, 30]);
  });

  test('end early for a program that floods its terminal, and say so', () => {
    const flood = Array.from({ length: 200 }, () => printed('server', 'x'.repeat(10_000)));
    const { cast, isCut } = foldOf(stamped([opened('server'), ...flood]))
      .recordings()
      .get('server')!;
    assert.ok(isCut && cast.length < 1_000_000, String(cast.length));
  });

  test('turn no text around', () => {
    const { cast } = foldOf(stamped([opened('server'), printed('server', 'a\u202eb\u2066c')]))
      .recordings()
      .get('server')!;
    assert.match(cast, /a\ufffdb\ufffdc/);
  });
});

function pictureOf(columns: number, rows?: number): string[] {
  const picture = new SideBySide(tp1Roles);
  for (const event of foldOf(stamped(tp1Bodies)).paced('real')) picture.take(event);
  return picture.picture({ columns, rows });
}

describe('terminals side by side', () => {
  test('show what both operators saw', () => {
    assert.deepEqual(pictureOf(100), [
      'server · vm1  (exit 0)                           │ client · vm2  (exit 0)',
      `${'─'.repeat(48)} │ ${'─'.repeat(48)}`,
      'TP1 Server                                       │ TP1 CLI',
      'Listening ...                                    │ client@vm2:7999$ Hello vm1',
      "Connected by : ('192.168.100.5', 36222)          │ from server Hello ! ,What's up VM2",
      "from client 'Hello vm1'                          │ client@vm2:7999$ exit",
      "server@vm1:7999$ Hello ! ,What's up VM2          │ from server Hello vm1",
    ]);
  });

  test('stand below each other where the terminal is narrow, and show the newest lines where it is low', () => {
    assert.deepEqual(pictureOf(50, 8), [
      'server · vm1  (exit 0)'.padEnd(50),
      '─'.repeat(50),
      "from client 'Hello vm1'",
      "server@vm1:7999$ Hello ! ,What's up VM2",
      'client · vm2  (exit 0)'.padEnd(50),
      '─'.repeat(50),
      'client@vm2:7999$ exit',
      'from server Hello vm1',
    ]);
  });

  test('let no program drive the terminal', () => {
    const picture = new SideBySide(tp1Roles);
    for (const event of foldOf(
      stamped([
        opened('server'),
        printed('server', '\x1b]0;x\x07\x1b[2J\x1b[31mred\u202e\t|\r\n日本語'),
        printed('client', '\x9b2J'),
      ]),
    ).paced('real'))
      picture.take(event);
    assert.doesNotMatch(picture.picture({ columns: 80 }).join('\n'), /[^\P{Cc}\n]|\u202e/u);
  });
});
