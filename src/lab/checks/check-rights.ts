import { say } from '../../core/language/say.ts';
import type { Draft } from '../draft.ts';
import type { PathProblem } from '../problem.ts';

/** Rights that contradict each other. */
export function checkRights({ machines }: Draft): PathProblem[] {
  return machines
    .filter(({ machine: { sudo, user } }) => sudo === false && user === 'root')
    .map(({ path }) => ({
      path: [...path, 'sudo'],
      message: say`cannot be false for root, who has every right already`,
      hint: say`give the machine another user`,
    }));
}
