import { ProgramError } from './program-error.ts';

/** How messages are told apart on the wire: by a newline, or not at all, each read being one message. */
export type Framing = 'line' | 'raw';

/**
 * The longest message that is taken: 1 MiB. More, without a newline, is an error and not a reason to fill the memory.
 */
const MAX_MESSAGE_BYTES = 1024 * 1024;

/** How long a read that ends within a UTF-8 character waits for the rest of it, with raw framing. */
const REST_OF_CHARACTER_MS = 200;

const NEWLINE = 0x0a;

/**
 * Lines of a stream of bytes, decoded as UTF-8 only when they are whole, so that a character which the network cut in
 * two is read as one. The last line, if it lacks its newline, is given only with `unfinished`.
 *
 * @throws {ProgramError} when a line is longer than 1 MiB; whatever the source throws.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  { unfinished = false } = {},
): AsyncGenerator<string, void> {
  let parts: Uint8Array[] = [];
  let size = 0;
  const add = (bytes: Uint8Array): void => {
    size += bytes.length;
    if (size > MAX_MESSAGE_BYTES) throw new ProgramError('a line longer than 1 MiB came; shorten it');
    parts.push(bytes);
  };
  const take = (): string => {
    const text = Buffer.concat(parts).toString('utf8');
    parts = [];
    size = 0;
    return text;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      add(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    if (start < chunk.length) add(chunk.subarray(start));
  }
  if (unfinished && size > 0) yield take();
}

/**
 * Each read as one message, as a program does that calls `recv(1024)`. A read that ends within a UTF-8 character is
 * completed by the next one.
 */
export async function* readRaw(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  const reads = chunks[Symbol.asyncIterator]();
  let upcoming: Promise<IteratorResult<Uint8Array>> | undefined;
  for (;;) {
    const first = await (upcoming ?? reads.next());
    upcoming = undefined;
    if (first.done) return;
    let message = first.value;
    while (endsWithinCharacter(message)) {
      upcoming = reads.next();
      // It may fail after we have stopped waiting; the next turn of the outer loop reports it.
      upcoming.catch(() => undefined);
      const more = await within(REST_OF_CHARACTER_MS, upcoming);
      if (more === undefined || more.done) break;
      upcoming = undefined;
      message = Buffer.concat([message, more.value]);
    }
    yield Buffer.from(message).toString('utf8');
  }
}

/** Whether the bytes end with the beginning of a UTF-8 character (RFC 3629, section 3) whose rest is not there. */
function endsWithinCharacter(bytes: Uint8Array): boolean {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return false;
    if (byte >= 0xc0) return back < lengthOfCharacter(byte);
  }
  return false;
}

function lengthOfCharacter(leadByte: number): number {
  if (leadByte >= 0xf0) return 4;
  return leadByte >= 0xe0 ? 3 : 2;
}

/** The value of `promise`, or undefined when it takes longer. */
export async function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, undefined);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
