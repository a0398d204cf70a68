import { hostFolderChoices } from '../../../lab/defaults.ts';
import type { Machine } from '../../../lab/types.ts';
import * as op from './operations.ts';
import type { Operation } from './operations.ts';
import type { HostFacts } from './plan-input.ts';

/** Where a machine's own /usr/local lies before it is mounted. */
const OWN_LOCAL = '/.lab/local';

/** Below /usr/local of a new Debian or Ubuntu (Filesystem Hierarchy Standard 3.0, section 4.9). */
const localFolders = ['bin', 'etc', 'games', 'include', 'lib', 'sbin', 'share', 'share/man', 'src'];

/** Names of the folders of the host that lie below those of a machine. */
export function foldersOf(machine: Machine, { sharedFolders }: HostFacts): string[] {
  return sharedFolders.filter((name) => isShown(machine, `/${name}`));
}

/** The same of at least one of the machines. */
export function foldersOfAny(machines: readonly Machine[], { sharedFolders }: HostFacts): string[] {
  return sharedFolders.filter((name) => machines.some((machine) => isShown(machine, `/${name}`)));
}

function isShown({ hostFolders = [] }: Machine, folder: string): boolean {
  return !hostFolderChoices.includes(folder) || hostFolders.includes(folder);
}

/** The folders of a /usr/local of the machine's own, unless it sees that of the host. */
export function localFolder(root: string, machine: Machine): Operation[] {
  if (isShown(machine, '/usr/local')) return [];
  const own = `${root}${OWN_LOCAL}`;
  return [
    ...['', ...localFolders.map((name) => `/${name}`)].map((name) => op.mkdir(own + name)),
    op.symlink('share/man', `${own}/man`),
  ];
}

/**
 * It covers that of the host. A folder of a layer that hides those below would do for less, but not before Linux 6.6,
 * where tmpfs has no such attributes for users.
 */
export function localMount(root: string, machine: Machine): Operation[] {
  return op.when(!isShown(machine, '/usr/local'), op.bind(`${root}${OWN_LOCAL}`, `${root}/usr/local`));
}
