import type { Program } from '../../lab/types.ts';

type Encoding = Program['encoding'];

/** Reads what a program prints; a character that is cut waits for its rest. */
export class OutputDecoder {
  readonly #encoding: Encoding;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #strict = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });
  /** The first byte that was not what UTF-8 has there; undefined as long as all were. */
  oddByte: number | undefined;

  constructor(encoding: Encoding) {
    this.#encoding = encoding;
  }

  decode(chunk: Uint8Array): string {
    if (this.#encoding === 'latin1') return Buffer.from(chunk).toString('latin1');
    const text = this.#decoder.decode(chunk, { stream: true });
    if (this.oddByte === undefined && text.includes('\uFFFD')) this.oddByte = this.#firstOdd(chunk);
    return text;
  }

  /** What is left when the output has ended. */
  end(): string {
    return this.#encoding === 'latin1' ? '' : this.#decoder.decode();
  }

  /** Looked for once, in one piece of output: of a character that was cut before it, the rest is passed over. */
  #firstOdd(chunk: Uint8Array): number | undefined {
    const start = chunk.findIndex((byte) => byte < 0x80 || byte >= 0xc0);
    for (let at = Math.max(0, start); at < chunk.length; at++) {
      if (chunk[at]! < 0x80) continue;
      const length = chunk[at]! >= 0xf0 ? 4 : chunk[at]! >= 0xe0 ? 3 : 2;
      if (!this.#isUtf8(chunk.subarray(at, at + length))) return chunk[at];
      at += length - 1;
    }
    return undefined;
  }

  #isUtf8(bytes: Uint8Array): boolean {
    try {
      this.#strict.decode(bytes);
      return true;
    } catch {
      return false;
    }
  }
}

/** The bytes of what is typed at a program. */
export function typedBytes(text: string, encoding: Encoding): Uint8Array | string {
  return encoding === 'latin1' ? Buffer.from(text, 'latin1') : text;
}
