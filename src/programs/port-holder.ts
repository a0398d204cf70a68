import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Who listens on the port, and what to do about it, as far as /proc shows this user. Never fails. */
export function describeHolder(port: number, protocol: 'tcp' | 'udp' = 'tcp'): string {
  const tables = [`/proc/net/${protocol}`, `/proc/net/${protocol}6`];
  const sockets = tables.flatMap((table) => openSockets(table, port));
  const pid = sockets.length > 0 ? processWithSocket(new Set(sockets.map((inode) => `socket:[${inode}]`))) : undefined;
  if (pid === undefined)
    return `this user may not see who holds it. Look with: sudo lsof -i :${port}; or take another port with --port`;
  return `process ${pid} (${commandOf(pid)}) holds it. End it with: kill ${pid}; or take another port with --port`;
}

/**
 * Inodes of the sockets on the port that listen (0A), or of UDP have no peer (07), from a table as proc(5) describes
 * /proc/net/tcp.
 */
function openSockets(table: string, port: number): string[] {
  const localPort = port.toString(16).toUpperCase().padStart(4, '0');
  return readText(table)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => (state === '0A' || state === '07') && local?.endsWith(`:${localPort}`))
    .flatMap((columns) => columns[9] ?? []);
}

function processWithSocket(links: ReadonlySet<string>): string | undefined {
  return list('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((pid) => list(`/proc/${pid}/fd`).some((fd) => links.has(linkOf(`/proc/${pid}/fd/${fd}`))));
}

function commandOf(pid: string): string {
  const words = readText(`/proc/${pid}/cmdline`).split('\0').join(' ').trim();
  // One line, whatever the program is called.
  return words.replace(/[\p{C}\p{Z}]+/gu, ' ').slice(0, 80) || '?';
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
