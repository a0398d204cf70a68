import type { HeldSocket } from '../core/program-look.ts';
import type { ListenWay } from '../core/step-problem.ts';
import { isLoopback, joinAddress } from '../core/socket-address.ts';
import { say } from '../core/language/say.ts';

/** What a program should have open. */
export interface WantedPort {
  readonly port: number;
  /** Default `tcp`. */
  readonly protocol?: 'tcp' | 'udp' | undefined;
  /** Where clients look for it; undefined: on any address that other machines reach. */
  readonly address?: string | undefined;
  /** All ports of this protocol that it is expected to open at some time; one of these is no mistake. */
  readonly declared?: readonly number[] | undefined;
}

/** A socket, and of an IPv6 one whether it refuses IPv4 (IPV6_V6ONLY), where that is known. */
export interface OpenSocket extends Pick<HeldSocket, 'protocol' | 'state' | 'local'> {
  readonly isIPv6Only?: boolean | undefined;
  readonly isWaitedFor?: boolean | undefined;
}

/**
 * How a program has opened something else than was wanted. `loopback-only`: no other machine reaches it.
 * `other-address`: on other addresses of the machine. `ipv6-only`: clients use IPv4; `ipv4-only`: they use IPv6.
 * `other-protocol`: UDP instead of
 * TCP, or TCP instead of UDP. `byte-swapped`: htons(3) is missing. `other-port`: a port that nobody expects.
 * `system-chosen`: a port from the range from which the system takes one for a socket that did not ask for any.
 * `not-yet`: it has opened another one of its declared ports.
 */
export interface ListenerProblem<S extends OpenSocket = OpenSocket> {
  readonly kind: ListenWay;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  /** What it has open instead. */
  readonly seen: S;
}

/** Where Linux begins to choose ports (net.ipv4.ip_local_port_range). */
const FIRST_CHOSEN_PORT = 32_768;

/**
 * What a program has open instead of the port that it should listen on: the most telling one, by its sockets alone.
 * Undefined when it listens as wanted, and when nothing that it has open tells of a mistake. A program may open one
 * port after the other, so that what is true now need not stay so: where it waits for the socket that was seen
 * (`isWaitedFor`), it will.
 */
export function listenerProblem<S extends OpenSocket>(
  wanted: WantedPort,
  sockets: readonly S[],
): ListenerProblem<S> | undefined {
  const { port, protocol = 'tcp' } = wanted;
  const open = sockets
    .filter(isOpen)
    .toSorted((a, b) => Number(b.isWaitedFor ?? false) - Number(a.isWaitedFor ?? false));
  const here = open.filter(({ local }) => local.port === port);
  const problem = (kind: ListenWay, seen: S | undefined): ListenerProblem<S> | undefined =>
    seen && { kind, port, protocol, seen };
  const rightOnes = here.filter((socket) => socket.protocol === protocol);
  if (rightOnes.some((socket) => isReachedAt(socket, wanted.address))) return undefined;
  const narrow = rightOnes.find(({ local }) => !isLoopback(local.address)) ?? rightOnes[0];
  if (narrow !== undefined) return problem(narrowKind(narrow, wanted.address), narrow);
  const others = open.filter((socket) => socket.protocol === protocol);
  const undeclared = others.filter(({ local }) => !(wanted.declared ?? []).includes(local.port));
  return (
    problem('other-protocol', here[0]) ??
    problem(
      'byte-swapped',
      undeclared.find(({ local }) => local.port === swapBytes(port)),
    ) ??
    problem(
      'other-port',
      undeclared.find(({ local }) => local.port < FIRST_CHOSEN_PORT),
    ) ??
    // Each UDP socket that has only sent something has such a port.
    problem('system-chosen', protocol === 'tcp' ? undeclared[0] : undefined) ??
    problem(
      'not-yet',
      others.find((socket) => !undeclared.includes(socket)),
    )
  );
}

export interface ProblemWords {
  /** What the program did: a sentence without its stop. */
  readonly message: string;
  /** What to change: whole sentences. */
  readonly hint: string;
}

/** In words: what `who` did, and the cure. */
export function listenerProblemWords(who: string, problem: ListenerProblem): ProblemWords {
  const { kind, port, protocol, seen } = problem;
  const { address } = seen.local;
  return wordsOf[kind]({ who, port, protocol, seen, address, at: joinAddress(address, seen.local.port) });
}

interface Facts extends Omit<ListenerProblem, 'kind'> {
  readonly who: string;
  /** Address of the seen socket, and the same with its port. */
  readonly address: string;
  readonly at: string;
}

