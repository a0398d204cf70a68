/** The ends of a connection: the source of its first packet in the capture, and the other. */
export type End = 'a' | 'b';

export function other(end: End): End {
  return end === 'a' ? 'b' : 'a';
}
