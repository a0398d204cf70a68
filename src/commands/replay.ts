import { letPass } from '../core/retry.ts';
import { RecordingFold, type TerminalEvent } from '../report/recording.ts';
import { SideBySide } from '../report/side-by-side.ts';
import { stateFolderFor } from '../state/folder.ts';
import { findRun, readEvents, readRun } from '../state/runs.ts';
import type { CommandContext, UserTerminal } from './context.ts';
import { OutputClosedError, writeOutput } from './output.ts';

export interface ReplayOptions {
  /** Name of the run or its start; undefined means the newest. */
  readonly run: string | undefined;
  /** 2 is twice as fast as it was; undefined: as it was, unless it was too short to be followed. */
  readonly speed: number | undefined;
  /** Play on the terminal, if there is one. */
  readonly play: boolean;
}

export interface ReplayResult {
  readonly run: string;
  /** How long the recording takes at that speed. */
  readonly durationMs: number;
  /** What the terminals showed at the end, side by side. */
  readonly lines: readonly string[];
}

/** Control sequences of xterm (ctlseqs): the alternate screen, the cursor, "home" and "erase to the end of the line" or of the screen. */
const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const ERASE_LINE = '\x1b[K';
const ERASE_BELOW = '\x1b[J';

const FRAME_MS = 40;
const PLAIN_COLUMNS = 120;

/**
 * Plays all terminals of a run beside each other, on a screen of its own which is gone afterwards; where there is no terminal, nothing is played. The last picture
 * is the result.
 *
 * @throws {UsageError} when there is no such run. @throws the reason of the context's signal, with the terminal as it was before.
 */
export async function replay(context: CommandContext, { run, speed, play }: ReplayOptions): Promise<ReplayResult> {
  const stored = await findRun(stateFolderFor(context.labFile), run);
  const { roles } = await readRun(stored);
  const fold = new RecordingFold();
  for await (const event of readEvents(stored)) fold.take(event);
  const events = fold.paced(speed === undefined ? fold.pace : 'real');
  const picture = new SideBySide(roles);
  const { terminal, signal } = context;
  if (play && terminal.stdout.isTTY === true) await onScreenOfItsOwn(terminal, () => playEvents(events, picture, { terminal, signal, speed: speed ?? 1 }));
  else for (const event of events) picture.take(event);
  const durationMs = (events.at(-1)?.at.monotonicMs ?? 0) / (speed ?? 1);
  return { run: stored.id, durationMs, lines: picture.picture({ columns: terminal.stdout.columns ?? PLAIN_COLUMNS }) };
}

interface Playing {
  readonly terminal: UserTerminal;
  readonly signal: AbortSignal;
  readonly speed: number;
}

/** A picture after each event, but not more often than the eye can see. */
async function playEvents(events: readonly TerminalEvent[], picture: SideBySide, { terminal, signal, speed }: Playing): Promise<void> {
  const started = performance.now();
  const now = (): number => (performance.now() - started) * speed;
  await draw(terminal, picture, 0);
  for (const [index, event] of events.entries()) {
    const { monotonicMs } = event.at;
    if (monotonicMs > now()) await letPass((monotonicMs - now()) / speed, signal);
    signal.throwIfAborted();
    picture.take(event);
    const next = events[index + 1]?.at.monotonicMs ?? Infinity;
    if ((next - monotonicMs) / speed >= FRAME_MS || index % 200 === 0) await draw(terminal, picture, monotonicMs);
  }
  await draw(terminal, picture, now());
  await letPass(1000, signal);
}

async function draw(terminal: UserTerminal, picture: SideBySide, ms: number): Promise<void> {
  const { columns = 80, rows = 24 } = terminal.stdout;
  const lines = picture.picture({ columns, rows: rows - 2 });
  const clock = `${(ms / 1000).toFixed(1)} s   (Ctrl-C ends)`;
  const blank = Array.from({ length: Math.max(0, rows - 1 - lines.length) }, () => '');
  await writeOutput(terminal.stdout, `${HOME}${[...lines, ...blank, clock].map((line) => line + ERASE_LINE).join('\r\n')}${ERASE_BELOW}`);
}

/** Whatever happens, also when the process is made to leave at once, the user's screen and cursor come back. */
async function onScreenOfItsOwn(terminal: UserTerminal, work: () => Promise<void>): Promise<void> {
  const leave = (): void => void terminal.stdout.write(LEAVE);
  process.once('exit', leave);
  try {
    await writeOutput(terminal.stdout, ENTER);
    await work();
  } finally {
    process.off('exit', leave);
    await writeOutput(terminal.stdout, LEAVE).catch((error: unknown) => {
      if (!(error instanceof OutputClosedError)) throw error;
    });
  }
}
