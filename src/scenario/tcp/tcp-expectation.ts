import type { TracedConversation } from '../../packets/capture-reading.ts';
import { isRepetition } from '../../packets/tcp/segment-marks.ts';
import { lacksText, type Conversation, type Endpoint, type Segment, type Side } from '../../packets/conversation.ts';
import { countOf, formatDuration } from '../../core/text/amounts.ts';
import type { Pattern } from '../../lab/types.ts';
import { findPattern, patternText } from '../../lab/pattern.ts';

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
  /** What one of the connections carried. */
  readonly payload?: readonly { readonly side: Side; readonly pattern: Pattern }[] | undefined;
}

/** A part of an expectation that the packets do not meet. */
export interface TcpFinding {
  /** As it follows "expected". */
  readonly expected: string;
  /** What is there instead; names the packet. */
  readonly seen: string;
  /** No later packet can change it. */
  readonly isFinal: boolean;
}

/** Compares the conversations so far with what is expected. Empty when all is met. */
export function checkTcp(expectation: TcpExpectation, traced: readonly TracedConversation[]): TcpFinding[] {
  const { port } = expectation;
  const chosen = port === undefined ? traced : traced.filter(({ conversation }) => conversation.server.port === port);
  const conversations = chosen.map(({ conversation }) => conversation);
  return [
    ...checkConnections(expectation, conversations),
    ...checkHandshake(expectation, conversations),
    ...checkClose(expectation, conversations),
    ...checkReset(expectation, conversations),
    ...checkRetransmissions(expectation, conversations),
    ...checkPayload(expectation, chosen),
  ];
}

const NOBODY = 'the capture has no connection';

function checkConnections({ connections }: TcpExpectation, all: readonly Conversation[]): TcpFinding[] {
  const made = all.filter(isMade);
  if (connections === undefined || made.length === connections) return [];
  const list = made.map(({ client, segments }) => `from ${endText(client)} (packet ${segments[0]!.packet})`);
  const seen = made.length === 0 ? NOBODY : thereAre(list, 5);
  return [{ expected: countOf(connections, 'connection'), seen, isFinal: made.length > connections }];
}

/** Its handshake is complete, or was before the capture began. */
function isMade({ handshake, sidesKnownBy }: Conversation): boolean {
  return handshake.complete || sidesKnownBy !== 'syn';
}

function checkHandshake({ handshake: wanted }: TcpExpectation, all: readonly Conversation[]): TcpFinding[] {
  if (wanted === undefined) return [];
  if (!wanted) {
    return all
      .filter(isMade)
      .slice(0, 1)
      .map((made) => ({
        expected: 'no connection to come about',
        seen: `${endText(made.client)} connected: ${packetAt(made, made.handshake.ack)} completes the handshake`,
        isFinal: true,
      }));
  }
  const expected = 'a complete handshake';
  if (all.length === 0) return [{ expected, seen: NOBODY, isFinal: false }];
  return all
    .filter((conversation) => !isMade(conversation))
    .slice(0, 1)
    .map((conversation) => ({ expected, seen: incompleteText(conversation), isFinal: conversation.handshake.refused }));
}

function incompleteText(conversation: Conversation): string {
  const { handshake, close, server } = conversation;
  const refusal = `refuses the connection, as where nothing listens on ${server.address}:${server.port}`;
  if (handshake.refused) return `${packetAt(conversation, close.rst?.packet)} ${refusal}`;
  const last = handshake.synAck ?? handshake.syn;
  return `${handshake.synAck === undefined ? 'no SYN ACK' : 'no ACK'} follows ${packetAt(conversation, last)}`;
}

function checkClose({ close: wanted }: TcpExpectation, all: readonly Conversation[]): TcpFinding[] {
  if (wanted === undefined) return [];
  const expected = closeWords(wanted);
  const made = all.filter(isMade);
  if (made.length === 0) return [{ expected, seen: NOBODY, isFinal: false }];
  return made.flatMap((conversation) => closeFinding(conversation, wanted, expected)).slice(0, 1);
}

function closeWords({ by, kind }: NonNullable<TcpExpectation['close']>): string {
  if (kind === 'open') return 'the connection to be open still';
  const how = kind === undefined ? '' : ` with ${kind.toUpperCase()}`;
  const first = by === undefined ? '' : ` first by the ${by}`;
  return `the connection to be closed${by === 'both' ? ' by both at once' : first}${how}`;
}

function closeFinding(
  conversation: Conversation,
  wanted: NonNullable<TcpExpectation['close']>,
  expected: string,
): TcpFinding[] {
  const { close, segments } = conversation;
  const fins = [close.fin.client, close.fin.server].filter((packet) => packet !== undefined).toSorted((a, b) => a - b);
  const first = packetNumbered(conversation, close.kind === 'rst' ? close.rst?.packet : fins[0]);
  if (first === undefined) {
    return wanted.kind === 'open'
      ? []
      : [{ expected, seen: `it is open still after ${packetText(conversation, segments.at(-1))}`, isFinal: false }];
  }
  // A FIN may still be followed by a RST, so only what cannot change is final.
  if (wanted.kind !== undefined && wanted.kind !== close.kind)
    return [
      {
        expected,
        seen: `${packetText(conversation, first)} ends it`,
        isFinal: close.kind === 'rst' || wanted.kind === 'open' || close.complete,
      },
    ];
  if (wanted.by !== undefined && wanted.by !== close.by) {
    const crossing = `crosses ${packetAt(conversation, fins[1])}: both end it at once`;
    // Whether a second FIN crosses the first shows only when it comes.
    const isSettled = wanted.by !== 'both' || fins.length === 2;
    return [
      {
        expected,
        seen: `${packetText(conversation, first)} ${close.by === 'both' ? crossing : 'ends it'}`,
        isFinal: isSettled && (wanted.kind !== 'rst' || close.kind === 'rst'),
      },
    ];
  }
  if (wanted.kind !== 'fin' || close.complete) return [];
  const missing = close.fin.client === undefined ? 'client' : 'server';
  const seen =
    close.fin[missing] === undefined
      ? `the ${missing} has sent no FIN after ${packetText(conversation, first)}`
      : `not both FINs are acknowledged after ${packetText(conversation, segments.at(-1))}`;
  return [{ expected, seen, isFinal: false }];
}

