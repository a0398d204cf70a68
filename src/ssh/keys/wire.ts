/**
 * Reads the data types of RFC 4251, section 5, one after the other.
 *
 * @throws {RangeError} when the bytes end too early.
 */
export class WireReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes);
  }

  get offset(): number {
    return this.#offset;
  }

  get isAtEnd(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  string(): Buffer {
    const length = this.uint32();
    if (this.#offset + length > this.#bytes.length) throw new RangeError('the data ends too early');
    this.#offset += length;
    return this.#bytes.subarray(this.#offset - length, this.#offset);
  }

  text(): string {
    return this.string().toString('utf8');
  }

  uint32(): number {
    this.#offset += 4;
    return this.#bytes.readUInt32BE(this.#offset - 4);
  }

  uint64(): bigint {
    this.#offset += 8;
    return this.#bytes.readBigUInt64BE(this.#offset - 8);
  }
}

/** A string of RFC 4251: its length in four bytes, then its bytes. */
export function wireString(content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content as Uint8Array);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
