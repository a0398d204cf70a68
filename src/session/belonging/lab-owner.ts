import { EnvironmentError } from '../../core/errors.ts';
import { commandAs, describeUser } from '../../host/other-users.ts';
import { ownerOf, processes } from '../../host/processes.ts';
import { isOwnLabUser } from '../../host/subordinate-ids.ts';
import { say } from '../../core/language/say.ts';

/** What shows whose lab it is. */
export interface OwnedLab {
  readonly labId: string;
  readonly name: string;
  /** Who brought it up, as far as that was written down. */
  readonly uid?: number | undefined;
}

/**
 * Machines of another user (`sudo lab up`, then `lab status`) cannot be reached or ended by this one, and must not be
 * taken for gone.
 *
 * @throws {EnvironmentError} when processes of this lab run that are not this user's, or another user brought it up and
 * those are hidden here (`hidepid` of proc(5)).
 */
export function requireOwnLab({ labId, name, uid }: OwnedLab): void {
  const own = process.getuid?.();
  if (own === undefined || uid === own) return;
  const owner = ownerOfProcesses(labId) ?? (ownerOf(1) === undefined ? uid : undefined);
  if (owner === undefined) return;
  const whose = uid ?? owner;
  throw new EnvironmentError(say`the machines of ${name} belong to ${describeUser(whose)}, who brought them up`, {
    code: 'lab-foreign',
    hint: commandAs(whose),
    data: { uid: whose },
  });
}

/** Each process of a lab has the label in its arguments, whatever the provider. */
function ownerOfProcesses(labId: string): number | undefined {
  for (const { pid, args } of processes()) {
    if (!args.some((argument) => argument.includes(labId))) continue;
    const owner = ownerOf(pid);
    if (owner !== undefined && !isOwnLabUser(owner)) return owner;
  }
  return undefined;
}
