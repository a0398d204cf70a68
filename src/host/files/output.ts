import type { Writable } from 'node:stream';
import { EnvironmentError, messageOf, systemCode } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import { storing } from './storage-error.ts';

/** The reader of our output went away (`lab logs | head`). Not an error: the command stops silently. */
export class OutputClosedError extends Error {
  override readonly name = 'OutputClosedError';
}

/** Our own output cannot be written: the disk that it goes to is full or broken. */
export class OutputFailedError extends EnvironmentError {}

/**
 * Writes, and resolves when more may follow, so that a slow reader slows the source down.
 *
 * @throws {OutputClosedError} when it has no reader any more. @throws {OutputFailedError} when it goes to a file that
 * cannot be written.
 */
export async function writeOutput(stream: Writable, data: Uint8Array | string): Promise<void> {
  if (stream.destroyed || stream.writableEnded) throw new OutputClosedError('the output is closed');
  const written = new Promise<void>((resolve, reject) => {
    stream.write(data, (error) =>
      error
        ? reject(isClosed(error, stream) ? new OutputClosedError('the output is closed', { cause: error }) : error)
        : resolve(),
    );
  });
  await written.catch(async (error: unknown) => {
    throw error instanceof OutputClosedError ? error : await outputFailure(error);
  });
}

/**
 * A pipe or socket whose other end went away; a terminal that did is EIO to those who write (tty_ioctl(4)), ENXIO to
 * those who open it.
 */
const closed: ReadonlySet<string> = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED']);
const terminalGone: ReadonlySet<string> = new Set(['EIO', 'ENXIO']);

/** Whether an error of a stream says that its other end is gone; on a disk the same errors say that it is broken. */
export function isClosed(error: unknown, stream: Writable): boolean {
  return closed.has(systemCode(error) ?? '') || isTerminalGone(error, stream);
}

export function isTerminalGone(error: unknown, stream: object): boolean {
  return 'isTTY' in stream && stream.isTTY === true && terminalGone.has(systemCode(error) ?? '');
}

/** What an error of our own output is to the user. */
export async function outputFailure(cause: unknown): Promise<OutputFailedError> {
  const told = await storing(say`cannot write the output`, () => Promise.reject(cause)).catch(
    (error: unknown) => error,
  );
  const known = told instanceof EnvironmentError ? told : undefined;
  return new OutputFailedError(known?.message ?? say`cannot write the output: ${messageOf(cause)}`, {
    code: known?.code ?? 'output-failed',
    hint: say`Write it to another place.`,
    cause,
  });
}
