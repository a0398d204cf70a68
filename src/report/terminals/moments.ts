import { type EventHandlers, handleEvent } from '../../core/event-listeners.ts';
import type { Event } from '../../core/events.ts';
import { quoteCommand } from '../../core/text/shell-quote.ts';
import type { ProgramEnd } from '../language/wording.ts';
import { LineFold } from './role-lines.ts';

/** One thing that happened at a terminal, in the order in which it did. */
export interface Moment {
  readonly role: string;
  /** `line`: completed on the screen; `input`: typed, without Enter; `opened` and `exited`: the program. */
  readonly kind: 'line' | 'input' | 'opened' | 'exited';
  readonly text: string;
  /** Of `exited`. */
  readonly end?: ProgramEnd;
}

/** No one reads more next to a diagram, and a program that floods its terminal must not fill the memory. */
const MOST_MOMENTS = 20_000;
const LONGEST_TEXT = 300;
/** Output of a role beyond this is not looked at. UTF-16 units. */
const MOST_OUTPUT = 2 * 1024 * 1024;

/** Gathers the moments of a run from its events. */
export class MomentFold {
  readonly moments: Moment[] = [];
  readonly #lines = new LineFold();
  readonly #output = new Map<string, number>();
  readonly #handlers: EventHandlers<void> = {
    'terminal-opened': ({ role, command }) => this.#add(role, 'opened', `$ ${quoteCommand(command)}`),
    'terminal-input': ({ role, data }) => {
      for (const line of data.split(/[\r\n]+/)) if (line !== '') this.#add(role, 'input', line);
    },
    'program-exited': ({ role, exitCode, signal }) =>
      void this.moments.push({ role, kind: 'exited', text: '', end: { exitCode, signal } }),
  };

  take(event: Event): void {
    if (this.moments.length >= MOST_MOMENTS || this.#isFlood(event)) return;
    for (const { role, lines } of this.#lines.take(event)) for (const line of lines) this.#add(role, 'line', line);
    handleEvent(this.#handlers, event);
  }

  #isFlood(event: Event): boolean {
    if (event.kind !== 'terminal-output') return false;
    const length = (this.#output.get(event.role) ?? 0) + event.data.length;
    this.#output.set(event.role, length);
    return length > MOST_OUTPUT;
  }

  #add(role: string, kind: Moment['kind'], text: string): void {
    this.moments.push({ role, kind, text: text.slice(0, LONGEST_TEXT) });
  }
}
