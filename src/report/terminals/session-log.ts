import { type EventHandlers, handleEvent } from '../../core/event-listeners.ts';
import type { Event } from '../../core/events.ts';
import { quoteCommand } from '../../core/text/shell-quote.ts';
import { clockTime } from '../../core/time/clock-time.ts';
import type { RoleLines } from './role-lines.ts';
import { endText, freedText, omittedText, oneLine, plainLines, portText } from '../run/words.ts';

/**
 * `session.log`: the lines of all terminals, merged in the order in which they were completed, each with the time of
 * day when it was: `14:30:15.042 server │ TP1 Server`. Remarks that no terminal showed have a `·` in place of the bar:
 * `14:30:16.001 server · exit 0`.
 */
export class SessionLog {
  #width = 0;
  readonly #remarks: EventHandlers<string> = {
    'terminal-opened': (event) =>
      this.#line(event, event.role, '·', `started on ${event.machine}: ${oneLine(quoteCommand(event.command))}`),
    'output-omitted': (event) => this.#line(event, event.role, '·', omittedText(event)),
    'program-exited': (event) => this.#line(event, event.role, '·', endText(event)),
    'command-finished': (event) => {
      const output = this.#lines(event, event.machine, '│', plainLines(event.output));
      return `${output}${this.#line(event, event.machine, '·', `${oneLine(event.command)}: ${endText(event)}`)}`;
    },
    'port-checked': (event) => this.#line(event, event.machine, '·', portText(event)),
    'port-freed': (event) => this.#line(event, event.machine, '·', freedText(event)),
  };

  /** What `event`, and the lines that it completed, add to the file. */
  format(event: Event, completed: readonly RoleLines[]): string {
    if (event.kind === 'run-started')
      this.#width = Math.max(0, ...event.roles.flatMap(({ role, machine }) => [role.length, machine.length]));
    const lines = completed.map(({ role, lines }) => this.#lines(event, role, '│', lines));
    return lines.join('') + (handleEvent(this.#remarks, event) ?? '');
  }

  #line(event: Event, who: string, mark: '│' | '·', text: string): string {
    return this.#lines(event, who, mark, [text]);
  }

  #lines({ at }: Event, who: string, mark: '│' | '·', lines: readonly string[]): string {
    const prefix = `${clockTime(at.wallMs)} ${who.padEnd(this.#width)} ${mark}`;
    return lines.map((line) => (line === '' ? `${prefix}\n` : `${prefix} ${line}\n`)).join('');
  }
}
