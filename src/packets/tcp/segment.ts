import type { Phase, Segment, Side, TcpOptions } from '../conversation.ts';
import { seqDifference } from '../layers/sequence-number.ts';
import { Flag, flagsOf } from '../layers/tcp-header.ts';
import { payloadOf } from '../layers/tcp-packet.ts';
import { other } from '../end.ts';
import type { Flow, FlowPacket } from './flow.ts';
import { previewText } from './payload.ts';
import type { SegmentAnalysis } from './segment-marks.ts';
import type { States } from './state-tracker.ts';

/** What was found out about a packet of a flow. */
export interface SegmentFacts {
  readonly side: Side;
  readonly analysis: SegmentAnalysis;
  readonly states: States;
  readonly phase: Phase;
  /** It begins a connection between ports that had one before. */
  readonly isReused: boolean;
}

/** The segment that a packet of a flow carries. */
export function segmentOf({ base, packets }: Flow, { from, tcp }: FlowPacket, facts: SegmentFacts): Segment {
  const { side, analysis, states, phase, isReused } = facts;
  const { header, packet } = tcp;
  const hasAck = (header.flags & Flag.ack) !== 0;
  const { acknowledges } = analysis;
  return {
    packet: packet.number,
    timeMs: packet.timeMs,
    from: side,
    flags: flagsOf(header.flags),
    seq: relative(header.seq, base[from]!),
    ack: hasAck ? relative(header.ack, base[other(from)]!) : undefined,
    rawSeq: header.seq,
    rawAck: hasAck ? header.ack : undefined,
    length: tcp.length,
    window: analysis.window,
    rawWindow: header.window,
    options: relativeSack(header.options, base[other(from)] ?? 0),
    marks: isReused ? ['port-reused', ...analysis.marks] : analysis.marks,
    phase,
    states,
    acknowledges: acknowledges && {
      packet: packets[acknowledges.place]!.tcp.packet.number,
      afterMs: acknowledges.afterMs,
    },
    text: tcp.length === 0 ? '' : previewText(payloadOf(tcp), tcp.length),
    truncated: packet.end - packet.start < packet.originalLength,
  };
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
