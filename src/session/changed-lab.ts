import { CheckError } from '../core/errors.ts';
import type { Lab } from '../lab/types.ts';
import { describeChange } from '../state/lab-change.ts';
import type { LabState } from '../state/state.ts';
import { say } from '../core/language/say.ts';

/** The error for machines that run but are not what the lab file describes any more, with each difference. */
export function changedLab(state: LabState, lab: Lab): CheckError {
  const changes = describeChange(state, lab);
  return new CheckError(say`the machines that run are not those of the lab file any more`, {
    code: 'lab-changed',
    detail: changes.map((change) => `  ${change}`).join('\n'),
    hint: say`Use "lab up --recreate" to take them down and make them again; what is stored on them is lost. (Machines that lab did not make: "lab up".)`,
    data: { changes },
  });
}
