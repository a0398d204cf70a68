import type { Event } from '../core/events.ts';
import { RoleCast } from './asciicast.ts';

/** A recording as a page carries it. */
export interface Recording {
  readonly cast: string;
  readonly isCut: boolean;
  /** Milliseconds from the start of the run to the last event. */
  readonly lastMs: number;
}

/** A page with a few of these still opens at once. UTF-16 units of asciicast. */
const LONGEST_CAST = 512 * 1024;

/** Records the terminal of each role for players that start together. */
export class RecordingFold {
  readonly #casts = new Map<string, RoleCast>();
  readonly #recordings = new Map<string, Recording>();
  #startedMs: number | undefined;

  take(event: Event): void {
    this.#startedMs ??= event.at.monotonicMs;
    if (!('role' in event)) return;
    const cast = this.#casts.get(event.role) ?? new RoleCast(event.role, this.#startedMs);
    this.#casts.set(event.role, cast);
    const before = this.#recordings.get(event.role) ?? { cast: '', isCut: false, lastMs: 0 };
    const lastMs = event.at.monotonicMs - this.#startedMs;
    if (before.isCut) return void this.#recordings.set(event.role, { ...before, lastMs });
    const text = cast.format(event);
    const isCut = before.cast.length + text.length > LONGEST_CAST;
    this.#recordings.set(event.role, { cast: isCut ? before.cast : before.cast + text, isCut, lastMs });
  }

  /** By role. */
  get recordings(): ReadonlyMap<string, Recording> {
    return this.#recordings;
  }
}
