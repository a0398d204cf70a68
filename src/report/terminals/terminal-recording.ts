import type { Event } from '../../core/events.ts';
import { RoleCast } from './asciicast.ts';
import type { Pace } from './pace.ts';

/** A recording as a page carries it. */
export interface TerminalRecording {
  /** asciicast v2. */
  readonly cast: string;
  /** The program went on: here it ends early. */
  readonly isCut: boolean;
}

/** A page with a few of these still opens at once. UTF-16 units of asciicast. */
const LONGEST_CAST = 512 * 1024;
/** Longer waits are shortened to this. */
const LONGEST_WAIT_MS = 2000;
/**
 * A run that a machine plays takes moments, too short to be seen: when it is shorter than this, everything that shows
 * gets time to be read.
 */
const READABLE_MS = 8000;
const SHORTEST_WAIT_MS = 700;
/** What comes within this time is one thing to the eye. */
const AT_ONCE_MS = 1.5;
/** A terminal that was smaller is shown larger: text of 120 columns cannot be read on half a page. */
const smallest = { columns: 50, rows: 12 } as const;

interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** What happens at a terminal. */
export type TerminalEvent = Extract<Event, { readonly role: string }>;

/**
 * Records the terminals of all roles for players that start together: their times count from the start of the run, and
 * are changed in the same way for all, so that what was said first is shown first.
 */
export class RecordingFold {
  readonly #events: TerminalEvent[] = [];
  readonly #lengths = new Map<string, number>();

  /** Takes all events of the run, in order. */
  take(event: Event): void {
    if (!('role' in event)) return;
    const length = (this.#lengths.get(event.role) ?? 0) + ('data' in event ? event.data.length : 0);
    this.#lengths.set(event.role, length);
    if (length <= LONGEST_CAST) this.#events.push(withoutTurns(event));
  }

  /** `readable` when the run was too short to be watched as it was. */
  get pace(): Pace {
    const [first, last] = [this.#events[0], this.#events.at(-1)];
    return first !== undefined && last!.at.monotonicMs - first.at.monotonicMs < READABLE_MS ? 'readable' : 'real';
  }

  /** What happened at all terminals, its monotonic times counted from 0. */
  paced(pace: Pace): readonly TerminalEvent[] {
    return atPace(this.#events, pace);
  }

  /** By role. */
  recordings(): ReadonlyMap<string, TerminalRecording> {
    const size = largestNeeded(this.#events);
    const byRole = Map.groupBy(this.paced(this.pace), ({ role }) => role);
    return new Map(
      [...byRole].map(([role, events]) => [
        role,
        record(role, events, size, (this.#lengths.get(role) ?? 0) > LONGEST_CAST),
      ]),
    );
  }
}

function record(
  role: string,
  events: readonly TerminalEvent[],
  size: TerminalSize | undefined,
  isCut: boolean,
): TerminalRecording {
  const cast = new RoleCast(role, 0);
  const texts = events.map((event) =>
    cast.format(event.kind === 'terminal-opened' && size !== undefined ? { ...event, ...size } : event),
  );
  return { cast: texts.join(''), isCut };
}

/**
 * Characters that turn the direction of text would make a page show other words than were printed; no terminal of a
 * student turns text.
 */
const TURNS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

function withoutTurns(event: TerminalEvent): TerminalEvent {
  return event.kind === 'terminal-output' ? { ...event, data: event.data.replaceAll(TURNS, '\ufffd') } : event;
}

/** The same events with other times, from 0 on. */
function atPace(events: readonly TerminalEvent[], pace: Pace): TerminalEvent[] {
  let now = 0;
  return events.map((event, index) => {
    const gap = index === 0 ? 0 : event.at.monotonicMs - events[index - 1]!.at.monotonicMs;
    const shortest = pace === 'readable' && event.kind === 'terminal-output' && gap > AT_ONCE_MS ? SHORTEST_WAIT_MS : 0;
    now += Math.min(LONGEST_WAIT_MS, Math.max(shortest, gap));
    const at = { ...event.at, monotonicMs: now };
    return { ...event, at };
  });
}

/**
 * The size that shows all lines when programs only printed lines; undefined when one of them addressed the screen, or
 * was given another size: its picture needs the terminal that it had.
 */
function largestNeeded(events: readonly TerminalEvent[]): TerminalSize | undefined {
  const outputs = Map.groupBy(
    events.filter((event) => event.kind === 'terminal-output'),
    ({ role }) => role,
  );
  const texts = [...outputs.values()].map((pieces) => pieces.map(({ data }) => data).join(''));
  if (events.some(({ kind }) => kind === 'terminal-resized') || !texts.every(isPlainText)) return undefined;
  const lines = texts.map((text) => text.split('\n'));
  const opened = events.filter((event) => event.kind === 'terminal-opened');
  const columns = Math.min(
    Math.max(...opened.map((event) => event.columns)),
    Math.max(smallest.columns, ...lines.flat().map(({ length }) => length + 1)),
  );
  const rows = Math.min(
    Math.max(...opened.map((event) => event.rows)),
    Math.max(smallest.rows, ...lines.map(({ length }) => length)),
  );
  return opened.length === 0 ? undefined : { columns, rows };
}

/** Lines, tabs, colours. */
function isPlainText(text: string): boolean {
  return !/[^\P{Cc}\r\n\t]/u.test(text.replaceAll(/\x1b\[[\d;]*m/g, ''));
}
