import { EnvironmentError, LabError, messageOf } from '../core/errors.ts';
import { say } from '../core/language/say.ts';
import { openSource, type SourceFile } from './source-file.ts';

/** One file of an archive: bytes in memory, or a file of the host, of which exactly `sizeBytes` are taken. */
export type ArchiveFile =
  | { readonly name: string; readonly content: Uint8Array }
  | { readonly name: string; readonly source: SourceFile; readonly sizeBytes: number };

const BLOCK_BYTES = 512;
const PIECE_BYTES = 128 * 1024;

/**
 * A tar archive (ustar, POSIX.1-2017 pax(1)) as a stream. Names are at most 100 bytes, files below 8 GiB. Small files
 * are gathered into large pieces, because each piece costs a packet.
 *
 * A file of the host that cannot be read in the middle ends the stream early, and `failure` then says why: the machine
 * sees a cut-off archive and takes none of it. (A stream that throws would leave it to the connection how the machine
 * learns of that.)
 */
export class TarStream {
  readonly #files: readonly ArchiveFile[];
  /** Of the content so far. */
  sentBytes = 0;
  failure: Error | undefined;

  constructor(files: readonly ArchiveFile[]) {
    this.#files = files;
  }

  /** The archive, once. */
  async *pieces(): AsyncGenerator<Uint8Array> {
    let gathered: Uint8Array[] = [];
    let gatheredBytes = 0;
    try {
      for await (const part of this.#parts()) {
        gathered.push(part);
        gatheredBytes += part.length;
        if (gatheredBytes < PIECE_BYTES) continue;
        yield Buffer.concat(gathered);
        [gathered, gatheredBytes] = [[], 0];
      }
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(messageOf(error));
      return;
    }
    yield Buffer.concat(gathered);
  }

  async *#parts(): AsyncGenerator<Uint8Array> {
    for (const file of this.#files) {
      const sizeBytes = 'content' in file ? file.content.length : file.sizeBytes;
      yield header(file.name, sizeBytes);
      for await (const chunk of 'content' in file ? [file.content] : readExactly(file.source, sizeBytes)) {
        this.sentBytes += chunk.length;
        yield chunk;
      }
      yield new Uint8Array((BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES);
    }
    yield new Uint8Array(2 * BLOCK_BYTES);
  }
}

async function* readExactly(source: SourceFile, sizeBytes: number): AsyncGenerator<Uint8Array> {
  const { path } = source;
  let done = 0;
  try {
    await using handle = await openSource(source);
    for await (const chunk of handle.createReadStream({ highWaterMark: PIECE_BYTES, autoClose: false })) {
      done += (chunk as Buffer).length;
      if (done > sizeBytes) break;
      yield chunk as Buffer;
    }
  } catch (cause) {
    if (cause instanceof LabError) throw cause;
    throw new EnvironmentError(say`cannot read ${path}: ${messageOf(cause)}`, {
      code: 'program-file-unreadable',
      hint: say`Look whether the file is still there.`,
      cause,
    });
  }
  if (done !== sizeBytes) throw changedWhileSent(path);
}

/** A file of the host that was written to between our first look and the end of the transfer. */
export function changedWhileSent(path: string): EnvironmentError {
  return new EnvironmentError(say`${path} was changed while it was sent`, {
    code: 'program-file-changed',
    hint: say`Wait until it is finished, then run the command again.`,
  });
}

/**
 * Offsets and forms of the fields are those of pax(1), "ustar Interchange Format"; the owner is left to the
 * side that unpacks.
 */
function header(name: string, sizeBytes: number): Uint8Array {
  const block = Buffer.alloc(BLOCK_BYTES);
  block.write(name, 0, 100);
  block.write(octal(0o644, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(sizeBytes, 11), 124);
  block.write(octal(Math.floor(Date.now() / 1000), 11), 136);
  block.write('        ', 148);
  block.write('0', 156);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148);
  return block;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
