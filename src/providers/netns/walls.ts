import type { PlanOptions } from './plan/plan-input.ts';
import { identityFilter, systemCallFilter } from './plan/seccomp.ts';
import type { Allowance } from './lab-process.ts';
import { isRootOfHost, rangeOfLab } from '../../host/subordinate-ids.ts';

/** User and group of that name on every Debian and Ubuntu. */
const NOBODY = 65_534;

/** Whether it is root of the host who makes labs here: files of the host's root may be root's of the machines. */
export function ownsHost(): boolean {
  return process.getuid?.() === 0 && isRootOfHost();
}

/** What the plan of a lab takes from here: its users, and what its machines may ask of the kernel. */
export function wallOptions(
  labId: string,
  { mapped, oneIdentity }: Allowance,
): Pick<PlanOptions, 'label' | 'labRootMap' | 'ownsHost' | 'mapped' | 'systemCallFilter' | 'oneIdentity'> {
  const map = labRootMap(labId);
  const isOwned = ownsHost();
  return {
    label: `lab-${labId}`,
    labRootMap: map,
    ownsHost: isOwned,
    mapped: mapped && isOwned,
    systemCallFilter: systemCallFilter(process.arch) ?? '',
    oneIdentity: oneIdentity ? { filter: identityFilter(process.arch) ?? '' } : undefined,
  };
}

/**
 * uid_map and gid_map (user_namespaces(7)) of a lab of root; undefined for an ordinary user, whose map newuidmap(1)
 * writes.
 */
function labRootMap(labId: string): string | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const { first, count } = rangeOfLab(labId);
  // sshd(8) becomes nobody, so that ID must be there, too.
  return count > NOBODY ? `0 ${first} ${count}\n` : `0 ${first} ${count - 1}\n${NOBODY} ${first + count - 1} 1\n`;
}
