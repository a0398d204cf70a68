import type { TracedConversation } from '../../packets/capture-reading.ts';
import { isRepetition } from '../../packets/tcp/segment-marks.ts';
import { lacksText, type Conversation, type Endpoint, type Segment, type Side } from '../../packets/conversation.ts';
import type { PacketFinding, PacketName, PacketWish } from '../../core/packet-problem.ts';
import type { Pattern } from '../../lab/types.ts';
import { findPattern, patternText } from '../../lab/pattern.ts';
import type { PacketMisfit } from '../packets/packet-misfit.ts';

/** What TCP must have done, in the words of the course. What is undefined is not looked at. */
export interface TcpExpectation {
  /** Only connections to this port. */
  readonly port?: number | undefined;
  /** How many connections were established. */
  readonly connections?: number | undefined;
  /** `true`: every attempt to connect succeeded; `false`: none did. */
  readonly handshake?: boolean | undefined;
  /** How each connection ended. With the kind `fin`, both ends must have closed. */
  readonly close?:
    { readonly by: Conversation['close']['by']; readonly kind: Conversation['close']['kind'] | undefined } | undefined;
  /** Who sent a RST. */
  readonly reset?: 'none' | 'any' | Side | undefined;
  /** How many segments were sent again, in all connections. */
  readonly retransmissions?: number | 'some' | undefined;
  /** How many segments told the other end to send nothing more (RFC 9293, 3.8.6), in all connections. */
  readonly 'zero-windows'?: number | 'some' | undefined;
  /** What one of the connections carried. */
  readonly payload?: readonly { readonly side: Side; readonly pattern: Pattern }[] | undefined;
}

/** Compares the conversations so far with what is expected. Empty when all is met. */
export function checkTcp(expectation: TcpExpectation, traced: readonly TracedConversation[]): PacketMisfit[] {
  const { port } = expectation;
  const chosen = port === undefined ? traced : traced.filter(({ conversation }) => conversation.server.port === port);
  const conversations = chosen.map(({ conversation }) => conversation);
  return [
    ...checkConnections(expectation, conversations),
    ...checkHandshake(expectation, conversations),
    ...checkClose(expectation, conversations),
    ...checkReset(expectation, conversations),
    ...checkSegments({ kind: 'retransmissions', count: expectation.retransmissions }, isSentAgain, conversations),
    ...checkSegments({ kind: 'zero-windows', count: expectation['zero-windows'] }, isStop, conversations),
    ...checkPayload(expectation, chosen),
  ];
}

const nobody: PacketFinding = { kind: 'nobody' };

function checkConnections({ connections }: TcpExpectation, all: readonly Conversation[]): PacketMisfit[] {
  const made = all.filter(isMade);
  if (connections === undefined || made.length === connections) return [];
  const first = made.slice(0, 5).map(({ client, segments }) => ({ end: endText(client), packet: segments[0]!.packet }));
  const found: PacketFinding = made.length === 0 ? nobody : { kind: 'connections', count: made.length, first };
  return [{ wanted: { kind: 'connections', count: connections }, found, isFinal: made.length > connections }];
}

/** Its handshake is complete, or was before the capture began. */
function isMade({ handshake, sidesKnownBy }: Conversation): boolean {
  return handshake.complete || sidesKnownBy !== 'syn';
}

function checkHandshake({ handshake: wanted }: TcpExpectation, all: readonly Conversation[]): PacketMisfit[] {
  if (wanted === undefined) return [];
  if (!wanted) {
    return all
      .filter(isMade)
      .slice(0, 1)
      .map((made) => ({
        wanted: { kind: 'no-connection' },
        found: { kind: 'connected', end: endText(made.client), packet: packetAt(made, made.handshake.ack) },
        isFinal: true,
      }));
  }
  const expected: PacketWish = { kind: 'handshake' };
  if (all.length === 0) return [{ wanted: expected, found: nobody, isFinal: false }];
  return all
    .filter((conversation) => !isMade(conversation))
    .slice(0, 1)
    .map((conversation) => ({
      wanted: expected,
      found: incomplete(conversation),
      isFinal: conversation.handshake.refused,
    }));
}

function incomplete(conversation: Conversation): PacketFinding {
  const { handshake, close, server } = conversation;
  if (handshake.refused)
    return {
      kind: 'refused',
      place: `${server.address}:${server.port}`,
      packet: packetAt(conversation, close.rst?.packet),
    };
  const last = handshake.synAck ?? handshake.syn;
  const lacks = handshake.synAck === undefined ? 'SYN ACK' : 'ACK';
  return { kind: 'unanswered', lacks, packet: packetAt(conversation, last) };
}

function checkClose({ close: wanted }: TcpExpectation, all: readonly Conversation[]): PacketMisfit[] {
  if (wanted === undefined) return [];
  const wish: PacketWish = { kind: 'close', by: wanted.by, how: wanted.kind };
  const made = all.filter(isMade);
  if (made.length === 0) return [{ wanted: wish, found: nobody, isFinal: false }];
  return made
    .flatMap((conversation) => closeFinding(conversation, wanted))
    .slice(0, 1)
    .map(({ found, isFinal }) => ({ wanted: wish, found, isFinal }));
}

