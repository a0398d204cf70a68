/** Length prefix of a frame on a stream socket of QEMU (`-netdev stream`): 32 bits, big-endian. */
const headerSize = 4;
/** Larger than any frame with segmentation offload; a longer one means that we lost the place in the stream. */
export const largestFrame = 69_632;

/** Cuts a byte stream into frames, each with its length prefix still before it. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that are whole now. @throws {RangeError} when the stream is not what QEMU sends. */
  *take(bytes: Buffer): Generator<Buffer> {
    let data = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (data.length >= headerSize) {
      const length = data.readUInt32BE(0);
      if (length > largestFrame) throw new RangeError(`a frame of ${length} bytes`);
      if (data.length < headerSize + length) break;
      yield data.subarray(0, headerSize + length);
      data = data.subarray(headerSize + length);
    }
    this.#rest = data;
  }
}

/** The frame without its length prefix. */
export function bodyOf(framedBytes: Buffer): Buffer {
  return framedBytes.subarray(headerSize);
}

/** The frame with its length prefix. */
export function framed(body: Buffer): Buffer {
  const header = Buffer.alloc(headerSize);
  header.writeUInt32BE(body.length);
  return Buffer.concat([header, body]);
}

/** Addresses of an Ethernet frame (IEEE 802.3, 3.2), given with its length prefix. */
export function addressesOf(
  framedBytes: Buffer,
): { readonly destination: string; readonly source: string; readonly isGroup: boolean } | undefined {
  if (framedBytes.length < headerSize + 14) return undefined;
  return {
    destination: framedBytes.toString('hex', headerSize, headerSize + 6),
    source: framedBytes.toString('hex', headerSize + 6, headerSize + 12),
    isGroup: (framedBytes[headerSize]! & 1) === 1,
  };
}
