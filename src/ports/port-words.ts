import { describeHolder } from '../core/port-holder.ts';
import { isRefused } from './bind-answer.ts';
import type { PortReport } from './port-report.ts';
import { isLoopback } from '../core/socket-address.ts';
import { say } from '../core/language/say.ts';

/** `port 7999 of vm1`, `UDP port 5353 of vm1`. */
export function portName({ port, protocol, machine }: Pick<PortReport, 'port' | 'protocol' | 'machine'>): string {
  return protocol === 'udp' ? say`UDP port ${port} of ${machine}` : say`port ${port} of ${machine}`;
}

const IN_USE = say`EADDRINUSE ("Address already in use")`;

/** Linux keeps a connection in TIME_WAIT for so long (TCP_TIMEWAIT_LEN of include/net/tcp.h). */
const TIME_WAIT_SECONDS = 60;

/**
 * In words, why bind(2) of a server fails though no process listens, until when, and what to do; undefined when there
 * is nothing to say.
 */
export function explainPort(report: PortReport): string | undefined {
  const { holders, state, bound, connections, bind } = report;
  if (holders.length > 0) return narrowHolders(report);
  if (state === 'forbidden') return forbidden(report);
  const sentences = [
    bound.length > 0 ? explainBound(report) : undefined,
    connections.length > 0 ? explainConnections(report) : undefined,
    explainTimeWait(report),
  ];
  const known = sentences.filter((sentence) => sentence !== undefined);
  if (bind === undefined && state === 'free')
    return say`${report.machine} has neither Perl nor Python 3 to try bind(2) with: a socket that is bound and does not listen would not show.`;
  if (state === 'busy' && known.length === 0) {
    return say`Trying it out with bind(2) gets ${IN_USE}, and no socket shows on this machine: it may belong to a container, or have gone since. Look again, or give your program another port.`;
  }
  if (bind !== undefined && state === 'busy' && !isRefused(bind, 'reuse'))
    known.push(say`A server that sets SO_REUSEADDR can still have the port; one that does not gets ${IN_USE}.`);
  return known.length === 0 ? undefined : known.join(' ');
}

/**
 * In words, what the TIME_WAIT rows of a report mean and why nothing is killed for them (RFC 9293, section 3.6.1);
 * undefined when there are none.
 */
export function explainTimeWait(report: PortReport): string | undefined {
  const { port, machine, timeWait } = report;
  if (timeWait.length === 0) return undefined;
  const [one, second] = timeWait;
  const what =
    one !== undefined && second === undefined
      ? say`One connection (${one.local} with ${one.peer}) on port ${port} of ${machine} ended less than a minute ago and is in TIME_WAIT:`
      : say`${timeWait.length} connections on port ${port} of ${machine} ended less than a minute ago and are in TIME_WAIT:`;
  const why = say`this side closed first, so its kernel remembers the pair of addresses until no late segment can be mistaken for a new connection.`;
  const nothing = say`No process holds the port, so there is nothing to kill.`;
  return `${what} ${why} ${nothing} ${whoMayBind(report)}`;
}

function whoMayBind({ timeWait, bind }: PortReport): string {
  const longestMs = Math.max(...timeWait.map(({ remainingMs }) => remainingMs ?? Number.NaN));
  const wait = Number.isNaN(longestMs)
    ? say`up to ${TIME_WAIT_SECONDS} s`
    : say`another ${Math.ceil(longestMs / 1000)} s`;
  // Linux lets a new socket share the port only when both it and the one before have set it (inet_csk_bind_conflict).
  if (bind !== undefined && isRefused(bind, 'reuse')) {
    const refused = say`The socket that closed had not set SO_REUSEADDR, so no server gets the port for ${wait}, not even one that sets it.`;
    const cure = say`Wait, or give your program another port; let the server set SO_REUSEADDR before bind to be spared this.`;
    return `${refused} ${cure}`;
  }
  return say`A server that sets SO_REUSEADDR (ours do) can listen at once; any other gets ${IN_USE} and has to wait ${wait}.`;
}

function explainBound({ machine, bound }: PortReport): string {
  const who = [...new Set(bound.map(describeHolder))].join(', ');
  const pids = [...new Set(bound.flatMap(({ pid }) => (pid === undefined ? [] : [pid])))].join(' ');
  const bind = say`The port is bound by ${who}, which does not listen: a server that has not come to listen(2), or a client that is about to connect.`;
  const cure =
    pids === ''
      ? say`lab ends only what listens.`
      : say`lab ends only what listens; by hand: lab exec ${machine} -- kill ${pids}.`;
  return `${bind} ${cure}`;
}

const MOST_LISTED = 3;

function explainConnections({ connections }: PortReport): string {
  const list = connections.slice(0, MOST_LISTED).map(({ local, peer, state, process }) => {
    const who =
      process === undefined ? say`the kernel, for a process that does not show or has ended` : describeHolder(process);
    return say`${local} with ${peer}, ${state}, of ${who}`;
  });
  const [first, second] = list;
  if (first !== undefined && second === undefined)
    return `${say`A connection uses the port as its own end: ${first}.`} ${say`That is no server, so lab does not end it; the port is free when it closes.`}`;
  const more = connections.length - MOST_LISTED;
  const what =
    more > 0
      ? say`Connections use the port as its own end: ${list.join('; ')}, and ${more} more.`
      : say`Connections use the port as its own end: ${list.join('; ')}.`;
  return `${what} ${say`That is no server, so lab does not end them; the port is free when they close.`}`;
}

/** Where the port is held on some addresses only, what a server on others would get. */
function narrowHolders({ holders, bind }: PortReport): string | undefined {
  const addresses = [...new Set(holders.map(({ address }) => address))];
  if (bind?.ipv4?.reuse === 'ok' && bind.ipv4.plain === 'ok') {
    const free = say`It is held on IPv6 only: a server on 0.0.0.0 (IPv4) can have it; one on :: cannot.`;
    return addresses.every(isLoopback) ? `${free} ${say`Other machines cannot reach it there.`}` : free;
  }
  if (addresses.some((address) => address === '0.0.0.0' || address === '::')) return undefined;
  const held = say`It is held on ${addresses.join(', ')} only.`;
  const others = addresses.every(isLoopback)
    ? say`Other machines cannot reach it there; a server that binds to another address of the machine can have it; one that binds to this one or to all of them gets ${IN_USE}.`
    : say`A server that binds to another address of the machine can have it; one that binds to this one or to all of them gets ${IN_USE}.`;
  return `${held} ${others}`;
}

function forbidden({ port, bind }: PortReport): string {
  const account = bind?.account ?? say`this user`;
  const what =
    port < 1024
      ? say`Nobody has it, but bind(2) refuses it to ${account} with EACCES ("Permission denied"): ports below 1024 are for root (net.ipv4.ip_unprivileged_port_start).`
      : say`Nobody has it, but bind(2) refuses it to ${account} with EACCES ("Permission denied").`;
  return `${what} ${say`Give your program a port from 1024 on, or start it with sudo.`}`;
}
