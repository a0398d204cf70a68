/** Length prefix of a frame on a stream socket of QEMU (`-netdev stream`): 32 bits, big-endian. */
const headerSize = 4;
/** Larger than any frame with segmentation offload; a longer one means that we lost the place in the stream. */
const largestFrame = 69_632;

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

/** Addresses of an Ethernet frame (IEEE 802.3, 3.2), given with its length prefix. */
export function addressesOf(framed: Buffer): { readonly destination: string; readonly source: string; readonly isGroup: boolean } | undefined {
  if (framed.length < headerSize + 14) return undefined;
  return {
    destination: framed.toString('hex', headerSize, headerSize + 6),
    source: framed.toString('hex', headerSize + 6, headerSize + 12),
    isGroup: (framed[headerSize]! & 1) === 1,
  };
}
