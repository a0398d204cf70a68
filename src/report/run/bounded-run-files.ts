import type { EventOf } from '../../core/event-listeners.ts';
import type { Event, Timestamp } from '../../core/events.ts';
import { jsonText } from '../../core/json/json-text.ts';
import { RunFiles, type Addition } from './run-files.ts';

/** What an event adds to the files of a run. */
export interface Stored {
  readonly additions: readonly Addition[];
  /** What is stored in place of output that is not, before the event itself. */
  readonly omissions: readonly EventOf<'output-omitted'>[];
  /** Whose output is no longer stored from now on. */
  readonly cut: string | undefined;
}

/** What one program has stored. */
interface Account {
  used: number;
  isCut: boolean;
  omittedBytes: number;
  /** The end of what was left out, at most twice `longestTail`. */
  tail: string;
  at: Timestamp | undefined;
}

/** A share of the room is kept for the end of the output. */
const TAIL_SHARE = 1 / 8;
/** UTF-16 units. */
const LONGEST_TAIL = 64 * 1024;
const PIECE = /[^]{1,1024}(?![\udc00-\udfff])|[^]/g;
/** Of the output of a one-shot command that does not fit whole. UTF-16 units. */
const KEPT_OF_COMMAND = 2000;

/**
 * The files of a run, bounded: a program that prints without end fills them up to its limit; what it prints then is
 * left out, but the end of it, which is stored when the program ends. Counted is what its output takes in all files
 * together.
 */
export class BoundedRunFiles {
  readonly #files = new RunFiles();
  readonly #limitBytes: number;
  readonly #accounts = new Map<string, Account>();

  /** @param limitBytes For each program, and for all one-shot commands on one machine. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** What all programs together have stored. */
  get storedBytes(): number {
    return this.#accounts.values().reduce((sum, { used }) => sum + used, 0);
  }

  /** What `event` adds. Must be given all events of the run, in order. */
  take(event: Event): Stored {
    if (event.kind === 'terminal-output') return this.#output(event);
    if (event.kind === 'terminal-input') return this.#input(event);
    if (event.kind === 'command-finished') return this.#command(event);
    const ended =
      event.kind === 'run-finished'
        ? [...this.#accounts.keys()]
        : event.kind === 'program-exited' || event.kind === 'terminal-opened'
          ? [event.role]
          : [];
    const ends = ended.map((role) => this.#end(role));
    return {
      additions: [...ends.flatMap(({ additions }) => additions), ...this.#files.take(event)],
      omissions: ends.flatMap(({ omissions }) => omissions),
      cut: undefined,
    };
  }

  #output(event: EventOf<'terminal-output'>): Stored {
    const account = this.#account(event.role);
    const additions: Addition[] = [];
    const wasCut = account.isCut;
    for (const data of this.#pieces(account, event.data)) {
      const more = account.isCut ? [] : this.#files.take({ ...event, data });
      if (!account.isCut && this.#fits(event.role, more)) additions.push(...more);
      else this.#omit(account, event, data);
    }
    return { additions, omissions: [], cut: account.isCut && !wasCut ? event.role : undefined };
  }

  /** Near the limit in small pieces, so that it is cut near there. */
  #pieces(account: Account, data: string): string[] {
    if (account.isCut || account.used + costBound(data) <= this.#limitBytes * (1 - TAIL_SHARE)) return [data];
    return data.match(PIECE) ?? [];
  }

  #omit(account: Account, { role, at }: EventOf<'terminal-output'>, data: string): void {
    // What the cut line held is gone; the end begins on a line of its own.
    if (!account.isCut) this.#files.finish(role);
    account.isCut = true;
    account.omittedBytes += Buffer.byteLength(data);
    account.at = at;
    account.tail += data;
    if (account.tail.length > 2 * this.#longestTail) account.tail = account.tail.slice(-this.#longestTail);
  }

  #input(event: EventOf<'terminal-input'>): Stored {
    const additions = this.#files.take(event);
    return { additions: this.#fits(event.role, additions) ? additions : [], omissions: [], cut: undefined };
  }

  #command(event: EventOf<'command-finished'>): Stored {
    const account = this.#account(` ${event.machine}`);
    const { output } = event;
    const whole = 6 * costBound(output) <= this.#limitBytes - account.used || output.length <= 3 * KEPT_OF_COMMAND;
    const left = `\n[${Buffer.byteLength(output) - 2 * KEPT_OF_COMMAND} bytes are not stored]\n`;
    const additions = this.#files.take(
      whole
        ? event
        : { ...event, output: `${output.slice(0, KEPT_OF_COMMAND)}${left}${output.slice(-KEPT_OF_COMMAND)}` },
    );
    account.used += bytesOf(additions);
    return { additions, omissions: [], cut: undefined };
  }

  /** What is stored when the output of a role ends for now: how much was left out, and the end of it. */
  #end(role: string): Pick<Stored, 'additions' | 'omissions'> {
    const account = this.#account(role);
    const { omittedBytes, at } = account;
    if (at === undefined) return { additions: [], omissions: [] };
    // A program that is started again may flood once more.
    const tail = fitting(account.tail.slice(-this.#longestTail), (this.#limitBytes - account.used) / 2);
    const omission: EventOf<'output-omitted'> = {
      at,
      kind: 'output-omitted',
      role,
      bytes: omittedBytes - Buffer.byteLength(tail),
    };
    const additions = [
      ...this.#files.take(omission),
      ...(tail === '' ? [] : this.#files.take({ at, kind: 'terminal-output', role, data: tail })),
    ];
    account.used += bytesOf(additions);
    Object.assign(account, { omittedBytes: 0, tail: '', at: undefined });
    return { additions, omissions: [omission] };
  }

  /** Charges a role for additions, unless it has no room for them and for the line that it has begun. */
  #fits(role: string, additions: readonly Addition[]): boolean {
    const account = this.#account(role);
    const used = account.used + bytesOf(additions);
    if (used + lineBound(this.#files.currentLine(role)) > this.#limitBytes * (1 - TAIL_SHARE)) return false;
    account.used = used;
    return true;
  }

  #account(name: string): Account {
    const known = this.#accounts.get(name) ?? { used: 0, isCut: false, omittedBytes: 0, tail: '', at: undefined };
    this.#accounts.set(name, known);
    return known;
  }

  get #longestTail(): number {
    return Math.min(LONGEST_TAIL, Math.floor((this.#limitBytes * TAIL_SHARE) / 4));
  }
}

function bytesOf(additions: readonly Addition[]): number {
  return additions.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
}

/** More than a line takes in the logs and the recording of the session. */
function lineBound(line: string): number {
  return line === '' ? 0 : 3 * Buffer.byteLength(jsonText(line)) + 300;
}

/**
 * More than output takes in all files: as JSON in two, as text in two, as both in one; and what stands before each
 * line.
 */
function costBound(text: string): number {
  return 3 * Buffer.byteLength(jsonText(text)) + 6 * Buffer.byteLength(text) + 300 * text.split('\n').length;
}

/** The longest end of a text, from the start of a line on, that takes at most so many bytes in all files. */
function fitting(text: string, bytes: number): string {
  let rest = text;
  while (rest !== '' && costBound(rest) > bytes) rest = rest.slice(Math.ceil(rest.length / 2));
  if (rest === text) return rest;
  const start = rest.indexOf('\n') + 1;
  return start === 0 ? rest.replace(/^[\udc00-\udfff]/, '') : rest.slice(start);
}
