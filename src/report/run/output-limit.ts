/** What a run may store for each of its programs, unless another limit is given. Bytes. */
export const DEFAULT_OUTPUT_LIMIT = 16 * 1024 * 1024;
/** With less there is no room for the words around it. Bytes. */
export const LEAST_OUTPUT_LIMIT = 64 * 1024;

/** How the room of one program is shared out. Bytes. */
export interface OutputShares {
  /** What its terminal showed, in all files that hold it: events, logs, recordings. */
  readonly terminal: number;
  readonly sources: number;
  /** While they are captured; what is kept of them depends on what else was stored. */
  readonly packets: number;
}

/**
 * Terminals and sources together leave an eighth for packets, and a sixteenth for the report, whose parts have bounds
 * of their own.
 */
export function sharesOf(limitBytes: number): OutputShares {
  return {
    terminal: Math.floor((limitBytes * 3) / 4),
    sources: Math.floor(limitBytes / 16),
    packets: Math.floor(limitBytes / 2),
  };
}

/** What is left for the packets of a run when all else is stored. Bytes. */
export function roomForPackets(limitBytes: number, storedBytes: number): number {
  return Math.max(0, Math.min(sharesOf(limitBytes).packets, Math.floor((limitBytes * 15) / 16) - storedBytes));
}
