import type { Writable } from 'node:stream';

/**
 * Writes, and says when the stream can take more: at once (undefined), or when the promise resolves. A broken or closed
 * stream takes everything: it goes nowhere.
 */
export function writeTo(stream: Writable, data: string): Promise<void> | undefined {
  if (stream.destroyed || stream.writableEnded || stream.write(data)) return undefined;
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('close', done).off('error', done);
      resolve();
    };
    // A terminal or a file that takes no more emits an error and stays open, without ever draining.
    stream.on('drain', done).on('close', done).on('error', done);
  });
}
