import type { Handshake, Segment } from '../conversation.ts';

/** Finds the three segments of the handshake. */
export function handshakeOf(segments: readonly Segment[]): Handshake {
  const crossing = segments.find(
    ({ from, flags }) => from === 'server' && flags.includes('SYN') && !flags.includes('ACK'),
  );
  if (crossing !== undefined && segments.some(isSyn)) return simultaneousHandshake(segments, crossing);
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

/** Both ends sent a SYN, and each acknowledges that of the other, as a rule with a SYN-ACK. */
function simultaneousHandshake(segments: readonly Segment[], crossing: Segment): Handshake {
  const syn = segments.find(isSyn);
  const [ack, synAck] = (['client', 'server'] as const).map((side) =>
    segments.find(
      ({ from, flags, ack: number }) => from === side && !flags.includes('RST') && number !== undefined && number >= 1,
    ),
  );
  const complete = syn !== undefined && ack !== undefined && synAck !== undefined;
  const start = Math.min(syn?.timeMs ?? Infinity, crossing.timeMs);
  return {
    complete,
    simultaneous: true,
    syn: syn?.packet,
    synAck: synAck?.packet,
    ack: ack?.packet,
    durationMs: complete ? Math.max(ack.timeMs, synAck.timeMs) - start : undefined,
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
  return (
    from === 'client' &&
    packet > synAck.packet &&
    !flags.includes('SYN') &&
    !flags.includes('RST') &&
    ack !== undefined &&
    ack >= 1
  );
}

/** Whether the server's answer to the SYN is a reset. */
function isRefused(segments: readonly Segment[]): boolean {
  const answer = segments.find(({ from }) => from === 'server');
  return segments.some(isSyn) && answer !== undefined && answer.flags.includes('RST');
}
