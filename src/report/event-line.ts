import type { Event } from '../core/events.ts';

/**
 * One line of `events.ndjson`: an event as JSON (RFC 8259), as `core/events.ts` defines it, with `at` first. The file holds all that was seen, control
 * sequences of terminals included, escaped as JSON escapes them; C1 controls and format characters are escaped too, so `cat` of the file is harmless.
 */
export function eventLine(event: Event): string {
  return `${JSON.stringify(event).replace(HARMFUL, escapeUnit)}\n`;
}

/** The event of a line of `events.ndjson`, or undefined for an empty or cut line: the last one of a run that was killed. */
export function readEventLine(line: string): Event | undefined {
  try {
    return JSON.parse(line) as Event;
  } catch {
    return undefined;
  }
}

const HARMFUL = /[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

function escapeUnit(unit: string): string {
  return String.raw`\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
