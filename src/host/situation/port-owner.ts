import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A process of this host that listens on a TCP port. */
export interface PortOwner {
  readonly pid: number;
  /** Its words, cut. */
  readonly command: string;
}

const LONGEST_COMMAND = 100;
/** Of proc_net_tcp(5). */
const LISTEN = '0A';

/**
 * Who listens on a TCP port of this host, as far as this user may see it; undefined when it does not show, also on
 * other systems than Linux.
 */
export function portOwner(port: number): PortOwner | undefined {
  const inodes = new Set(['tcp', 'tcp6'].flatMap((table) => listenersOf(`/proc/net/${table}`, port)));
  if (inodes.size === 0) return undefined;
  for (const name of list('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const holds = list(`/proc/${name}/fd`).some((descriptor) => {
      const [, inode = ''] = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${name}/fd/${descriptor}`)) ?? [];
      return inodes.has(inode);
    });
    if (holds) return { pid: Number(name), command: commandOf(name) };
  }
  return undefined;
}

function listenersOf(table: string, port: number): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  return textOf(table)
    .split('\n')
    .flatMap((line) => {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
      return state === LISTEN && local.endsWith(`:${wanted}`) ? [inode] : [];
    });
}

function commandOf(pid: string): string {
  const words = textOf(`/proc/${pid}/cmdline`).split('\0').filter(Boolean).join(' ');
  return words.length > LONGEST_COMMAND ? `${words.slice(0, LONGEST_COMMAND)}…` : words;
}

function list(folder: string): string[] {
  return orElse([], () => readdirSync(folder));
}

function linkOf(path: string): string {
  return orElse('', () => readlinkSync(path));
}

function textOf(path: string): string {
  return orElse('', () => readFileSync(path, 'utf8'));
}

function orElse<T>(otherwise: T, read: () => T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
