import { say } from '../core/language/say.ts';
import type { Path } from '../lab/problem.ts';
import type { StepPart } from './reading/step-part.ts';

/** `assumed`: it was never started, which is noted once. */
type RoleState = { readonly state: 'running' | 'ended'; readonly line: number } | { readonly state: 'assumed' };

/** Which programs run at a step, as far as the scenario itself tells. */
export type RunningPrograms = Map<string, RoleState>;

/** Where a step names a program, within what stands behind its verb. */
export interface RolePlace {
  readonly at: 'key' | 'value';
  readonly path: Path;
}

/** The place of a role, or of the pattern that stands for it, in a map from roles to something. */
export function keyOf(role: string, group?: string): RolePlace {
  return { at: 'key', path: [group ?? role] };
}

/**
 * Where one step stands in its scenario; notes what cannot be there: acting on a program that was not started, that has
 * ended by an `exit` step, or starting it twice. What a program printed may still be expected after its end.
 */
export class StepOrder {
  readonly #programs: RunningPrograms;
  readonly #part: StepPart;

  /** `part` is what stands behind the verb. */
  constructor(programs: RunningPrograms, part: StepPart) {
    this.#programs = programs;
    this.#part = part;
  }

  /** The step starts this program. */
  start(role: string): void {
    const before = this.#programs.get(role);
    if (before?.state === 'running') {
      const message = say`"${role}" is started again while it runs since line ${before.line}`;
      this.#part.wrong(message, restartHint(role));
    }
    this.#programs.set(role, { state: 'running', line: this.#part.position.line });
  }

  /** The step sees this program end. */
  end(role: string): void {
    this.#programs.set(role, { state: 'ended', line: this.#part.position.line });
  }

  /** The step reads what this program printed. */
  needsStarted(role: string, { at, path }: RolePlace): void {
    if (this.#programs.has(role)) return;
    const place = this.#part.below(path);
    place.wrongAt(at, say`"${role}" is not started before this step`, say`add "start: ${role}" before it`);
    this.#programs.set(role, { state: 'assumed' });
  }

  /** The step acts on this program. */
  needsRunning(role: string, place: RolePlace): void {
    this.needsStarted(role, place);
    const now = this.#programs.get(role);
    if (now?.state !== 'ended') return;
    const hint = say`start it again before this step, or move the step up`;
    this.#part.below(place.path).wrongAt(place.at, say`"${role}" has ended in line ${now.line}`, hint);
  }
}

/** Most who start a program twice want a second one of the same kind: one name is one terminal. */
function restartHint(role: string): string {
  const second = /\d$/.test(role) ? `${role}b` : `${role}2`;
  return say`let it end first: exit: { ${role}: 0 }; for two at a time, add ${second} below "programs", with the same files`;
}