function closeFinding(
  conversation: Conversation,
  wanted: NonNullable<TcpExpectation['close']>,
): Omit<PacketMisfit, 'wanted'>[] {
  const { close, segments } = conversation;
  const fins = [close.fin.client, close.fin.server].filter((packet) => packet !== undefined).toSorted((a, b) => a - b);
  const first = packetNumbered(conversation, close.kind === 'rst' ? close.rst?.packet : fins[0]);
  if (first === undefined) {
    return wanted.kind === 'open'
      ? []
      : [{ found: { kind: 'open', packet: packetName(conversation, segments.at(-1)) }, isFinal: false }];
  }
  // A FIN may still be followed by a RST, so only what cannot change is final.
  if (wanted.kind !== undefined && wanted.kind !== close.kind)
    return [
      {
        found: { kind: 'ended', packet: packetName(conversation, first) },
        isFinal: close.kind === 'rst' || wanted.kind === 'open' || close.complete,
      },
    ];
  if (wanted.by !== undefined && wanted.by !== close.by) {
    const packet = packetName(conversation, first);
    // Whether a second FIN crosses the first shows only when it comes.
    const isSettled = wanted.by !== 'both' || fins.length === 2;
    return [
      {
        found:
          close.by === 'both'
            ? { kind: 'ended-by-both', packet, other: packetAt(conversation, fins[1]) }
            : { kind: 'ended', packet },
        isFinal: isSettled && (wanted.kind !== 'rst' || close.kind === 'rst'),
      },
    ];
  }
  if (wanted.kind !== 'fin' || close.complete) return [];
  const missing = close.fin.client === undefined ? 'client' : 'server';
  const found: PacketFinding =
    close.fin[missing] === undefined
      ? { kind: 'no-fin', side: missing, packet: packetName(conversation, first) }
      : { kind: 'fin-not-acknowledged', packet: packetName(conversation, segments.at(-1)) };
  return [{ found, isFinal: false }];
}

function checkReset({ reset }: TcpExpectation, all: readonly Conversation[]): PacketMisfit[] {
  if (reset === undefined) return [];
  const sent = all.flatMap((conversation) =>
    conversation.segments.filter(({ flags }) => flags.includes('RST')).map((segment) => ({ conversation, segment })),
  );
  const first = sent[0] && packetOf(sent[0].conversation, sent[0].segment);
  const wanted: PacketWish = { kind: 'reset', by: reset };
  if (reset === 'none')
    return first === undefined ? [] : [{ wanted, found: { kind: 'packet', packet: first }, isFinal: true }];
  if (reset === 'any' ? first !== undefined : sent.some(({ segment }) => segment.from === reset)) return [];
  const found: PacketFinding = first === undefined ? { kind: 'none' } : { kind: 'packet', packet: first, isOnly: true };
  return [{ wanted, found, isFinal: false }];
}

function isSentAgain({ marks }: Segment): boolean {
  return marks.some(isRepetition);
}

/** Not a RST, whose window says nothing. */
function isStop({ marks }: Segment): boolean {
  return marks.includes('zero-window');
}

/** Counts the segments of a kind. */
function checkSegments(
  { kind, count }: { readonly kind: 'retransmissions' | 'zero-windows'; readonly count: number | 'some' | undefined },
  isOne: (segment: Segment) => boolean,
  all: readonly Conversation[],
): PacketMisfit[] {
  if (count === undefined) return [];
  const sent = all.flatMap((conversation) =>
    conversation.segments.filter(isOne).map((segment) => ({ conversation, segment })),
  );
  if (count === 'some' ? sent.length > 0 : sent.length === count) return [];
  const first = sent.slice(0, 3).map(({ conversation, segment }) => packetOf(conversation, segment));
  const found: PacketFinding = sent.length === 0 ? { kind: 'none' } : { kind: 'packets', count: sent.length, first };
  const isFinal = typeof count === 'number' && sent.length > count;
  return [{ wanted: { kind, count }, found, isFinal }];
}

function checkPayload({ payload = [] }: TcpExpectation, traced: readonly TracedConversation[]): PacketMisfit[] {
  return payload.flatMap(({ side, pattern }) => {
    const texts = traced.map((one) => new TextDecoder().decode(one.payload(side).bytes));
    if (texts.some((text) => findPattern(pattern, text, 0) !== undefined)) return [];
    const wanted: PacketWish = { kind: 'payload', side, pattern: patternText(pattern) };
    return [{ wanted, found: sentBy(side, traced, texts), isFinal: false }];
  });
}

/** The end of what a side sent, and which packets carried it. */
function sentBy(side: Side, traced: readonly TracedConversation[], texts: readonly string[]): PacketFinding {
  const [{ conversation } = { conversation: undefined }] = traced;
  if (conversation === undefined) return nobody;
  const carriers = conversation.segments.filter(({ from, length }) => from === side && length > 0);
  if (carriers.length === 0) return { kind: 'sent-nothing', side };
  const [first, last] = [carriers[0]!, carriers.at(-1)!];
  const text = texts[0]!.slice(-200);
  return {
    kind: 'sent',
    firstPacket: first.packet,
    lastPacket: last.packet,
    text,
    ...(text.length < texts[0]!.length ? { isCutBefore: true } : {}),
    ...(last.truncated && lacksText(last) ? { isCutAfter: true } : {}),
  };
}

function packetAt(conversation: Conversation, number: number | undefined): PacketName | undefined {
  return packetName(conversation, packetNumbered(conversation, number));
}

function packetNumbered({ segments }: Conversation, number: number | undefined): Segment | undefined {
  return segments.find(({ packet }) => packet === number);
}

/** Undefined for a packet before the capture. */
function packetName(conversation: Conversation, segment: Segment | undefined): PacketName | undefined {
  return segment && packetOf(conversation, segment);
}

function packetOf({ startMs }: Conversation, { packet, flags, from, timeMs }: Segment): PacketName {
  return { number: packet, flags: flags.join(' '), from, afterMs: timeMs - startMs };
}

function endText({ machine, address, port }: Endpoint): string {
  return `${machine ?? address}:${port}`;
}
