import type { EventBody } from '../../core/events.ts';
import { say } from '../../core/language/say.ts';
import type { Lab, Machine } from '../../lab/types.ts';
import type { Requirement } from '../provider.ts';
import { findControlGroups } from './control-groups.ts';
import type { KeptLimits } from './kept-limits.ts';

/** What stands behind "make machines": what keeps the limits that the lab file states; undefined where it states none. */
export function limitsNote(lab: Lab, { groups }: KeptLimits): string | undefined {
  if (!statesLimits(lab) || groups === undefined) return undefined;
  return say`limits by control groups, version ${groups.version}`;
}

function statesLimits({ machines }: Lab): boolean {
  return [...machines.values()].some(({ memoryMiB, cpus }) => memoryMiB !== undefined || cpus !== undefined);
}

/** A user session of systemd delegates groups to what it starts so (systemd-run(1)). */
const TO_GET_GROUPS = 'systemd-run --user --scope -p Delegate=yes lab up';

/** What of the limits that the lab file states is kept less strictly here than its words say. */
export function limitsNotice(lab: Lab, { groups, limits }: KeptLimits): Extract<EventBody, { kind: 'notice' }>[] {
  const machines = [...lab.machines.values()];
  const memory = machines.filter(({ memoryMiB }) => groups?.memory === undefined && memoryMiB !== undefined);
  const cpus = machines.filter(({ name, cpus: wanted }) => {
    if (wanted === undefined || groups?.cpu !== undefined) return false;
    return limits.get(name)?.processors !== undefined;
  });
  return [
    ...(memory.length === 0
      ? []
      : [
          notice(
            say`memory of ${names(memory)} is kept by lab itself: it looks 50 times a second, and ends the largest program of a machine that has more`,
          ),
        ]),
    ...(cpus.length === 0
      ? []
      : [notice(say`cpus of ${names(cpus)} are whole processors, which other machines may use, too`)]),
  ];
}

function notice(message: string): Extract<EventBody, { kind: 'notice' }> {
  return {
    kind: 'notice',
    level: 'info',
    message,
    hint: say`The kernel keeps it where this user has control groups; with systemd: ${TO_GET_GROUPS}`,
  };
}

function names(machines: readonly Machine[]): string {
  return machines.map(({ name }) => name).join(', ');
}

/** How limits of machines are kept on this host, for `lab doctor`. */
export function limitsRequirement(): Requirement {
  const groups = findControlGroups();
  const byKernel = say`processes, open-files, file-size and disk by the kernel`;
  const what = { id: 'limits', description: say`limits of machines that the kernel keeps` };
  if (groups?.memory !== undefined)
    return {
      ...what,
      status: 'present',
      found: groups.cpu
        ? say`memory and cpus by control groups, version ${groups.version}; ${byKernel}`
        : say`memory by control groups, version ${groups.version}; ${byKernel}`,
      howToGet: [],
    };
  return {
    ...what,
    status: 'optional-missing',
    found: say`${byKernel}; memory by lab, which looks 50 times a second (files in memory without a name and buffers of the kernel are not counted); cpus as whole processors: this user may make no control groups`,
    howToGet: [TO_GET_GROUPS],
  };
}
