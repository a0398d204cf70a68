import type { Expectation } from '../../core/step-problem.ts';
import { afterAwake, awakeNow } from '../../core/time/awake-clock.ts';

/** How long nothing may happen before the users at the keyboards are told what the play waits for. */
const STANDSTILL_MS = 5000;

/** A play that goes on only when somebody does something. */
export interface Standstill {
  readonly waitsFor: Expectation;
  /** The step that waits, counted from 0; undefined when all have been played, and only programs of users run. */
  readonly step: number | undefined;
  /** How many steps the scenario has. */
  readonly steps: number;
}

export interface StandstillOptions {
  /** How many steps the scenario has. */
  readonly steps: number;
  /** What users have done at any terminal, and when something happened there last. */
  readonly activity: () => { readonly idleMs: number; readonly linesTyped: number };
  /** Called once for each thing that a step waits for in vain, and again when a line was typed that did not help. */
  readonly tell: (standstill: Standstill) => void;
}

/** Notices that nothing happens any more while a step waits. */
export class StandstillWatch {
  readonly #options: StandstillOptions;
  readonly #told = new Set<string>();

  constructor(options: StandstillOptions) {
    this.#options = options;
  }

  /**
   * Watches until `work` ends, which waits for something.
   *
   * @param place `step` and `waitsFor` as in `Standstill`.
   */
  async during<T>(place: Pick<Standstill, 'step' | 'waitsFor'>, work: Promise<T>): Promise<T> {
    const { activity, tell, steps } = this.#options;
    const since = awakeNow();
    let callOff: () => void;
    const look = (): void => {
      const { idleMs, linesTyped } = activity();
      const leftMs = STANDSTILL_MS - Math.min(idleMs, awakeNow() - since);
      callOff = afterAwake(leftMs > 0 ? leftMs : STANDSTILL_MS, look);
      const key = JSON.stringify([place, linesTyped]);
      if (leftMs > 0 || this.#told.has(key)) return;
      this.#told.add(key);
      tell({ ...place, steps });
    };
    callOff = afterAwake(STANDSTILL_MS, look);
    return work.finally(() => callOff());
  }
}
