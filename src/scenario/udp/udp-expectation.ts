import type {
  CountRange,
  DatagramErrorName,
  DatagramName,
  PacketFinding,
  PacketWish,
} from '../../core/packet-problem.ts';
import type { Pattern } from '../../lab/types.ts';
import { findPattern, patternText } from '../../lab/pattern.ts';
import type { Side } from '../../packets/conversation.ts';
import type {
  Datagram,
  DatagramConversation,
  DatagramError,
  DatagramMark,
} from '../../packets/udp/datagram-conversation.ts';
import type { PacketMisfit } from '../packets/packet-misfit.ts';
import { isInRange } from './count-range.ts';

/** What UDP must have done. What is undefined is not looked at. */
export interface UdpExpectation {
  /** Only datagrams to and from this port of a server. */
  readonly port?: number | undefined;
  /** Only those between a server and the clients on this machine. */
  readonly from?: string | undefined;
  /** How many each side sent; what came twice counts once. */
  readonly datagrams?: { readonly [side in Side]?: CountRange | undefined } | undefined;
  /** How many datagrams of the client were answered. */
  readonly answered?: CountRange | undefined;
  readonly lost?: CountRange | undefined;
  readonly duplicated?: CountRange | undefined;
  readonly reordered?: CountRange | undefined;
  readonly fragmented?: CountRange | undefined;
  /** Errors of ICMP that a datagram did not arrive. */
  readonly unreachable?: CountRange | undefined;
  /** What one of the datagrams carried. */
  readonly payload?: readonly { readonly side: Side; readonly pattern: Pattern }[] | undefined;
}

const sides: readonly Side[] = ['client', 'server'];

/** What can be seen of a datagram, by the name that it has in a step. */
export const fates = {
  lost: 'lost',
  duplicated: 'duplicate',
  reordered: 'reordered',
  fragmented: 'fragmented',
} as const satisfies Record<string, DatagramMark>;

export type Fate = keyof typeof fates;
export const fateNames = Object.keys(fates) as readonly Fate[];

/** Compares the datagrams so far with what is expected. Empty when all is met. */
export function checkUdp(expectation: UdpExpectation, all: readonly DatagramConversation[]): PacketMisfit[] {
  const chosen = chosenOf(expectation, all);
  return [
    ...sides.flatMap((side) => checkCount(side, expectation, chosen)),
    ...checkAnswered(expectation, chosen),
    ...fateNames.flatMap((fate) => checkFate(fate, expectation, chosen)),
    ...checkErrors(expectation, chosen),
    ...checkPayload(expectation, chosen),
  ];
}

/** Whether it asks for what was lost or overtaken, and that is not known of some of them: only one end was captured. */
export function lacksLosses(expectation: UdpExpectation, all: readonly DatagramConversation[]): boolean {
  const asks = expectation.lost !== undefined || expectation.reordered !== undefined;
  return asks && chosenOf(expectation, all).some(({ isSeenAtBothEnds }) => !isSeenAtBothEnds);
}

function chosenOf({ port, from }: UdpExpectation, all: readonly DatagramConversation[]): DatagramConversation[] {
  return all.filter(
    ({ client, server }) =>
      (port === undefined || server.port === port) && (from === undefined || client.machine === from),
  );
}

/** A datagram with what is told of it. */
interface Sent {
  readonly conversation: DatagramConversation;
  readonly datagram: Datagram;
}

function sentIn(all: readonly DatagramConversation[]): Sent[] {
  return all.flatMap((conversation) => conversation.datagrams.map((datagram) => ({ conversation, datagram })));
}

function sentBy(side: Side, all: readonly DatagramConversation[]): Sent[] {
  return sentIn(all).filter(({ datagram: { from, marks } }) => from === side && !marks.includes('duplicate'));
}

function checkCount(side: Side, { datagrams }: UdpExpectation, all: readonly DatagramConversation[]): PacketMisfit[] {
  const count = datagrams?.[side];
  const sent = sentBy(side, all);
  if (count === undefined || isInRange(sent.length, count)) return [];
  return [{ wanted: { kind: 'datagrams', side, count }, found: foundOf(sent, all), isFinal: isTooMany(sent, count) }];
}

