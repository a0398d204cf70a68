import { say } from '../../core/language/say.ts';
import type { StepSource } from '../../lab/types.ts';
import type { StepNames } from './step-part.ts';
import { valueName } from './taken-values.ts';
import { groupNames } from './texts.ts';

const WRITTEN_REGEX = /^\/.+\/[imsuv]*$/s;

/** By name of a value: the steps whose patterns take it from what a program prints, counted from 0. */
export type Takers = ReadonlyMap<string, readonly number[]>;

/** The names of the groups in the patterns of those steps whose verb takes values. */
export function takersOf(steps: readonly StepSource[], isTaker: (verb: string) => boolean): Takers {
  const takers = new Map<string, number[]>();
  for (const [index, { value }] of steps.entries()) {
    if (typeof value !== 'object' || value === null) continue;
    const names = Object.entries(value).flatMap(([verb, part]) => (isTaker(verb) ? groupsIn(part) : []));
    for (const name of names) takers.set(name, [...(takers.get(name) ?? []), index]);
  }
  return takers;
}

function groupsIn(value: unknown): string[] {
  if (typeof value === 'string') return WRITTEN_REGEX.test(value) ? groupNames(value) : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(groupsIn) : [];
}

/** The names of a step while it is read: whether their values will be known when it is played. */
export class NamesBeforePlay implements StepNames {
  /** The step uses a value that is known only when it is played. */
  needsValues = false;
  readonly #takers: Takers;
  readonly #index: number;

  constructor(takers: Takers, index: number) {
    this.#takers = takers;
    this.#index = index;
  }

  isName(name: string): boolean {
    return this.#takers.has(valueName(name));
  }

  taken(name: string): { readonly problem: string; readonly hint: string } | undefined {
    const steps = this.#takers.get(valueName(name));
    if (steps === undefined) return undefined;
    if (steps.some((step) => step < this.#index)) {
      this.needsValues = true;
      return undefined;
    }
    return {
      problem: say`{${name}} is not known yet: step ${steps[0]! + 1} takes it`,
      hint: say`move this step below that one; for the text itself write {{${name}}}`,
    };
  }
}
