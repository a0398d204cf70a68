import type { Writable } from 'node:stream';

/** By stream: until it can take more. Many events that are released at once wait together. */
const waits = new WeakMap<Writable, Promise<void>>();

/**
 * Writes, and says when the stream can take more: at once (undefined), or when the promise resolves. A broken or closed
 * stream takes everything: it goes nowhere.
 */
export function writeTo(stream: Writable, data: string): Promise<void> | undefined {
  if (stream.destroyed || stream.writableEnded || stream.write(data)) return undefined;
  const known = waits.get(stream);
  if (known !== undefined) return known;
  const wait = new Promise<void>((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('close', done).off('error', done);
      waits.delete(stream);
      resolve();
    };
    // A terminal or a file that takes no more emits an error and stays open, without ever draining.
    stream.on('drain', done).on('close', done).on('error', done);
  });
  waits.set(stream, wait);
  return wait;
}
