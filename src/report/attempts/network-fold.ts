import { type CaptureFacts, isCompleteCapture } from '../../core/capture-facts.ts';
import type { ListeningProgram, WatchedAttempts } from '../../core/connection-attempt.ts';
import { type EventHandlers, handleEvent } from '../../core/event-listeners.ts';
import type { Event } from '../../core/events.ts';
import type { LabDescription } from '../../core/lab-description.ts';
import { TooLongTold } from '../../core/text/too-long-datagram.ts';
import type { ToldAttempt } from '../../core/connection-attempt.ts';
import type { Conversation, Segment } from '../../packets/conversation.ts';
import { toldAttempts } from './told-attempts.ts';

const MOST_TOLD = 20;
/** By so much the clock of a machine may be wrong though it was measured. */
const CLOCK_ERROR_MS = 50;

/** Folds the events of a run into what is known of its network besides its packets. */
export class NetworkFold {
  lab: LabDescription | undefined;
  capture: CaptureFacts | undefined;
  #seen: WatchedAttempts | undefined;
  #listening: readonly ListeningProgram[] = [];
  readonly #tooLong = new TooLongTold();
  readonly #stops: { readonly role: string; readonly machine: string; readonly atMs: number }[] = [];
  readonly #handlers: EventHandlers<void> = {
    'lab-described': ({ lab }) => {
      this.lab = lab;
    },
    'capture-finished': ({ capture }) => {
      this.capture = capture;
    },
    'attempts-counted': ({ seen, listening }) => {
      this.#seen = seen;
      this.#listening = listening ?? this.#listening;
    },
    'terminal-output': (event) => this.#tooLong.take(event),
    'program-stopped': ({ role, machine, at }) => void this.#stops.push({ role, machine, atMs: at.wallMs }),
  };

  take(event: Event): void {
    handleEvent(this.#handlers, event);
  }

  /** What the kernels of the machines counted; undefined where that was not watched. */
  get seen(): WatchedAttempts | undefined {
    return this.#seen;
  }

  /** Programs that said that a datagram of theirs was too long to be sent: no packet shows that. */
  get tooLong(): string[] {
    return this.#tooLong.roles;
  }

  /** What else than connections to its servers the machines tried. */
  get attempts(): ToldAttempt[] {
    if (this.lab === undefined || this.#seen === undefined) return [];
    return toldAttempts(this.#seen, this.lab, this.#listening).slice(0, MOST_TOLD);
  }

  /** It is known that no machine with a program of the run tried to connect to anything. */
  get nobodyTried(): boolean {
    const { lab, capture } = this;
    const seen = this.#seen;
    if (lab === undefined || seen === undefined || !isCompleteCapture(capture)) return false;
    const isWatched = lab.programs.every(({ on }) => seen.machines.includes(on));
    return isWatched && seen.attempts.every(({ protocol }) => protocol !== 'tcp');
  }

  /** The conversation, with the programs that lab ended where their end is what closed it. */
  withStops(conversation: Conversation): Conversation {
    const byLab = this.#endedBefore(conversation);
    return byLab.length === 0 ? conversation : { ...conversation, close: { ...conversation.close, byLab } };
  }

  #endedBefore(conversation: Conversation): string[] {
    const { close, segments, client, server } = conversation;
    const first = segments.find(({ flags }) => flags.some((flag) => flag === 'FIN' || flag === 'RST'));
    if (close.by === undefined || first === undefined) return [];
    const machines = close.by === 'both' ? [client.machine, server.machine] : [conversation[close.by].machine];
    const { timeMs } = this.#onOurClock(first);
    return this.#stops
      .filter(({ machine, atMs }) => atMs <= timeMs && machines.some((name) => name === undefined || name === machine))
      .map(({ role }) => role);
  }

  /** With clocks that differ, a close a little before the signal may well be its doing. */
  #onOurClock({ timeMs }: Segment): { readonly timeMs: number } {
    const offset = this.capture?.machines.find(({ clockOffsetMs }) => clockOffsetMs !== 0)?.clockOffsetMs;
    return { timeMs: offset === undefined ? timeMs : timeMs - offset + CLOCK_ERROR_MS };
  }
}
