import { bareIPv6, joinAddress, parseProcAddress, splitAddress } from '../core/socket-address.ts';
import type { PortSource } from './port-report.ts';

/** One row of a machine's table of TCP or UDP sockets. */
export interface SocketRow {
  readonly address: string;
  readonly port: number;
  /** `address:port` of the other end. */
  readonly peer: string;
  /**
   * As `netstat` writes it: `LISTEN`, `TIME_WAIT`, `ESTABLISHED`, …; `UNCONN` for a UDP socket without a peer, as `ss`
   * does.
   */
  readonly state: string;
  /** Number of the socket; undefined where the tool does not tell it. */
  readonly inode: string | undefined;
  readonly uid: number | undefined;
  /** Only from `lsof` and `netstat`. */
  readonly pid: number | undefined;
  /**
   * Of a listener, connections that its program has not accepted; of other sockets, bytes that it has not read.
   * Undefined where the tool does not tell it.
   */
  readonly received?: number | undefined;
  /** Of a listener as `ss` tells it: how many connections may wait, but one (listen(2)). */
  readonly backlog?: number | undefined;
  /** An IPv6 socket refuses IPv4; undefined where the tool does not tell it. */
  readonly isIPv6Only?: boolean | undefined;
  /** How long the row still stays, in TIME_WAIT; undefined where the tool does not tell it. */
  readonly remainingMs?: number | undefined;
}

/** The rows of a tool's output whose local port is `port`; a row that cannot be understood is left out. */
export function parseSocketTable(source: PortSource, text: string, port: number): SocketRow[] {
  return parseSocketRows(source, text).filter((row) => row.port === port);
}

/** All rows of a tool's output; one that cannot be understood is left out. */
export function parseSocketRows(source: PortSource, text: string): SocketRow[] {
  const parseRow = {
    kernel: parseSsRow,
    ss: parseSsRow,
    proc: parseProcRow,
    lsof: parseLsofRow,
    netstat: parseNetstatRow,
  }[source];
  return text.split('\n').flatMap((line) => {
    const row = parseRow(line.trim().split(/\s+/));
    return row === undefined ? [] : [row];
  });
}

/** `ss -tane` writes some names of states in its own way; others are those of `netstat`. */
const ssStates: ReadonlyMap<string, string> = new Map([
  ['ESTAB', 'ESTABLISHED'],
  ['SYN-RECV', 'SYN_RECV'],
]);

/** A row of `ss -tane`: `LISTEN 0 1 127.0.0.1:7999 0.0.0.0:* uid:1000 ino:27964 sk:1 cgroup:/ <->`. */
function parseSsRow(words: readonly string[]): SocketRow | undefined {
  const [state = '', received, most, local = '', peer = '', ...details] = words;
  const end = splitAddress(local);
  if (end === undefined) return undefined;
  const detail = (name: string): string | undefined =>
    details.find((word) => word.startsWith(`${name}:`))?.slice(name.length + 1);
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
    received: Number(received),
    backlog: state === 'LISTEN' ? Number(most) : undefined,
    isIPv6Only: ipv6Only(detail('v6only')),
    remainingMs: timerMs(detail('timer')),
  };
}

function ipv6Only(word: string | undefined): boolean | undefined {
  return word === undefined ? undefined : word === '1';
}

/**
 * `(timewait,59sec,0)` as `print_ms_timer` of ss writes it: `1min`, `1min5sec`, `59sec`, `9.120ms` (seconds and
 * milliseconds), `120ms`.
 */
function timerMs(timer: string | undefined): number | undefined {
  const match = /^\(timewait,(?:(\d+)min)?(?:(\d+)sec|(?:(\d+)\.)?(\d+)ms)?,/.exec(timer ?? '');
  if (match === null) return undefined;
  const [minutes = 0, seconds = 0, shortSeconds = 0, milliseconds = 0] = match
    .slice(1)
    .map((digits) => Number(digits ?? 0));
  return (minutes * 60 + seconds + shortSeconds) * 1000 + milliseconds;
}

/** States of proc_net_tcp(5), in the order of their numbers from 1. */
const procStates = [
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
  'SYN_RECV',
];

/** proc_net_udp(5) has 7 for a socket without a peer; a TCP socket in that state (CLOSE) is in no table. */
const PROC_CLOSED = 7;

/** Ticks of /proc in a second, the same on all architectures of ours (USER_HZ). */
const TICKS_PER_SECOND = 100;

/**
 * A row of /proc/net/tcp, tcp6, udp or udp6: number, local, remote, state, queues, timer, retransmissions, uid,
 * time-out, inode.
 */
function parseProcRow(words: readonly string[]): SocketRow | undefined {
  const [number = '', local = '', remote = '', code = '', queues = '', timer = '', , uid, , inode] = words;
  const [end, peer] = [parseProcAddress(local), parseProcAddress(remote)];
  if (!/^\d+:$/.test(number) || end === undefined || peer === undefined) return undefined;
  const known = inode === '0' ? undefined : inode;
  const state = Number.parseInt(code, 16);
  // "tr tm->when" of a row in TIME_WAIT is 03 and the ticks that are left.
  const ticks = /^03:([0-9A-F]{8})$/i.exec(timer)?.[1];
  return {
    ...end,
    peer: joinAddress(peer.address, peer.port),
    state: state === PROC_CLOSED ? 'UNCONN' : (procStates[state - 1] ?? code),
    inode: known,
    uid: known === undefined ? undefined : Number(uid),
    pid: undefined,
    received: Number.parseInt(queues.split(':')[1] ?? '', 16),
    remainingMs: ticks === undefined ? undefined : (Number.parseInt(ticks, 16) * 1000) / TICKS_PER_SECOND,
  };
}

/**
 * A row of `lsof -nP -iTCP:7999`: command, PID, user, descriptor, type, device, size, `TCP` or `UDP`, `local->peer`,
 * and of TCP `(STATE)`.
 */
function parseLsofRow(words: readonly string[]): SocketRow | undefined {
  const [, pid = '', , , type, , , protocol, name = '', state = ''] = words;
  const [local = '', peer = '*:*'] = name.split('->');
  const end = splitAddress(local);
  const udpState = name.includes('->') ? 'ESTABLISHED' : 'UNCONN';
  if ((protocol !== 'TCP' && protocol !== 'UDP') || end === undefined || !/^\d+$/.test(pid)) return undefined;
  const anyAddress = type === 'IPv6' ? '::' : '0.0.0.0';
  return {
    address: end.address === '*' ? anyAddress : end.address,
    port: end.port,
    peer,
    state: protocol === 'UDP' ? udpState : state.replace(/[()]/g, ''),
    inode: undefined,
    uid: undefined,
    pid: Number(pid),
  };
}

/**
 * A row of `netstat -tanp` (Linux: last word `PID/name` or `-`) or of `netstat -an -p tcp` (BSD, macOS:
 * `127.0.0.1.7999`, no process).
 */
function parseNetstatRow(words: readonly string[]): SocketRow | undefined {
  const [protocol = '', , , local = '', peer = '', ...rest] = words;
  if (!protocol.startsWith('tcp') && !protocol.startsWith('udp')) return undefined;
  // A UDP socket without a peer has no word in that column.
  const [state = '', process = ''] =
    protocol.startsWith('udp') && rest[0] !== 'ESTABLISHED' ? ['UNCONN', rest[0]] : rest;
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