function checkAnswered({ answered }: UdpExpectation, all: readonly DatagramConversation[]): PacketMisfit[] {
  const asked = sentBy('client', all);
  const unanswered = asked.filter(({ datagram }) => datagram.answeredBy === undefined);
  const count = asked.length - unanswered.length;
  if (answered === undefined || isInRange(count, answered)) return [];
  const found: PacketFinding =
    asked.length === 0
      ? { kind: 'no-datagrams' }
      : { kind: 'answered', count, of: asked.length, unanswered: namesOf(unanswered) };
  // Which answer belongs to which question may still show otherwise.
  return [{ wanted: { kind: 'answered', count: answered }, found, isFinal: false }];
}

function checkFate(fate: Fate, expectation: UdpExpectation, all: readonly DatagramConversation[]): PacketMisfit[] {
  const count = expectation[fate];
  const seen = sentIn(all).filter(({ datagram: { marks } }) => marks.includes(fates[fate]));
  if (count === undefined || isInRange(seen.length, count)) return [];
  // What seems lost may be under way.
  const isFinal = fate !== 'lost' && isTooMany(seen, count);
  return [{ wanted: { kind: 'datagram-fate', fate, count }, found: foundOf(seen, all), isFinal }];
}

function checkErrors({ unreachable }: UdpExpectation, all: readonly DatagramConversation[]): PacketMisfit[] {
  const errors = all.flatMap((conversation) => conversation.errors.map((error) => ({ conversation, error })));
  if (unreachable === undefined || isInRange(errors.length, unreachable)) return [];
  const wanted: PacketWish = { kind: 'unreachable', count: unreachable };
  const first = errors.slice(0, MOST_NAMED).map(({ conversation, error }) => errorName(conversation, error));
  const found: PacketFinding =
    errors.length === 0
      ? all.length === 0
        ? { kind: 'no-datagrams' }
        : { kind: 'none' }
      : { kind: 'datagram-errors', count: errors.length, first };
  return [{ wanted, found, isFinal: isTooMany(errors, unreachable) }];
}

function checkPayload({ payload = [] }: UdpExpectation, all: readonly DatagramConversation[]): PacketMisfit[] {
  return payload.flatMap(({ side, pattern }) => {
    const sent = sentBy(side, all);
    if (sent.some(({ datagram: { text } }) => findPattern(pattern, text, 0) !== undefined)) return [];
    const wanted: PacketWish = { kind: 'payload', side, pattern: patternText(pattern) };
    return [{ wanted, found: payloadFound(side, sent, all), isFinal: false }];
  });
}

function payloadFound(side: Side, sent: readonly Sent[], all: readonly DatagramConversation[]): PacketFinding {
  const [first, last] = [sent[0]?.datagram, sent.at(-1)?.datagram];
  if (first === undefined || last === undefined)
    return all.length === 0 ? { kind: 'no-datagrams' } : { kind: 'sent-nothing', side };
  return { kind: 'sent', firstPacket: last.packet, lastPacket: last.packet, text: last.text };
}

function foundOf(sent: readonly Sent[], all: readonly DatagramConversation[]): PacketFinding {
  if (all.length === 0) return { kind: 'no-datagrams' };
  return sent.length === 0 ? { kind: 'none' } : { kind: 'datagrams', count: sent.length, first: namesOf(sent) };
}

const MOST_NAMED = 5;

function namesOf(sent: readonly Sent[]): DatagramName[] {
  return sent
    .slice(0, MOST_NAMED)
    .map(({ conversation, datagram: { packet, from, length, timeMs } }) => ({
      number: packet,
      from,
      length,
      afterMs: timeMs - conversation.startMs,
    }));
}

function errorName(
  { server, client }: DatagramConversation,
  { message: { packet, from, reason, cited } }: DatagramError,
): DatagramErrorName {
  const isToClient = cited?.to.address === client.address && cited.destinationPort === client.port;
  const { machine, address, port } = isToClient ? client : server;
  return {
    packet,
    by: from.machine ?? from.address,
    reason: reason ?? 'other',
    place: `${machine ?? address}:${port}`,
  };
}

function isTooMany(seen: readonly unknown[], { most = Infinity }: CountRange): boolean {
  return seen.length > most;
}
