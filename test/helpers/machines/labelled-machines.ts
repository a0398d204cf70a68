import { processes } from '../../../src/host/processes.ts';
import { labelIn, type Label } from '../../../src/providers/qemu/process/lab-processes.ts';

/** Processes of the lab in that folder, of whatever user. */
export function allProcesses(folder: string): (Label & { readonly pid: number })[] {
  return [...processes()].flatMap(({ pid, args }) => {
    const label = labelIn(args);
    return label?.stateFolder === `${folder}/.lab` ? [{ pid, ...label }] : [];
  });
}
