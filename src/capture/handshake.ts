import type { Handshake, Segment } from '../core/conversation.ts';

/** Finds the three segments of the handshake. */
export function handshakeOf(segments: readonly Segment[]): Handshake {
  const syn = segments.findLast((segment) => isSyn(segment));
  const synAck = segments.findLast((segment) => isSynAck(segment));
  const ack = synAck && segments.find((segment) => acknowledgesSyn(segment, synAck));
  const complete = syn !== undefined && ack !== undefined;
  return {
    complete,
    syn: syn?.packet,
    synAck: synAck?.packet,
    ack: ack?.packet,
    durationMs: complete ? ack.timeMs - syn.timeMs : undefined,
    refused: isRefused(segments),
  };
}

function isSyn({ from, flags }: Segment): boolean {
  return from === 'client' && flags.includes('SYN') && !flags.includes('ACK');
}

function isSynAck({ from, flags }: Segment): boolean {
  return from === 'server' && flags.includes('SYN') && flags.includes('ACK');
}

function acknowledgesSyn(segment: Segment, synAck: Segment): boolean {
  const { from, flags, ack, packet } = segment;
  return from === 'client' && packet > synAck.packet && !flags.includes('SYN') && !flags.includes('RST') && ack !== undefined && ack >= 1;
}

/** Whether the server's answer to the SYN is a reset. */
function isRefused(segments: readonly Segment[]): boolean {
  const answer = segments.find(({ from }) => from === 'server');
  return segments.some(isSyn) && answer !== undefined && answer.flags.includes('RST');
}
