import { hasPort, portsOf, type ListenPort } from '../../core/listen-port.ts';
import { familyOf } from '../../core/address-family.ts';
import { describeHolder } from '../../core/port-holder.ts';
import { counted, say } from '../../core/language/say.ts';
import {
  isReachedAt,
  listenerProblem,
  listenerProblemWords,
  swapBytes,
  type ListenerProblem,
  type OpenSocket,
} from '../../ports/listens-otherwise.ts';
import { isLoopback, joinAddress } from '../../core/socket-address.ts';
import type { MachineProbe, ProbedSocket } from '../machine-probe.ts';
import { portText, type ReachFacts } from '../reach-facts.ts';
import type { ReachLink } from '../reach-report.ts';

type ListenerFacts = Omit<ReachFacts, 'holders'>;

/** A socket that is open on a machine, with what its table said. */
type MachineSocket = OpenSocket & { readonly row: ProbedSocket };

/**
 * What is open on the machine instead of the port. Programs of the lab's user and known mistakes count, not what else
 * serves a machine.
 */
export function otherListener(facts: ListenerFacts): ListenerProblem<MachineSocket> | undefined {
  const { port, protocol, address, target, lab, to } = facts;
  if (port === undefined || target?.sockets === undefined || address === undefined) return undefined;
  const wanted = { protocol, port };
  const declared = lab.programs.find(({ on, listens }) => on === to?.name && hasPort(listens, wanted))?.listens ?? [];
  const others = portsOfPrograms(facts).filter((one) => declared.length > 0 && !hasPort(declared, one));
  const telling = openSockets(target).filter(({ row, local }) => {
    if (local.port === port || local.port === swapBytes(port)) return true;
    return row.uid === target.uid && !hasPort(others, { protocol: row.protocol, port: local.port });
  });
  return listenerProblem({ port, protocol, address, declared: portsOf(protocol, declared) }, telling);
}

/** Whether a program listens at the address and port, and takes more connections. */
export function listenerLink(facts: ReachFacts): ReachLink {
  const { to, port, address, target, silence } = facts;
  if (to === undefined || address === undefined)
    return link('unknown', say`lab cannot look at what listens outside of its machines`);
  if (silence !== undefined || target === undefined) return link('unknown', say`${to.name} could not be asked`);
  if (target.sockets === undefined)
    return link('unknown', say`${to.name} has neither ss nor /proc/net to show its sockets with`);
  const problem = otherListener(facts);
  if (problem !== undefined) return byOtherFamily(facts, problem) ?? problemLink(facts, problem);
  const here = openSockets(target).filter(
    (socket) => socket.protocol === facts.protocol && socket.local.port === port && isReachedAt(socket, address),
  );
  return here.length === 0 ? nobody(facts) : listening(facts, here);
}

function listening(facts: ReachFacts, here: readonly MachineSocket[]): ReachLink {
  const { protocol, port } = facts;
  const who = holderOf(facts, port);
  const at = here.map(({ local }) => joinAddress(local.address, local.port)).join(', ');
  if (protocol === 'udp') return link('ok', say`${who} has UDP open on ${at}`);
  const [{ row }] = here as [MachineSocket];
  const [waiting, backlog] = [row.received ?? 0, row.backlog];
  // tcp(7): the queue holds one more than listen(2) was given.
  const isFull = backlog !== undefined && here.every((one) => (one.row.received ?? 0) > (one.row.backlog ?? 0));
  const queue =
    waiting === 1
      ? say`${counted(waiting, 'connection')} waits to be accepted`
      : say`${counted(waiting, 'connection')} wait to be accepted`;
  const room = backlog === undefined ? '' : ` (backlog ${backlog})`;
  if (!isFull) return link('ok', say`${who} listens on ${at}` + (waiting > 0 ? `; ${queue}${room}` : ''));
  return link(
    'broken',
    say`${who} listens on ${at}, but its queue is full: ${queue}${room}, and further clients get no answer`,
    {
      cure: say`The server does not call accept for them: let it accept each client, in a loop or a thread, or end the clients that wait. A larger number in listen makes the queue longer.`,
    },
  );
}

/** A name that stands for addresses of both families leads to a server of one of them, if the client tries each. */
function byOtherFamily(facts: ReachFacts, problem: ListenerProblem<MachineSocket>): ReachLink | undefined {
  const { source, isAddress, address = '', host } = facts;
  const { kind, seen } = problem;
  if (isAddress || (kind !== 'ipv4-only' && kind !== 'ipv6-only')) return undefined;
  const other = source.names?.find((one) => familyOf(one) !== familyOf(address) && isReachedAt(seen, one));
  if (other === undefined) return undefined;
  const { message } = listenerProblemWords(holderOf(facts, seen.local.port), problem);
  return link('ok', say`${message}; ${host} is ${other}, too, and a client gets there that tries each address`);
}

