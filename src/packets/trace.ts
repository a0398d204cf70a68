import type { Conversation, Endpoint, Phase, Segment, SegmentMark, Side, TcpOptions } from './conversation.ts';
import { addressText } from './address-text.ts';
import { SequenceAnalysis, type Finding } from './tcp/sequence-analysis.ts';
import { arrivalOf, type SentSegment } from './tcp/arrival.ts';
import { closeOf } from './tcp/closing.ts';
import { other, type End, type Flow, type FlowPacket } from './tcp/flow-table.ts';
import { handshakeOf } from './tcp/handshake.ts';
import { joinPieces, previewText, type Piece } from './tcp/payload.ts';
import { seqDifference } from './layers/sequence-number.ts';
import { StateTracker, type States } from './tcp/state-tracker.ts';
import { Flag, flagsOf, noOptions } from './layers/tcp-header.ts';
import { payloadOf } from './layers/tcp-packet.ts';
import { acknowledgedIn, totalsOf } from './tcp/totals.ts';

/** What is known of the lab that a capture comes from. */
export interface LabHints {
  /** Names of machines by address. */
  readonly machines?: ReadonlyMap<string, string>;
  /** Ports that programs of the lab listen on: they tell which end is the server where the capture has no SYN. */
  readonly listeningPorts?: ReadonlySet<number>;
}

/** A conversation, and the bytes that it carried. */
export interface TracedConversation {
  readonly conversation: Conversation;
  /** What one side sent, in order and without repetitions: at most `limit` bytes; `missing` counts bytes that the capture lacks before its last. */
  payload(side: Side, limit?: number): { readonly bytes: Uint8Array; readonly missing: number };
}

const PAYLOAD_LIMIT_BYTES = 16 * 1024 * 1024;

/** Rebuilds one connection from its packets, which stand in `bytes`, the whole file. */
export function traceConversation(
  bytes: Uint8Array,
  captured: Flow,
  index: number,
  hints: LabHints,
): TracedConversation {
  const flow = withoutStepsBack(captured);
  const sides = sidesOf(flow, hints);
  const segments = segmentsOf(bytes, flow, sides.client);
  const [first] = segments;
  const conversation: Conversation = {
    index,
    client: endpointOf(bytes, flow, sides.client, hints),
    server: endpointOf(bytes, flow, other(sides.client), hints),
    sidesKnownBy: sides.knownBy,
    startMs: first!.timeMs,
    durationMs: segments.at(-1)!.timeMs - first!.timeMs,
    segments,
    handshake: handshakeOf(segments),
    close: closeOf(segments),
    sent: { client: totalsOf(segments, 'client'), server: totalsOf(segments, 'server') },
    acknowledgedIn: { client: acknowledgedIn(segments, 'client'), server: acknowledgedIn(segments, 'server') },
  };
  const piecesOf = (side: Side): Piece[] =>
    segments.flatMap(({ from, seq, length }, at) =>
      from === side && length > 0 ? [{ seq, bytes: payloadOf(bytes, flow.packets[at]!.tcp) }] : [],
    );
  return { conversation, payload: (side, limit = PAYLOAD_LIMIT_BYTES) => joinPieces(piecesOf(side), limit) };
}

interface Sides {
  readonly client: End;
  readonly knownBy: Conversation['sidesKnownBy'];
}

function sidesOf({ packets }: Flow, { listeningPorts }: LabHints): Sides {
  const opening = packets.find(({ tcp }) => tcp.header.flags & Flag.syn);
  if (opening !== undefined)
    return { client: opening.tcp.header.flags & Flag.ack ? other(opening.from) : opening.from, knownBy: 'syn' };
  const [{ from, tcp }] = packets as readonly [FlowPacket, ...FlowPacket[]];
  const { sourcePort, destinationPort } = tcp.header;
  const sourceListens = listeningPorts?.has(sourcePort) ?? false;
  const destinationListens = listeningPorts?.has(destinationPort) ?? false;
  if (sourceListens !== destinationListens)
    return { client: sourceListens ? other(from) : from, knownBy: 'listening-port' };
  return { client: sourcePort >= destinationPort ? from : other(from), knownBy: 'higher-port' };
}

function endpointOf(bytes: Uint8Array, { packets }: Flow, end: End, { machines }: LabHints): Endpoint {
  const [{ from, tcp }] = packets as readonly [FlowPacket, ...FlowPacket[]];
  const { ip, header } = tcp;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isSource = from === end;
  const address = addressText(view, ip.addressOffset + (isSource ? 0 : ip.addressBytes), ip.addressBytes);
  const syn = packets.find((packet) => packet.from === end && packet.tcp.header.flags & Flag.syn)?.tcp.header;
  return {
    address,
    port: isSource ? header.sourcePort : header.destinationPort,
    machine: machines?.get(address),
    isn: syn?.seq,
    synOptions: syn?.options ?? noOptions,
  };
}

