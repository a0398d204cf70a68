import { bareIPv6, joinAddress, parseProcAddress, splitAddress } from './socket-address.ts';
import type { PortSource } from './report.ts';

/** One row of a machine's table of TCP sockets. */
export interface SocketRow {
  readonly address: string;
  readonly port: number;
  /** `address:port` of the other end. */
  readonly peer: string;
  /** As `netstat` writes it: `LISTEN`, `TIME_WAIT`, `ESTABLISHED`, … */
  readonly state: string;
  /** Number of the socket; undefined where the tool does not tell it. */
  readonly inode: string | undefined;
  readonly uid: number | undefined;
  /** Only from `lsof` and `netstat`. */
  readonly pid: number | undefined;
}

/** The rows of a tool's output whose local port is `port`; a row that cannot be understood is left out. */
export function parseSocketTable(source: PortSource, text: string, port: number): SocketRow[] {
  const parseRow = { ss: parseSsRow, proc: parseProcRow, lsof: parseLsofRow, netstat: parseNetstatRow }[source];
  return text.split('\n').flatMap((line) => {
    const row = parseRow(line.trim().split(/\s+/));
    return row?.port === port ? [row] : [];
  });
}

/** `ss -tane` writes some names of states in its own way; others are those of `netstat`. */
const ssStates: ReadonlyMap<string, string> = new Map([
  ['ESTAB', 'ESTABLISHED'],
  ['SYN-RECV', 'SYN_RECV'],
]);

/** A row of `ss -tane`: `LISTEN 0 1 127.0.0.1:7999 0.0.0.0:* uid:1000 ino:27964 sk:1 cgroup:/ <->`. */
function parseSsRow(words: readonly string[]): SocketRow | undefined {
  const [state = '', , , local = '', peer = '', ...details] = words;
  const end = splitAddress(local);
  if (end === undefined) return undefined;
  const detail = (name: string): string | undefined => details.find((word) => word.startsWith(`${name}:`))?.slice(name.length + 1);
  const inode = detail('ino');
  return {
    // `*` is an IPv6 socket that takes IPv4 too.
    address: end.address === '*' ? '::' : end.address,
    port: end.port,
    peer,
    state: ssStates.get(state) ?? state.replaceAll('-', '_'),
    inode: inode === '0' ? undefined : inode,
    // Left out for root.
    uid: inode === undefined || inode === '0' ? undefined : Number(detail('uid') ?? 0),
    pid: undefined,
  };
}

/** States of proc_net_tcp(5), in the order of their numbers from 1. */
const procStates = [
  'ESTABLISHED', 'SYN_SENT', 'SYN_RECV', 'FIN_WAIT1', 'FIN_WAIT2', 'TIME_WAIT', 'CLOSE', 'CLOSE_WAIT', 'LAST_ACK', 'LISTEN', 'CLOSING', 'SYN_RECV',
];

/** A row of /proc/net/tcp or tcp6: number, local, remote, state, queues, timer, retransmissions, uid, time-out, inode. */
function parseProcRow(words: readonly string[]): SocketRow | undefined {
  const [number = '', local = '', remote = '', state = '', , , , uid, , inode] = words;
  const [end, peer] = [parseProcAddress(local), parseProcAddress(remote)];
  if (!/^\d+:$/.test(number) || end === undefined || peer === undefined) return undefined;
  const known = inode === '0' ? undefined : inode;
  return {
    ...end,
    peer: joinAddress(peer.address, peer.port),
    state: procStates[Number.parseInt(state, 16) - 1] ?? state,
    inode: known,
    uid: known === undefined ? undefined : Number(uid),
    pid: undefined,
  };
}

/** A row of `lsof -nP -iTCP:7999`: command, PID, user, descriptor, type, device, size, `TCP`, `local->peer`, `(STATE)`. */
function parseLsofRow(words: readonly string[]): SocketRow | undefined {
  const [, pid = '', , , type, , , protocol, name = '', state = ''] = words;
  const [local = '', peer = '*:*'] = name.split('->');
  const end = splitAddress(local);
  if (protocol !== 'TCP' || end === undefined || !/^\d+$/.test(pid)) return undefined;
  const anyAddress = type === 'IPv6' ? '::' : '0.0.0.0';
  return {
    address: end.address === '*' ? anyAddress : end.address,
    port: end.port,
    peer,
    state: state.replace(/[()]/g, ''),
    inode: undefined,
    uid: undefined,
    pid: Number(pid),
  };
}

/** A row of `netstat -tanp` (Linux: last word `PID/name` or `-`) or of `netstat -an -p tcp` (BSD, macOS: `127.0.0.1.7999`, no process). */
function parseNetstatRow(words: readonly string[]): SocketRow | undefined {
  const [protocol = '', , , local = '', peer = '', state = '', process = ''] = words;
  if (!protocol.startsWith('tcp')) return undefined;
  const end = splitAddress(local) ?? splitAddress(local.replace(/\.(\d+)$/, ':$1'));
  if (end === undefined) return undefined;
  const anyAddress = protocol.includes('6') ? '::' : '0.0.0.0';
  return {
    address: end.address === '*' ? anyAddress : bareIPv6(end.address),
    port: end.port,
    peer,
    state,
    inode: undefined,
    uid: undefined,
    pid: /^\d+\//.test(process) ? Number.parseInt(process, 10) : undefined,
  };
}
