import { LabError } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import { clockTime } from '../../core/time/clock-time.ts';
import { columnsOf, sanitizeToLine } from '../../core/text/sanitize.ts';
import { letPass } from '../../core/time/retry.ts';
import { writeOutput } from '../../host/files/output.ts';
import { canDraw, drawScreen, enterOwnScreen, sizeOf } from '../../seats/own-screen.ts';
import type { CommandContext, UserTerminal } from '../../session/context.ts';

/** One status, in words. */
export interface Seen {
  /** All of it, as text of several lines without control sequences. */
  readonly text: string;
  /** What may change, by whose it is: `vm1` → `running`. */
  readonly facts: ReadonlyMap<string, string>;
}

/** Looks once. */
export type Look = () => Promise<Seen>;

export interface WatchResult {
  /** How many changes were seen. */
  readonly changes: number;
}

interface Change {
  readonly at: number;
  readonly whose: string;
  readonly words: string;
}

const EVERY_MS = 1000;
/** A look may cost a login on each machine: at most so much of the time is spent on looking. */
const SHARE_OF_LOOKS = 0.25;
/** Of the last changes, below the status. */
const MOST_CHANGES = 6;
const ESCAPE = '\x1b';

/**
 * Shows the status again and again until the user leaves: on a terminal on a screen of its own, with what changed;
 * else as lines, first all of it and then each change.
 *
 * @throws what the first look throws; what fails later is shown, and looked at again.
 * @throws the reason of `signal`.
 */
export async function watchStatus(context: CommandContext, lookOnce: Look): Promise<WatchResult> {
  const watch = new Watch(context.signal, lookOnce);
  await watch.look();
  const isScreen = canDraw(context.terminal) && context.terminal.stdin.isTTY === true;
  await (isScreen ? onScreen(context, watch) : asLines(context, watch));
  return { changes: watch.changes.length };
}

async function asLines({ terminal, signal }: CommandContext, watch: Watch): Promise<void> {
  await writeOutput(terminal.stdout, watch.text);
  for (let shown = 0; ; shown = watch.changes.length) {
    await letPass(watch.pauseMs, signal);
    await watch.look();
    for (const change of watch.changes.slice(shown)) await writeOutput(terminal.stdout, `${lineOf(change)}\n`);
  }
}

/** Until a key that leaves is pressed, or the keyboard is gone. */
async function onScreen({ terminal, signal }: CommandContext, watch: Watch): Promise<void> {
  const left = new AbortController();
  const giveBack = await enterOwnScreen(terminal);
  const giveKeysBack = onKeys(terminal, () => left.abort());
  const isOver = AbortSignal.any([signal, left.signal]);
  try {
    while (!isOver.aborted) {
      await draw(terminal, watch);
      await letPass(watch.pauseMs, isOver).catch(() => undefined);
      if (!isOver.aborted) await watch.look();
    }
    signal.throwIfAborted();
  } finally {
    giveKeysBack();
    await giveBack();
  }
}

/** `q`, Escape, Ctrl-C and Ctrl-D leave. */
function onKeys({ stdin }: UserTerminal, leave: () => void): () => void {
  const onData = (bytes: Uint8Array): void => {
    const keys = Buffer.from(bytes).toString('latin1');
    if (/^[qQ\x03\x04]/.test(keys) || keys === ESCAPE) leave();
  };
  stdin.setRawMode?.(true);
  stdin.on('data', onData).once('end', leave);
  stdin.resume();
  return () => {
    stdin.off('data', onData).off('end', leave);
    stdin.pause();
  };
}

async function draw(terminal: UserTerminal, watch: Watch): Promise<void> {
  const { columns, rows } = sizeOf(terminal);
  const last = watch.changes.slice(-MOST_CHANGES).map(lineOf);
  const below = last.length === 0 ? [] : ['', say`Changes:`, ...last];
  const room = Math.max(1, rows - 1 - below.length);
  const lines = watch.text.trimEnd().split('\n');
  const above =
    lines.length <= room ? lines : [...lines.slice(0, room - 1), say`… and ${lines.length - room + 1} more lines`];
  const bottom = say`${clockTime(Date.now())}  looked at again every second or so; q leaves`;
  await drawScreen(
    terminal,
    [...above, ...below].map((line) => clipped(line, columns)),
    clipped(bottom, columns),
  );
}

function clipped(line: string, most: number): string {
  let columns = 0;
  let text = '';
  for (const character of sanitizeToLine(line)) {
    columns += columnsOf(character);
    if (columns > most) return text;
    text += character;
  }
  return text;
}

function lineOf({ at, whose, words }: Change): string {
  return `${clockTime(at)}  ${sanitizeToLine(`${whose}: ${words}`)}`;
}

/** One look after the other, and what changed between them. */
class Watch {
  readonly changes: Change[] = [];
  text = '';
  pauseMs = EVERY_MS;
  readonly #signal: AbortSignal;
  readonly #lookOnce: Look;
  #facts: ReadonlyMap<string, string> | undefined;

  constructor(signal: AbortSignal, lookOnce: Look) {
    this.#signal = signal;
    this.#lookOnce = lookOnce;
  }

  async look(): Promise<void> {
    const began = performance.now();
    const facts = await this.#take();
    this.#compare(facts);
    this.pauseMs = Math.max(EVERY_MS, (performance.now() - began) * (1 / SHARE_OF_LOOKS - 1));
  }

  async #take(): Promise<ReadonlyMap<string, string>> {
    try {
      const { text, facts } = await this.#lookOnce();
      this.text = text;
      return facts;
    } catch (error) {
      // It may come back: another lab is at work on it, or its machines start again.
      if (this.#facts === undefined || this.#signal.aborted || !(error instanceof LabError)) throw error;
      this.text = say`This lab cannot be looked at now: ${error.message}\n`;
      return new Map([...this.#facts.keys()].map((whose) => [whose, say`unknown`]));
    }
  }

  #compare(facts: ReadonlyMap<string, string>): void {
    const before = this.#facts;
    this.#facts = facts;
    if (before === undefined) return;
    for (const whose of new Set([...before.keys(), ...facts.keys()])) {
      const [old, now] = [before.get(whose) ?? say`not there`, facts.get(whose) ?? say`not there`];
      if (old !== now) this.changes.push({ at: Date.now(), whose, words: `${old} → ${now}` });
    }
  }
}
