import type { Event } from '../core/events.ts';
import { RoleCast, SessionCast } from './asciicast.ts';
import { eventLine } from './event-line.ts';
import { LineFold } from './role-lines.ts';
import { SessionLog } from './session-log.ts';

/** Text to append to a file of the run folder. */
export interface Addition {
  readonly file: string;
  readonly text: string;
}

/** A recording stops here: no player opens more, and a program that floods its terminal is stored twice already. UTF-16 units. */
const LONGEST_RECORDING = 64 * 1024 * 1024;

/** Folds the events of one run into what each file of its folder gets, `run.json` apart. */
export class RunFiles {
  readonly #lines = new LineFold();
  readonly #sessionLog = new SessionLog();
  readonly #sessionCast = new SessionCast();
  readonly #roleCasts = new Map<string, RoleCast>();
  readonly #recorded = new Map<string, number>();

  /** What `event` adds. Must be given all events of the run, in order. */
  take(event: Event): Addition[] {
    const completed = this.#lines.take(event);
    const additions: Addition[] = [
      { file: 'events.ndjson', text: eventLine(event) },
      ...completed.map(({ role, lines }) => ({ file: roleFile(role, 'log'), text: lines.map((line) => `${line}\n`).join('') })),
      { file: 'session.log', text: this.#sessionLog.format(event, completed) },
      this.#recording('session.cast', this.#sessionCast.format(event, completed)),
      ...this.#roleRecording(event),
    ];
    return additions.filter(({ text }) => text !== '');
  }

  #roleRecording(event: Event): Addition[] {
    if (!('role' in event)) return [];
    const cast = this.#roleCasts.get(event.role) ?? new RoleCast(event.role);
    this.#roleCasts.set(event.role, cast);
    return [this.#recording(roleFile(event.role, 'cast'), cast.format(event))];
  }

  #recording(file: string, text: string): Addition {
    const length = (this.#recorded.get(file) ?? 0) + text.length;
    this.#recorded.set(file, length);
    return { file, text: length > LONGEST_RECORDING ? '' : text };
  }
}

/** Names of files that belong to the whole run, not to a role. */
const TAKEN = new Set(['session', 'events', 'run', 'report', 'capture']);

/** `server.log`: a file of one role. A role that is called like a file of the run gets a `_` behind its name. */
export function roleFile(role: string, extension: 'log' | 'cast'): string {
  const name = role.replaceAll(/[^\w.-]/g, '_').replace(/^\./, '_');
  return `${name}${TAKEN.has(name) ? '_' : ''}.${extension}`;
}
