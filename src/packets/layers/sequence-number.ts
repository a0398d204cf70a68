/** Arithmetic on sequence numbers, which wrap at 2^32 (RFC 9293, section 3.4). */

/** `a - b` as the shorter way round: from -2^31 to 2^31 - 1. */
export function seqDifference(a: number, b: number): number {
  return (a - b) | 0;
}

/** `a + count`, from 0 to 2^32 - 1. */
export function seqAdd(a: number, count: number): number {
  return (a + count) >>> 0;
}