function segmentsOf(bytes: Uint8Array, flow: Flow, client: End): Segment[] {
  const analysis = new SequenceAnalysis();
  const sent = flow.packets.map(({ from, tcp }): SentSegment => ({
    from: from === client ? 'client' : 'server',
    header: tcp.header,
    length: tcp.length,
  }));
  const tracker = new StateTracker(startStates(flow, client), arrivalOf(sent));
  const phases = new Phases(flow);
  return flow.packets.map((packet, index) => {
    const finding = analysis.look(packet);
    const { from: side, header, length } = sent[index]!;
    const states = tracker.step(side, header, length);
    return segmentOf(flow, packet, {
      side,
      finding,
      states,
      phase: phases.next(side, packet),
      isReused: index === 0 && flow.reusesPorts,
      text: textOf(bytes, packet),
    });
  });
}

/** The same flow in time that never runs backwards: where the clock of the capture was set back, what follows is later by as much. */
function withoutStepsBack(flow: Flow): Flow {
  let behindMs = 0;
  let lastMs = -Infinity;
  const packets = flow.packets.map((flowPacket): FlowPacket => {
    const { tcp } = flowPacket;
    const { timeMs } = tcp.packet;
    behindMs = Math.max(behindMs, lastMs - timeMs);
    lastMs = timeMs + behindMs;
    return behindMs === 0 ? flowPacket : { ...flowPacket, tcp: { ...tcp, packet: { ...tcp.packet, timeMs: lastMs } } };
  });
  return behindMs === 0 ? flow : { base: flow.base, reusesPorts: flow.reusesPorts, packets };
}

/** The states before the first segment, by what the rest shows: a port that refuses has no listener, and neither has an end that opens by itself. */
function startStates({ packets }: Flow, client: End): States {
  const [first] = packets;
  if ((first!.tcp.header.flags & Flag.syn) === 0) return { client: 'ESTABLISHED', server: 'ESTABLISHED' };
  if (first!.tcp.header.flags & Flag.ack) return { client: 'SYN-SENT', server: 'SYN-RECEIVED' };
  const answer = packets.find(({ from }) => from !== client)?.tcp.header.flags;
  if (answer === undefined) return { client: 'CLOSED', server: 'UNKNOWN' };
  const listens = (answer & Flag.rst) === 0 && (answer & (Flag.syn | Flag.ack)) !== Flag.syn;
  return { client: 'CLOSED', server: listens ? 'LISTEN' : 'CLOSED' };
}

/** Handshake, data, close: each begins once. */
class Phases {
  #phase: Phase;
  /** Ends that have sent a SYN with ACK: both do when both open at once, and with the second of them the handshake ends. */
  readonly #answered = new Set<Side>();

  constructor({ packets }: Flow) {
    this.#phase = packets[0]!.tcp.header.flags & Flag.syn ? 'handshake' : 'data';
  }

  /** The phase of the next segment. */
  next(side: Side, { tcp }: FlowPacket): Phase {
    const { flags } = tcp.header;
    if (flags & (Flag.fin | Flag.rst)) this.#phase = 'close';
    const phase = this.#phase;
    // The client's first segment behind its SYN acknowledges the server's: the last of the handshake.
    if (phase === 'handshake' && side === 'client' && (flags & (Flag.syn | Flag.ack)) === Flag.ack)
      this.#phase = 'data';
    if ((flags & (Flag.syn | Flag.ack)) === (Flag.syn | Flag.ack)) this.#answered.add(side);
    if (phase === 'handshake' && this.#answered.size === 2) this.#phase = 'data';
    return phase;
  }
}

interface Reading {
  readonly side: Side;
  readonly finding: Finding;
  readonly states: States;
  readonly phase: Phase;
  readonly isReused: boolean;
  readonly text: string;
}

function segmentOf(
  { base }: Flow,
  { from, tcp }: FlowPacket,
  { side, finding, states, phase, isReused, text }: Reading,
): Segment {
  const { header } = tcp;
  const hasAck = (header.flags & Flag.ack) !== 0;
  const marks: readonly SegmentMark[] = isReused ? ['port-reused', ...finding.marks] : finding.marks;
  return {
    packet: tcp.packet.number,
    timeMs: tcp.packet.timeMs,
    from: side,
    flags: flagsOf(header.flags),
    seq: relative(header.seq, base[from]!),
    ack: hasAck ? relative(header.ack, base[other(from)]!) : undefined,
    rawSeq: header.seq,
    rawAck: hasAck ? header.ack : undefined,
    length: tcp.length,
    window: finding.window,
    rawWindow: header.window,
    options: relativeSack(header.options, base[other(from)] ?? 0),
    marks,
    phase,
    states,
    acknowledges: finding.acknowledges,
    text,
    truncated: tcp.packet.end - tcp.packet.start < tcp.packet.originalLength,
  };
}

function textOf(bytes: Uint8Array, { tcp }: FlowPacket): string {
  return tcp.length === 0 ? '' : previewText(payloadOf(bytes, tcp), tcp.length);
}

function relativeSack(options: TcpOptions, base: number): TcpOptions {
  return options.sack === undefined
    ? options
    : { ...options, sack: options.sack.map(([left, right]) => [relative(left, base), relative(right, base)] as const) };
}

/** Beyond 2 GiB of one direction this wraps, as the field itself does after 4 GiB. */
function relative(seq: number, base: number): number {
  return seqDifference(seq, base);
}
