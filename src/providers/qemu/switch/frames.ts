/** Length prefix of a frame on a stream socket of QEMU (`-netdev stream`): 32 bits, big-endian. */
const HEADER_SIZE = 4;
/** Larger than any frame with segmentation offload; a longer one means that we lost the place in the stream. */
export const LARGEST_FRAME = 69_632;

/** Cuts a byte stream into frames, each with its length prefix still before it. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that are whole now. @throws {RangeError} when the stream is not what QEMU sends. */
  *take(bytes: Buffer): Generator<Buffer> {
    let data = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (data.length >= HEADER_SIZE) {
      const length = data.readUInt32BE(0);
      if (length > LARGEST_FRAME) throw new RangeError(`a frame of ${length} bytes`);
      if (data.length < HEADER_SIZE + length) break;
      yield data.subarray(0, HEADER_SIZE + length);
      data = data.subarray(HEADER_SIZE + length);
    }
    this.#rest = data;
  }
}

/** The frame without its length prefix. */
export function bodyOf(framedBytes: Buffer): Buffer {
  return framedBytes.subarray(HEADER_SIZE);
}

/** The frame with its length prefix. */
export function framed(body: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_SIZE);
  header.writeUInt32BE(body.length);
  return Buffer.concat([header, body]);
}

/** Addresses of an Ethernet frame (IEEE 802.3, 3.2), given with its length prefix. */
export function addressesOf(
  framedBytes: Buffer,
): { readonly destination: string; readonly source: string; readonly isGroup: boolean } | undefined {
  if (framedBytes.length < HEADER_SIZE + 14) return undefined;
  return {
    destination: framedBytes.toString('hex', HEADER_SIZE, HEADER_SIZE + 6),
    source: framedBytes.toString('hex', HEADER_SIZE + 6, HEADER_SIZE + 12),
    isGroup: (framedBytes[HEADER_SIZE]! & 1) === 1,
  };
}
