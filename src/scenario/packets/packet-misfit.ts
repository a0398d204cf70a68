import type { PacketProblem } from '../../core/packet-problem.ts';

/** A part of an expectation that the packets do not meet. */
export interface PacketMisfit extends PacketProblem {
  /** No later packet can change it. */
  readonly isFinal: boolean;
}
