import { readFileSync, readdirSync } from 'node:fs';

/** IDs of the labs whose init was seen, by folder: mounts carry them. */
const seen = new Map<string, Set<string>>();

/** What a lab of that folder has left outside of it: processes, mounts in any namespace, network interfaces of the host. Empty lists when it left nothing. */
export function leftovers(
  folder: string,
  linksBefore: readonly string[],
): { readonly processes: string[]; readonly mounts: string[]; readonly links: string[] } {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  labelledProcesses(folder);
  const labels = [`${folder}/.lab`, ...[...(seen.get(folder) ?? [])].map((id) => `lab-${id}`)];
  return {
    processes: pids
      .map((pid) => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' '))
      .filter((line) => line.includes(folder) && !line.startsWith('unshare ')),
    mounts: pids.flatMap((pid) =>
      read(`/proc/${pid}/mountinfo`)
        .split('\n')
        .filter((line) => labels.some((label) => line.includes(label)))
        .map((line) => `${pid}: ${line}`),
    ),
    links: hostLinks().filter((name) => !linksBefore.includes(name)),
  };
}

/** PIDs of the processes that carry that folder's `.lab` as their last argument: the init of its lab. */
export function labelledProcesses(folder: string): number[] {
  const found = readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && read(`/proc/${name}/cmdline`).endsWith(`\0${folder}/.lab\0`),
  );
  const ids = found.map((pid) => read(`/proc/${pid}/cmdline`).split('\0')[3] ?? '');
  seen.set(folder, new Set([...(seen.get(folder) ?? []), ...ids]));
  return found.map(Number);
}

/** PIDs of the first processes of the machines of that folder's lab, in their order. */
export function machineInits(folder: string): number[] {
  return labelledProcesses(folder).flatMap((pid) =>
    read(`/proc/${pid}/task/${pid}/children`)
      .split(' ')
      .filter((child) => read(`/proc/${child}/cmdline`).startsWith('init'))
      .map(Number),
  );
}

/** Nothing is left. */
export const nothing = { processes: [], mounts: [], links: [] };

/** Names of the network interfaces of this host. */
export function hostLinks(): string[] {
  return readdirSync('/sys/class/net').toSorted();
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Gone meanwhile, or another user's.
    return '';
  }
}
