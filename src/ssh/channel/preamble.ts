import type { Readable } from 'node:stream';

/** So much of what comes before the line is kept for a message. */
const MAX_NOISE_CHARACTERS = 4096;
/** The line holds a process and its row of /proc; a line that does not end is not ours. */
const MAX_LINE_BYTES = 16 * 1024;

export interface TakenLine {
  /** The line from the token on, without its end; undefined when the stream ended before it came. */
  readonly line: string | undefined;
  /** What came before it. */
  readonly noise: string;
}

/**
 * Takes everything up to and including the line that begins with `token` out of a stream; what follows stays in it.
 * `onNoise` hears what has come before it so far.
 */
export function takeLine(stream: Readable, token: string, onNoise?: (noise: string) => void): Promise<TakenLine> {
  const { promise, resolve } = Promise.withResolvers<TakenLine>();
  let pending: Buffer = Buffer.alloc(0);
  let noise = '';

  const finish = (line: string | undefined): void => {
    stream.off('data', onData).off('end', onEnd).off('close', onEnd);
    resolve({ line, noise: (noise + (line === undefined ? pending.toString() : '')).slice(0, MAX_NOISE_CHARACTERS) });
  };
  const onEnd = (): void => finish(undefined);
  const onData = (chunk: Buffer): void => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    const start = pending.indexOf(token);
    const end = start < 0 ? -1 : pending.indexOf('\n', start);
    if (end < 0) {
      // A token may be cut in two, so its length is kept; once it has begun, all is kept until its line ends.
      const settled = start < 0 ? Math.max(0, pending.length - token.length) : start;
      if (settled > 0 && noise.length < MAX_NOISE_CHARACTERS)
        onNoise?.((noise = (noise + pending.toString('utf8', 0, settled)).slice(0, MAX_NOISE_CHARACTERS)));
      pending = pending.subarray(settled);
      if (pending.length > MAX_LINE_BYTES) pending = pending.subarray(token.length);
      return;
    }
    noise += pending.toString('utf8', 0, start);
    stream.pause();
    const rest = pending.subarray(end + 1);
    finish(pending.toString('utf8', start, end).trimEnd());
    if (rest.length > 0) stream.unshift(rest);
  };

  if (stream.readableEnded || stream.destroyed) resolve({ line: undefined, noise: '' });
  else stream.on('data', onData).once('end', onEnd).once('close', onEnd).resume();
  return promise;
}
