import type { Event } from '../../core/events.ts';
import { RoleCast, SessionCast } from '../terminals/asciicast.ts';
import { eventLine } from './event-line.ts';
import { LineFold } from '../terminals/role-lines.ts';
import { SessionLog } from '../terminals/session-log.ts';
import { omittedText } from './words.ts';

/** Next to `run.json`, which it signs; and through the hashes there, all files of the run. */
export const SIGNATURE_FILE = 'run.json.sig';

/** Text to append to a file of the run folder. */
export interface Addition {
  readonly file: string;
  readonly text: string;
}

/** Folds the events of one run into what each file of its folder gets, `run.json` apart. */
export class RunFiles {
  readonly #lines = new LineFold();
  readonly #sessionLog = new SessionLog();
  readonly #sessionCast = new SessionCast();
  readonly #roleCasts = new Map<string, RoleCast>();

  /** What `event` adds. Must be given all events of the run, in order. */
  take(event: Event): Addition[] {
    const completed = this.#lines.take(event);
    const additions: Addition[] = [
      { file: 'events.ndjson', text: eventLine(event) },
      ...completed.map(({ role, lines }) => ({
        file: roleFile(role, 'log'),
        text: lines.map((line) => `${line}\n`).join(''),
      })),
      ...(event.kind === 'output-omitted'
        ? [{ file: roleFile(event.role, 'log'), text: `[${omittedText(event)}]\n` }]
        : []),
      { file: 'session.log', text: this.#sessionLog.format(event, completed) },
      { file: 'session.cast', text: this.#sessionCast.format(event, completed) },
      ...this.#roleRecording(event),
    ];
    return additions.filter(({ text }) => text !== '');
  }

  #roleRecording(event: Event): Addition[] {
    if (!('role' in event)) return [];
    const cast = this.#roleCasts.get(event.role) ?? new RoleCast(event.role);
    this.#roleCasts.set(event.role, cast);
    return [{ file: roleFile(event.role, 'cast'), text: cast.format(event) }];
  }

  /** What stands on the line of a role that is not completed yet: no text file has it so far. */
  currentLine(role: string): string {
    return this.#lines.currentLine(role);
  }

  /** Completes the last line of a role without storing it. */
  finish(role: string): void {
    this.#lines.finish(role);
  }
}

/** Name of the capture in a run folder. */
export const CAPTURE_FILE = 'capture.pcap';
/** It is read into memory whole; a run of a practical has some kilobytes. Bytes. */
export const LARGEST_CAPTURE = 256 * 1024 * 1024;

/** Names of files that belong to the whole run, not to a role. */
const taken = new Set(['session', 'events', 'run', 'report', 'capture']);

/** `server.log`: a file of one role. A role that is called like a file of the run gets a `_` behind its name. */
export function roleFile(role: string, extension: 'log' | 'cast'): string {
  const name = role.replaceAll(/[^\w.-]/g, '_').replace(/^\./, '_');
  return `${name}${taken.has(name) ? '_' : ''}.${extension}`;
}
