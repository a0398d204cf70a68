import { type EventHandlers, type EventOf, handleEvent } from '../../core/event-listeners.ts';
import type { Event } from '../../core/events.ts';
import { quoteCommand } from '../../core/text/shell-quote.ts';
import { jsonText } from '../../core/json/json-text.ts';
import type { RoleLines } from './role-lines.ts';
import { endText, omittedText } from '../run/words.ts';

/** What the header of a recording says. Sizes in characters. */
interface CastHeader {
  readonly columns: number;
  readonly rows: number;
  readonly title: string;
  readonly command?: string;
  /** Time 0, on the monotonic clock; default: the time of the event that begins it. */
  readonly originMs?: number | undefined;
}

/**
 * Recordings in asciicast v2 (https://docs.asciinema.org/manual/asciicast/v2/): a header line, then one event a line,
 * `[time, code, data]`, the time in seconds since the start. Not v3, because the asciinema of today's distributions
 * (2.x) plays v1 and v2 only.
 */
class CastWriter {
  #startedMs: number | undefined;
  /** Time of the last event, in milliseconds since the start: times never go back. */
  #lastMs = 0;

  get isStarted(): boolean {
    return this.#startedMs !== undefined;
  }

  header({ at }: Event, { columns, rows, title, command, originMs = at.monotonicMs }: CastHeader): string {
    this.#startedMs = originMs;
    const about = {
      timestamp: Math.floor(at.wallMs / 1000),
      title,
      ...(command === undefined ? {} : { command }),
      env: { TERM: 'xterm-256color' },
    };
    return `${jsonText({ version: 2, width: columns, height: rows, ...about })}\n`;
  }

  /** Codes: `o` output, `i` input, `r` resize, `m` marker. */
  event({ at }: Event, code: 'o' | 'i' | 'r' | 'm', data: string): string {
    this.#lastMs = Math.max(this.#lastMs, at.monotonicMs - (this.#startedMs ?? at.monotonicMs));
    return `[${(this.#lastMs / 1000).toFixed(3)}, "${code}", ${jsonText(data)}]\n`;
  }
}

/** `<role>.cast`: the terminal of one role as it was, control sequences, input and changes of its size included. */
export class RoleCast {
  readonly #role: string;
  readonly #originMs: number | undefined;
  readonly #cast = new CastWriter();
  readonly #handlers: EventHandlers<string> = {
    'terminal-output': (event) => this.#cast.event(event, 'o', event.data),
    'terminal-input': (event) => this.#cast.event(event, 'i', event.data),
    'terminal-resized': (event) => this.#cast.event(event, 'r', `${event.columns}x${event.rows}`),
    'output-omitted': (event) => this.#cast.event(event, 'm', omittedText(event)),
    'program-exited': (event) => this.#cast.event(event, 'm', endText(event)),
  };

  /** @param originMs What the times count from, on the monotonic clock; default: the start of the program. */
  constructor(role: string, originMs?: number) {
    this.#role = role;
    this.#originMs = originMs;
  }

  /** What an event adds to the file: nothing when it is another role's. */
  format(event: Event): string {
    if (!('role' in event) || event.role !== this.#role) return '';
    if (event.kind === 'terminal-opened') return this.#open(event);
    return this.#cast.isStarted ? (handleEvent(this.#handlers, event) ?? '') : '';
  }

  #open(event: EventOf<'terminal-opened'>): string {
    const command = quoteCommand(event.command);
    if (!this.#cast.isStarted)
      return this.#cast.header(event, {
        columns: event.columns,
        rows: event.rows,
        title: `${event.role} on ${event.machine}`,
        command,
        originMs: this.#originMs,
      });
    return (
      this.#cast.event(event, 'm', `started again: ${command}`) +
      this.#cast.event(event, 'r', `${event.columns}x${event.rows}`)
    );
  }
}

/** SGR colours of the roles, in the order in which they are named (ECMA-48, 8.3.117). */
const colors = [36, 33, 35, 32, 34, 31];
const SESSION_COLUMNS = 100;
const SESSION_ROWS = 30;

/**
 * `session.cast`: both sides in one recording. A player has one screen, and two programs that moved its cursor would
 * destroy each other's picture: so it shows whole lines of plain text, prefixed and coloured by role, as the live relay
 * does. Each step of the scenario is a marker, to which a player can jump.
 */
export class SessionCast {
  readonly #cast = new CastWriter();
  #roles: string[] = [];

  /** What `event`, and the lines that it completed, add to the file. */
  format(event: Event, completed: readonly RoleLines[]): string {
    if (event.kind === 'run-started') {
      this.#roles = event.roles.map(({ role }) => role);
      const title = `${event.lab}: ${event.scenario}`;
      return this.#cast.header(event, { columns: SESSION_COLUMNS, rows: SESSION_ROWS, title });
    }
    return this.#cast.isStarted ? this.#lines(event, completed) + this.#remark(event) : '';
  }

  #lines(event: Event, completed: readonly RoleLines[]): string {
    const shown = completed.map(({ role, lines }) => this.#prefixed(role, lines)).join('');
    return shown === '' ? '' : this.#cast.event(event, 'o', shown);
  }

  #remark(event: Event): string {
    if (event.kind === 'scenario-step-started') return this.#cast.event(event, 'm', event.text);
    if (event.kind === 'output-omitted') return this.#cast.event(event, 'm', `${event.role}: ${omittedText(event)}`);
    if (event.kind === 'run-finished') return this.#cast.event(event, 'm', event.result);
    return '';
  }

  #prefixed(role: string, lines: readonly string[]): string {
    const prefix = this.#prefix(role);
    return lines.map((line) => `${prefix}${line}\r\n`).join('');
  }

  #prefix(role: string): string {
    const color = colors[Math.max(0, this.#roles.indexOf(role)) % colors.length];
    const width = Math.max(0, ...this.#roles.map(({ length }) => length));
    return `\x1b[${color}m${role.padEnd(width)} │\x1b[0m `;
  }
}
