import { readLines } from './lines.ts';

/** What became of a question to the operator. */
export type Answer<T> = { readonly line: string } | { readonly end: true } | { readonly interrupted: T };

/**
 * The person at the keyboard, or the file or pipe that stands in: one line for each prompt, as with Python's `input`.
 */
export class Operator {
  readonly #lines: AsyncGenerator<string, void>;
  readonly #output: NodeJS.WritableStream;
  /** A line that was asked for and has not come: kept when the question was interrupted, so that no line is lost. */
  #pending: Promise<IteratorResult<string, void>> | undefined;

  constructor(input: AsyncIterable<Uint8Array>, output: NodeJS.WritableStream) {
    this.#lines = readLines(untilError(input), { unfinished: true });
    this.#output = output;
  }

  show(line: string): void {
    this.#output.write(`${line}\n`);
  }

  /**
   * Shows the prompt and waits for a line, for the end of input (`^D`), or for `interruption`. In the last two cases
   * the prompt's line is closed.
   *
   * @throws {ProgramError} when a line is longer than 1 MiB.
   */
  async ask<T>(prompt: string, interruption: Promise<T>): Promise<Answer<T>> {
    this.#output.write(prompt);
    this.#pending ??= this.#lines.next();
    const first = await Promise.race([this.#pending, interruption.then((interrupted) => ({ interrupted }))]);
    if ('interrupted' in first) {
      this.#output.write('\n');
      return first;
    }
    this.#pending = undefined;
    if (first.done) {
      this.#output.write('\n');
      return { end: true };
    }
    return { line: first.value.replace(/\r$/, '') };
  }
}

/** A terminal that is gone (EIO) is the end of input. */
async function* untilError(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  try {
    yield* input;
  } catch {
    return;
  }
}