function problemLink(facts: ReachFacts, problem: ListenerProblem<MachineSocket>): ReachLink {
  const { port, protocol, to, lab } = facts;
  const place = placeText(facts);
  const { seen, kind } = problem;
  const who = holderOf(facts, seen.local.port);
  const plain: ListenerProblem = { ...problem, seen: plainSocket(seen) };
  const expected = lab.programs.find(
    ({ on, listens }) => on === to?.name && hasPort(listens, { protocol, port: seen.local.port }),
  );
  if (expected === undefined || seen.local.port === port) {
    const { message, hint } = listenerProblemWords(who, problem);
    const nobodyThere = seen.local.port === port ? '' : say`nobody has ${place}; `;
    return link('broken', `${nobodyThere}${message}`, { cure: hint, problem: plain });
  }
  // What listens does so as it should: the one who asks has the wrong port.
  const its = seen.local.port;
  const found =
    protocol === 'udp'
      ? say`nobody has ${place}; ${who} has UDP open on port ${its}`
      : say`nobody has ${place}; ${who} listens on port ${its}`;
  const cure =
    kind === 'byte-swapped'
      ? say`${port ?? ''} is ${its} with its two bytes swapped: let the client use htons(${its}).`
      : say`Let the client use port ${its}, which is the port of ${expected.name}.`;
  return link('broken', found, { cure, problem: plain });
}

function nobody(facts: ReachFacts): ReachLink {
  const { port, protocol, to, from, address, lab, holders } = facts;
  const wanted = { protocol, port: port ?? 0 };
  const [bound] = holders?.bound ?? [];
  if (bound !== undefined) {
    return link('broken', say`${describeHolder(bound)} has bound ${placeText(facts)}, but does not listen`, {
      cure: say`Call listen after bind.`,
    });
  }
  const elsewhere = lab.programs.find(({ on, listens }) => on !== to?.name && hasPort(listens, wanted));
  if (to?.name === from && isLoopback(address ?? '') && elsewhere !== undefined) {
    return link('broken', say`nobody has ${portText(facts)} of ${from} itself, which ${address ?? ''} stands for`, {
      cure: say`${elsewhere.name} listens on ${elsewhere.on}: let the client use the name ${elsewhere.on}.`,
    });
  }
  const program = lab.programs.find(({ on, listens }) => on === to?.name && hasPort(listens, wanted));
  const name = program === undefined ? say`the server` : program.name;
  const isUdp = protocol === 'udp';
  const seen = isUdp ? say`nobody has ${placeText(facts)}` : say`nobody listens on ${placeText(facts)}`;
  const look = `lab exec ${to?.name} -- ss -${isUdp ? 'u' : 't'}ln`;
  return link('broken', seen, { cure: say`Start ${name} first, and see whether it still runs: ${look}` });
}

/** `port 7999 of vm1`. */
function placeText(facts: ReachFacts): string {
  return say`${portText(facts)} of ${facts.to?.name ?? '?'}`;
}

function holderOf({ holders, to }: ReachFacts, port: number | undefined): string {
  const [holder] = holders?.port === port ? (holders?.holders ?? []) : [];
  return holder === undefined ? say`a program on ${to?.name ?? '?'}` : describeHolder(holder);
}

function openSockets({ sockets }: MachineProbe): MachineSocket[] {
  return (sockets ?? []).map((row) => ({
    protocol: row.protocol,
    state: row.protocol === 'tcp' ? 'listen' : 'unconnected',
    local: { address: row.address, port: row.port },
    isIPv6Only: row.isIPv6Only,
    row,
  }));
}

function plainSocket({ protocol, state, local, isIPv6Only }: MachineSocket): OpenSocket {
  return { protocol, state, local, ...(isIPv6Only === undefined ? {} : { isIPv6Only }) };
}

function portsOfPrograms({ lab, to }: ListenerFacts): readonly ListenPort[] {
  return lab.programs.filter(({ on }) => on === to?.name).flatMap(({ listens }) => listens);
}

function link(
  state: ReachLink['state'],
  seen: string,
  more: Pick<ReachLink, 'problem'> & { readonly cure?: string } = {},
): ReachLink {
  return { link: 'listener', state, seen, ...more };
}