function checkReset({ reset }: TcpExpectation, all: readonly Conversation[]): TcpFinding[] {
  if (reset === undefined) return [];
  const sent = all.flatMap((conversation) =>
    conversation.segments.filter(({ flags }) => flags.includes('RST')).map((segment) => ({ conversation, segment })),
  );
  const [first] = sent;
  if (reset === 'none')
    return first === undefined
      ? []
      : [{ expected: 'no RST', seen: packetText(first.conversation, first.segment), isFinal: true }];
  if (reset === 'any' ? first !== undefined : sent.some(({ segment }) => segment.from === reset)) return [];
  return [
    {
      expected: reset === 'any' ? 'a RST' : `a RST of the ${reset}`,
      seen: first === undefined ? 'there is none' : `only ${packetText(first.conversation, first.segment)}`,
      isFinal: false,
    },
  ];
}

function checkRetransmissions({ retransmissions: wanted }: TcpExpectation, all: readonly Conversation[]): TcpFinding[] {
  if (wanted === undefined) return [];
  const sent = all.flatMap((conversation) =>
    conversation.segments.filter(({ marks }) => marks.some(isRepetition)).map((segment) => ({ conversation, segment })),
  );
  if (wanted === 'some' ? sent.length > 0 : sent.length === wanted) return [];
  const expected =
    wanted === 'some' || wanted === 0
      ? `${wanted === 0 ? 'no' : 'some'} retransmission`
      : countOf(wanted, 'retransmission');
  const list = sent.map(({ conversation, segment }) => packetText(conversation, segment));
  const seen = sent.length === 0 ? 'there is none' : thereAre(list, 3);
  return [{ expected, seen, isFinal: typeof wanted === 'number' && sent.length > wanted }];
}

function checkPayload({ payload = [] }: TcpExpectation, traced: readonly TracedConversation[]): TcpFinding[] {
  return payload.flatMap(({ side, pattern }) => {
    const texts = traced.map((one) => new TextDecoder().decode(one.payload(side).bytes));
    if (texts.some((text) => findPattern(pattern, text, 0) !== undefined)) return [];
    return [
      {
        expected: `${patternText(pattern)} in what the ${side} sends`,
        seen: sentText(traced, side, texts),
        isFinal: false,
      },
    ];
  });
}

/** The end of what a side sent, and which packets carried it. */
function sentText(traced: readonly TracedConversation[], side: Side, texts: readonly string[]): string {
  const [{ conversation } = { conversation: undefined }] = traced;
  if (conversation === undefined) return NOBODY;
  const carriers = conversation.segments.filter(({ from, length }) => from === side && length > 0);
  if (carriers.length === 0) return `the ${side} sent nothing`;
  const [first, last] = [carriers[0]!, carriers.at(-1)!];
  const packets = first === last ? `packet ${first.packet}` : `packets ${first.packet} to ${last.packet}`;
  const text = texts[0]!.slice(-200);
  const before = text.length < texts[0]!.length ? '…' : '';
  const after = last.truncated && lacksText(last) ? '…' : '';
  return `in ${packets} it sent ${before}${JSON.stringify(text)}${after}`;
}

/** `there are 7: a, b, c, …`: the first few of a list that is not empty. */
function thereAre(list: readonly string[], most: number): string {
  const shown = list.slice(0, most).join(', ');
  return `there ${list.length === 1 ? 'is 1' : `are ${list.length}`}: ${shown}${list.length > most ? ', …' : ''}`;
}

function packetAt(conversation: Conversation, number: number | undefined): string {
  return packetText(conversation, packetNumbered(conversation, number));
}

function packetNumbered({ segments }: Conversation, number: number | undefined): Segment | undefined {
  return segments.find(({ packet }) => packet === number);
}

/** `packet 10 (FIN ACK of the client, 1.2 s after the first)`. */
function packetText({ startMs }: Conversation, segment: Segment | undefined): string {
  if (segment === undefined) return 'a packet before the capture';
  const { packet, flags, from, timeMs } = segment;
  const name = flags.join(' ') || 'no flags';
  return `packet ${packet} (${name} of the ${from}, ${shortDuration(timeMs - startMs)} after the first)`;
}

/** `0.29 ms`, `212 ms`, `1.5 s`: packets of one network follow each other within microseconds. */
function shortDuration(ms: number): string {
  return ms < 10 ? `${ms.toFixed(2)} ms` : formatDuration(ms);
}

function endText({ machine, address, port }: Endpoint): string {
  return `${machine ?? address}:${port}`;
}
