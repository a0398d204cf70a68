import type { Side } from '../conversation.ts';
import type { DatagramMark } from './datagram-conversation.ts';
import type { Journey } from './journeys.ts';

/** A datagram, while what became of it is found out. */
export interface Traced {
  readonly side: Side;
  readonly journey: Journey;
  number: number;
  marks: DatagramMark[];
  answeredBy: Traced | undefined;
  answers: Traced | undefined;
  refusedBy: number | undefined;
}

/** The number of the packet in which it was seen first. */
export function packetOf({ journey: { first } }: Traced): number {
  return first.udp.packet.number;
}

/** When it was seen first; milliseconds since the Unix epoch. */
export function timeOf({ journey: { first } }: Traced): number {
  return first.udp.packet.timeMs;
}
