import type { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { sanitize } from '../core/text/sanitize.ts';
import { writeOutput } from '../host/files/output.ts';

/** A line that never ends is passed on in pieces of this many characters, so that memory stays bounded. */
const LONGEST_LINE = 64 * 1024;

/** Takes the output of a machine, piece by piece. */
export interface OutputWriter {
  /** Resolves when more may follow. */
  write(chunk: Uint8Array): Promise<void>;
  end(): Promise<void>;
}

/**
 * Bytes go into files and pipes as they are; lines go to people, and wherever machines share the stream, each behind
 * its prefix.
 */
export function outputWriter(stream: Writable & { readonly isTTY?: boolean }, prefix: string): OutputWriter {
  if (prefix !== '' || stream.isTTY === true) return new LinePrefixer(stream, prefix);
  return { write: (chunk) => writeOutput(stream, chunk), end: async () => undefined };
}

/**
 * Writes whole lines with a prefix, so that the output of several machines can share a stream. Where a person looks on,
 * control sequences in them are shown instead of obeyed; into files and pipes they go as they came.
 */
class LinePrefixer implements OutputWriter {
  readonly #stream: Writable & { readonly isTTY?: boolean };
  readonly #prefix: string;
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  constructor(stream: Writable & { readonly isTTY?: boolean }, prefix: string) {
    this.#stream = stream;
    this.#prefix = prefix;
  }

  /** Resolves when more may follow. */
  async write(chunk: Uint8Array): Promise<void> {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LONGEST_LINE) {
      lines.push(this.#rest);
      this.#rest = '';
    }
    await this.#writeLines(lines);
  }

  /** Writes the last line, if it had no end. */
  async end(): Promise<void> {
    const rest = this.#rest + this.#decoder.end();
    this.#rest = '';
    if (rest !== '') await this.#writeLines([rest]);
  }

  async #writeLines(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    const show =
      this.#stream.isTTY === true ? (line: string) => sanitize(line.replace(/\r$/, '')) : (line: string) => line;
    await writeOutput(this.#stream, lines.map((line) => `${this.#prefix}${show(line)}\n`).join(''));
  }
}
