import { CheckError, TimeoutError } from '../core/errors.ts';
import { say } from '../core/language/say.ts';

/** What a program shows in time, or not. */
export interface WaitOptions {
  /** How long to wait, in milliseconds. Default: 10 seconds. */
  readonly timeoutMs?: number | undefined;
}

const WAIT_MS = 10_000;
/** So much of what came instead is shown. Characters. */
const SHOWN_AT_MOST = 4000;

/** The text that a program prints, for one reader at a time: what one leaves is there for the next. */
export class ProgramOutput {
  readonly #pieces: AsyncIterator<string, unknown>;
  /** Printed, and not read. */
  #rest = '';
  #coming: Promise<IteratorResult<string, unknown>> | undefined;

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#pieces = textOf(bytes);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string, void> {
    do {
      const text = this.#rest;
      this.#rest = '';
      if (text !== '') yield text;
    } while (await this.#more());
  }

  /** Reads up to the end of the first match, and gives that text. */
  async waitFor(pattern: string | RegExp, { timeoutMs = WAIT_MS }: WaitOptions = {}): Promise<string> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const end = endOfMatch(this.#rest, pattern);
      if (end !== undefined) return this.#take(end);
      const came = await this.#moreUntil(deadline);
      if (came === 'late')
        throw new TimeoutError(
          say`the program did not show ${String(pattern)} in ${timeoutMs} ms`,
          this.#seen('not-shown'),
        );
      if (!came)
        throw new CheckError(say`the program has ended and did not show ${String(pattern)}`, this.#seen('not-shown'));
    }
  }

  #take(end: number): string {
    const text = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end);
    return text;
  }

  #seen(code: string): { code: string; detail: string } {
    return { code, detail: this.#rest.slice(-SHOWN_AT_MOST) };
  }

  /** Whether more came; false when the program has ended. */
  async #more(): Promise<boolean> {
    this.#coming ??= this.#pieces.next();
    const { done, value } = await this.#coming;
    if (done !== true && this.#coming !== undefined) this.#rest += value;
    this.#coming = undefined;
    return done !== true;
  }

  async #moreUntil(deadline: number): Promise<boolean | 'late'> {
    const late = Promise.withResolvers<'late'>();
    const timer = setTimeout(() => late.resolve('late'), Math.max(0, deadline - performance.now()));
    try {
      this.#coming ??= this.#pieces.next();
      const came = await Promise.race([this.#coming, late.promise]);
      return came === 'late' ? came : await this.#more();
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Where the first match in the text ends; undefined when there is none. */
function endOfMatch(text: string, pattern: string | RegExp): number | undefined {
  if (typeof pattern === 'string') {
    const start = text.indexOf(pattern);
    return start < 0 ? undefined : start + pattern.length;
  }
  // Flags that make it remember a place would skip what came.
  const found = new RegExp(pattern.source, pattern.flags.replaceAll(/[gy]/g, '')).exec(text);
  return found === null ? undefined : found.index + found[0].length;
}

/** No character is cut in two. */
async function* textOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for await (const chunk of bytes) {
    const text = decoder.decode(chunk, { stream: true });
    if (text !== '') yield text;
  }
  const rest = decoder.decode();
  if (rest !== '') yield rest;
}
