import type { Event } from '../../core/events.ts';
import { eventShape } from './event-shapes.ts';
import { jsonText } from '../../core/json/json-text.ts';

/**
 * One line of `events.ndjson`: an event as `core/events.ts` defines it, with `at` first. Fields that are undefined are
 * left out. The file holds all that was seen, control sequences of terminals included.
 */
export function eventLine(event: Event): string {
  return `${jsonText(event)}\n`;
}

/**
 * The event of a line of `events.ndjson`, or undefined for an empty or cut line: the last one of a run that was killed.
 *
 * @throws {ShapeError} for a line that is whole and holds something else.
 */
export function readEventLine(line: string): Event | undefined {
  const value = parsed(line);
  return value === undefined ? undefined : eventShape(value, '');
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
