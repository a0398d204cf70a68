import { letPass } from '../../core/time/retry.ts';
import { RecordingFold, type TerminalEvent } from '../../report/terminals/terminal-recording.ts';
import { SideBySide } from '../../report/terminals/side-by-side.ts';
import { stateFolderFor } from '../../state/state-folder.ts';
import { readEvents, readRun } from '../../state/runs/read-run.ts';
import { findRun } from '../../state/runs/stored-runs.ts';
import type { CommandContext, UserTerminal } from '../../session/context.ts';
import { canDraw, drawScreen, enterOwnScreen, sizeOf } from '../../seats/own-screen.ts';

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

const FRAME_MS = 40;
const PLAIN_COLUMNS = 120;

/**
 * Plays all terminals of a run next to each other, on a screen of its own which is gone afterwards; where there is no
 * terminal that can show it, nothing is played. The last picture is the result.
 *
 * @throws {UsageError} when there is no such run. @throws the reason of the context's signal, with the terminal as it
 * was before.
 */
export async function replay(context: CommandContext, { run, speed, play }: ReplayOptions): Promise<ReplayResult> {
  const stored = await findRun(stateFolderFor(context), run);
  const { roles } = await readRun(stored);
  const fold = new RecordingFold();
  for await (const event of readEvents(stored)) fold.take(event);
  const events = fold.paced(speed === undefined ? fold.pace : 'real');
  const picture = new SideBySide(roles);
  const { terminal, signal } = context;
  if (play && canDraw(terminal)) await playOnOwnScreen(events, picture, { terminal, signal, speed: speed ?? 1 });
  else for (const event of events) picture.take(event);
  const durationMs = (events.at(-1)?.at.monotonicMs ?? 0) / (speed ?? 1);
  return { run: stored.id, durationMs, lines: picture.picture({ columns: terminal.stdout.columns || PLAIN_COLUMNS }) };
}

interface Playing {
  readonly terminal: UserTerminal;
  readonly signal: AbortSignal;
  readonly speed: number;
}

async function playOnOwnScreen(events: readonly TerminalEvent[], picture: SideBySide, playing: Playing): Promise<void> {
  const leave = await enterOwnScreen(playing.terminal);
  try {
    await playEvents(events, picture, playing);
  } finally {
    await leave();
  }
}

/** A picture after each event, but not more often than the eye can see. */
async function playEvents(
  events: readonly TerminalEvent[],
  picture: SideBySide,
  { terminal, signal, speed }: Playing,
): Promise<void> {
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
  const { columns, rows } = sizeOf(terminal);
  await drawScreen(
    terminal,
    picture.picture({ columns, rows: rows - 2 }),
    `${(ms / 1000).toFixed(1)} s   (Ctrl-C ends)`,
  );
}
