import type { Writable } from 'node:stream';
import { systemCode } from '../core/errors.ts';

/** The reader of our output went away (`lab logs | head`). No fault of anybody: the command stops and nothing is said. */
export class OutputClosedError extends Error {
  override readonly name = 'OutputClosedError';
}

/**
 * Writes, and resolves when more may follow, so that a slow reader slows the source down.
 *
 * @throws {OutputClosedError} when nobody reads any more.
 */
export async function writeOutput(stream: Writable, data: Uint8Array | string): Promise<void> {
  if (stream.destroyed || stream.writableEnded) throw new OutputClosedError('the output is closed');
  await new Promise<void>((resolve, reject) => {
    stream.write(data, (error) => (error ? reject(asClosed(error)) : resolve()));
  });
}

function asClosed(error: Error): Error {
  return systemCode(error) === 'EPIPE' || systemCode(error) === 'ERR_STREAM_DESTROYED' ? new OutputClosedError('the output is closed', { cause: error }) : error;
}
