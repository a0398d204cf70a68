import { type EventHandlers, type EventOf, handleEvent } from '../../core/event-listeners.ts';
import type { Event, StepPlace } from '../../core/events.ts';
import type { MisfitFacts } from '../../report/record/misfit.ts';

/** What far machines tell is sorted in with at most this delay (`TrueOrder`); a little more for busy hosts. */
const MOST_BACK_MS = 2500;

type Ended = EventOf<'scenario-step-passed' | 'scenario-step-failed' | 'scenario-step-skipped'>;

/** Whether events can have happened in the order in which they stand: times, beginning and end, steps as planned. */
export class EventOrder {
  #latestMs = 0;
  #begun = false;
  #isOver = false;
  #planned: readonly StepPlace[] | undefined;
  /** The step that is played. */
  #current: number | undefined;
  /** How many steps are behind us. */
  #done = 0;
  /** The first that did not pass, from 0. */
  #notPassed: number | undefined;
  readonly #handlers: EventHandlers<MisfitFacts | undefined> = {
    'scenario-step-started': ({ index, line }) => {
      const isNext = this.#current === undefined && index === this.#done && this.#isPlanned(index, line);
      this.#current = index;
      return isNext ? undefined : { kind: 'step-order', number: index + 1 };
    },
    'scenario-step-passed': (event) => this.#end(event),
    'scenario-step-failed': (event) => this.#end(event),
    'scenario-step-skipped': (event) => this.#end(event),
    'run-finished': ({ result }) => {
      this.#isOver = true;
      const missing = this.#notPassed ?? (this.#done < (this.#planned?.length ?? 0) ? this.#done : undefined);
      return result === 'passed' && missing !== undefined ? { kind: 'passed-without', number: missing + 1 } : undefined;
    },
  };

  /** What is wrong with the next event, where it stands. */
  take(event: Event): MisfitFacts[] {
    const { monotonicMs } = event.at;
    const backMs = this.#latestMs - monotonicMs;
    const misfits: (MisfitFacts | undefined)[] = [
      backMs > MOST_BACK_MS ? { kind: 'time-back', ms: backMs } : undefined,
      this.#isOver ? { kind: 'after-end' } : undefined,
      this.#begun === (event.kind === 'run-started') ? { kind: 'begin' } : undefined,
    ];
    if (event.kind === 'run-started') this.#planned = event.steps;
    this.#begun = true;
    this.#latestMs = Math.max(this.#latestMs, monotonicMs);
    return [...misfits, handleEvent(this.#handlers, event)].filter((misfit) => misfit !== undefined);
  }

  #end({ kind, index, line }: Ended): MisfitFacts | undefined {
    // An interruption ends a step before it starts.
    const isIts = index === (this.#current ?? (kind === 'scenario-step-failed' ? this.#done : undefined));
    this.#current = undefined;
    this.#done = index + 1;
    if (kind === 'scenario-step-failed') this.#notPassed ??= index;
    return isIts && this.#isPlanned(index, line) ? undefined : { kind: 'step-order', number: index + 1 };
  }

  /** Texts are not compared: what turned out to be a secret is masked in them. */
  #isPlanned(index: number, line: number): boolean {
    return this.#planned === undefined || this.#planned[index]?.line === line;
  }
}