const wordsOf: Readonly<Record<ListenWay, (facts: Facts) => ProblemWords>> = {
  'loopback-only': ({ who, protocol, at, address }) => ({
    message:
      protocol === 'udp'
        ? say`${who} has UDP open on ${at} only; other machines cannot reach it`
        : say`${who} listens on ${at} only; other machines cannot reach it`,
    hint: say`Bind to ${anyAddress(address)} instead of ${address} or localhost.`,
  }),
  'other-address': ({ who, protocol, at, address }) => ({
    message:
      protocol === 'udp'
        ? say`${who} has UDP open on ${at} only, not on the machine's other addresses`
        : say`${who} listens on ${at} only, not on the machine's other addresses`,
    hint: say`Bind to ${anyAddress(address)}, or let clients use ${address}.`,
  }),
  'ipv6-only': ({ who, protocol, at }) => ({
    message:
      protocol === 'udp'
        ? say`${who} has UDP open on ${at} for IPv6 only; clients that use IPv4 cannot reach it`
        : say`${who} listens on ${at} for IPv6 only; clients that use IPv4 cannot reach it`,
    hint: say`Bind to 0.0.0.0 with a socket of AF_INET, or switch IPV6_V6ONLY off before bind.`,
  }),
  'ipv4-only': ({ who, protocol, at }) => ({
    message:
      protocol === 'udp'
        ? say`${who} has UDP open on ${at} for IPv4 only; clients that use IPv6 cannot reach it`
        : say`${who} listens on ${at} for IPv4 only; clients that use IPv6 cannot reach it`,
    hint: say`Let the clients use the IPv4 address, or bind to :: with a socket of AF_INET6.`,
  }),
  'other-protocol': ({ who, port, protocol, seen }) => ({
    message: say`${who} has ${portWords(seen.protocol, seen.local.port)} open, not ${portWords(protocol, port)}`,
    hint:
      protocol === 'tcp'
        ? say`A TCP server creates its socket with SOCK_STREAM and calls listen; SOCK_DGRAM is UDP.`
        : say`A UDP server creates its socket with SOCK_DGRAM and does not call listen; SOCK_STREAM is TCP.`,
  }),
  'byte-swapped': ({ who, protocol, port, seen }) => ({
    message:
      protocol === 'udp'
        ? say`${who} has UDP open on port ${withHex(seen.local.port)} instead of ${withHex(port)}: the two bytes of the port are swapped`
        : say`${who} listens on port ${withHex(seen.local.port)} instead of ${withHex(port)}: the two bytes of the port are swapped`,
    hint: say`Put the port into the address in network byte order: htons(${port}).`,
  }),
  'other-port': ({ who, protocol, port, seen }) => ({
    message:
      protocol === 'udp'
        ? say`${who} has UDP open on port ${seen.local.port} instead of ${port}`
        : say`${who} listens on port ${seen.local.port} instead of ${port}`,
    hint: say`Let the program bind to ${port}, or write ${seen.local.port} in the lab file and in its clients.`,
  }),
  'system-chosen': ({ who, port, seen }) => ({
    message: say`${who} listens on port ${seen.local.port} instead of ${port}: the system chose it`,
    hint: say`Call bind with port ${port} before listen: without bind, or with port 0, the system takes any free port.`,
  }),
  'not-yet': ({ who, protocol, port, seen }) => ({
    message:
      protocol === 'udp'
        ? say`${who} has UDP open on port ${seen.local.port}, but not yet on its port ${port}`
        : say`${who} listens on port ${seen.local.port}, but not yet on its port ${port}`,
    hint: say`Does it open ${port} only later, when a client asks for it? Then write it as { port: ${port}, later: true }.`,
  }),
};

/** Whether clients get to the socket: it listens for connections, or of UDP is connected to no one. */
export function isOpen({ protocol, state }: Pick<OpenSocket, 'protocol' | 'state'>): boolean {
  return protocol === 'tcp' ? state === 'listen' : state === 'unconnected';
}

/** Whether a client that looks for this address, or without one any other machine, gets to the socket. */
export function isReachedAt(socket: OpenSocket, wanted: string | undefined): boolean {
  // `192.168.100.4%eth0` is bound to that interface, too.
  const address = socket.local.address.replace(/%.*/, '');
  const isIPv4Client = wanted === undefined || !wanted.includes(':');
  if (address === '0.0.0.0') return isIPv4Client;
  if (address === '::') return !(isIPv4Client && socket.isIPv6Only === true);
  return wanted === undefined ? !isLoopback(address) && !address.includes(':') : address === wanted;
}

function narrowKind({ local: { address } }: OpenSocket, wanted: string | undefined): ListenWay {
  if (isLoopback(address)) return 'loopback-only';
  const [isIPv6, wantsIPv6] = [address.includes(':'), wanted?.includes(':') === true];
  if (isIPv6 === wantsIPv6) return 'other-address';
  return isIPv6 ? 'ipv6-only' : 'ipv4-only';
}

/** The port that a program gets which leaves htons(3) out on a little-endian machine. */
export function swapBytes(port: number): number {
  return ((port & 0xff) << 8) | (port >>> 8);
}

/** `7999 (0x1F3F)` */
function withHex(port: number): string {
  return `${port} (0x${port.toString(16).toUpperCase().padStart(4, '0')})`;
}

function portWords(protocol: 'tcp' | 'udp', port: number): string {
  return protocol === 'tcp' ? say`TCP port ${port}` : say`UDP port ${port}`;
}

/** All addresses of the machine, of the same kind as this one, as a program writes them. */
function anyAddress(address: string): string {
  return address.includes(':') ? say`'::' (all addresses)` : say`'' or 0.0.0.0 (all addresses)`;
}
