/** A piece of what one side sent: where it begins in the stream, and its bytes. */
export interface PayloadPiece {
  /** Relative sequence number of its first byte. */
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/**
 * Puts the pieces of a stream in order; what was sent twice is there once. What the capture lacks is left out:
 * `missing` says how much. At most `limit` bytes.
 */
export function joinPieces(
  pieces: readonly PayloadPiece[],
  limit: number,
): { readonly bytes: Uint8Array; readonly missing: number } {
  const parts: Uint8Array[] = [];
  let size = 0;
  let missing = 0;
  let next: number | undefined;
  for (const { seq, bytes } of pieces.toSorted((a, b) => a.seq - b.seq)) {
    const begin = Math.max(seq, next ?? seq);
    const fresh = bytes.subarray(begin - seq, begin - seq + limit - size);
    missing += Math.max(0, seq - (next ?? seq));
    next = Math.max(next ?? seq, seq + bytes.byteLength);
    if (fresh.byteLength === 0) continue;
    parts.push(fresh);
    size += fresh.byteLength;
  }
  return { bytes: Buffer.concat(parts), missing };
}

const PREVIEW_CHARACTERS = 200;
/** No character of UTF-8 has more. */
const MOST_BYTES_PER_CHARACTER = 4;

const decoder = new TextDecoder();

/**
 * The beginning of a payload as text; a character that the limit would cut is left out, or the end of a capture that
 * has less than the `length` bytes of it.
 */
export function previewText(payload: Uint8Array, length: number): string {
  const bytes = payload.subarray(0, PREVIEW_CHARACTERS * MOST_BYTES_PER_CHARACTER);
  const text = payload.byteLength < length ? new TextDecoder().decode(bytes, { stream: true }) : decoder.decode(bytes);
  return text.length <= PREVIEW_CHARACTERS ? text : text.slice(0, cutBefore(text, PREVIEW_CHARACTERS));
}

/** An index not after `index` that does not part a surrogate pair. */
function cutBefore(text: string, index: number): number {
  const code = text.charCodeAt(index - 1);
  return code >= 0xd800 && code < 0xdc00 ? index - 1 : index;
}
