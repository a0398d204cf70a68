import { readFileSync, readdirSync } from 'node:fs';

/** What a lab of that folder has left outside of it: processes, mounts in any namespace, network interfaces of the host. Empty lists when it left nothing. */
export function leftovers(folder: string, linksBefore: readonly string[]): { readonly processes: string[]; readonly mounts: string[]; readonly links: string[] } {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return {
    processes: pids.map((pid) => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')).filter((line) => line.includes(folder) && !line.startsWith('unshare ')),
    mounts: pids.flatMap((pid) => read(`/proc/${pid}/mountinfo`).split('\n').filter((line) => line.includes(`${folder}/.lab`)).map((line) => `${pid}: ${line}`)),
    links: hostLinks().filter((name) => !linksBefore.includes(name)),
  };
}

/** PIDs of the processes that carry that folder's `.lab` as their last argument: the init of its lab. */
export function labelledProcesses(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && read(`/proc/${name}/cmdline`).endsWith(`\0${folder}/.lab\0`))
    .map(Number);
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
