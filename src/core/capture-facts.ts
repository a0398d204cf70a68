/** What is known of the capture of a run, in addition to its packets. */
export interface CaptureFacts {
  readonly packets: number;
  /** Packets that passed by and are not in the file: the kernel of the machine had no room for them. */
  readonly lost: number;
  /** The file reached its limit before the run ended: what came later is missing. */
  readonly full: boolean;
  /** What is missing in it, as far as that is known; left out when nothing is. */
  readonly gaps?: readonly CaptureGap[];
  /**
   * Where the packets were captured. `clockOffsetMs`: what the clock of that machine was ahead of ours, 0 when it
   * cannot be told from 0.
   */
  readonly machines: readonly {
    readonly machine: string;
    readonly interface: string;
    readonly filter: string;
    readonly clockOffsetMs: number;
  }[];
}

/** Where and since when packets passed by that were not captured, though they should have been. */
export interface CaptureGap {
  readonly machine: string;
  readonly interface: string;
  /** ISO 8601; null when it never began there. */
  readonly since: string | null;
  /** As a user reads it. */
  readonly reason: string;
}

/**
 * Whether something follows from what a capture does not hold. A run that did not come to its end has no facts, and
 * then nothing follows.
 */
export function isCompleteCapture(facts: CaptureFacts | undefined): boolean {
  return facts !== undefined && !facts.full && facts.lost === 0 && facts.gaps === undefined;
}

/**
 * `lost`: packets for which the capturing machine had no room; `full`: what came later is missing; `cut-short`: the
 * file ends in a packet; `truncated`: packets of which only the beginning is there; `malformed`, `fragments`: packets
 * that could not be read.
 */
export interface CaptureFlaw {
  readonly kind: 'lost' | 'full' | 'cut-short' | 'truncated' | 'malformed' | 'fragments';
  /** Packets. */
  readonly count: number;
}
