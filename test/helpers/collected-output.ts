import { Writable } from 'node:stream';

/** A stream that keeps what is written, as a file or a pipe does. With `slow` it takes nothing in until `release` is called. */
export class CollectedOutput extends Writable {
  text = '';
  readonly #slow: boolean;
  #waiting: (() => void) | undefined;

  constructor({ slow = false, highWaterMark = 16_384 } = {}) {
    super({ decodeStrings: false, highWaterMark });
    this.#slow = slow;
  }

  override _write(chunk: string, _encoding: BufferEncoding, callback: () => void): void {
    this.text += chunk;
    if (this.#slow) this.#waiting = callback;
    else callback();
  }

  /** Takes the next piece in. */
  release(): void {
    this.#waiting?.();
  }
}
