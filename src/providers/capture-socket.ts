import type { Socket } from 'node:net';
import { once } from 'node:events';
import { EnvironmentError, messageOf } from '../core/errors.ts';
import { say } from '../core/language/say.ts';
import type { LinkCaptureRequest } from '../packets/link-capture.ts';

/**
 * Letters of the frames that a capture server sends (executor.pl of netns, the switch of qemu), and what they carry.
 * `X` carries the exit status and comes last.
 */
const streams = { O: 'stdout', E: 'stderr' } as const;
/** Letter and length, 32 bits, big-endian. */
const HEADER_BYTES = 5;

export type CaptureLetter = keyof typeof streams | 'X';

export interface CaptureQuestion {
  readonly machine: string;
  /** What is captured, as the server wants it: one line, without its end. */
  readonly line: string;
}

/**
 * One capture over a connection to a capture server of the lab, as `LinkCapture` describes.
 *
 * @throws {EnvironmentError} when the server does not answer, or the connection breaks off.
 */
export async function captureOver(
  socket: Socket,
  { machine, line }: CaptureQuestion,
  request: LinkCaptureRequest,
): Promise<number | undefined> {
  const { stopped, signal, onOutput } = request;
  const abandon = (): void => void socket.destroy();
  signal.addEventListener('abort', abandon, { once: true });
  try {
    await connected(socket, machine, signal);
    socket.write(`${line}\n`);
    void stopped.then(() => socket.end());
    for await (const { letter, content } of frames(whole(socket, machine, signal))) {
      if (letter === 'X') return Number(content.toString());
      await onOutput(streams[letter], content);
    }
    signal.throwIfAborted();
    throw broken(say`the capture at ${machine} ended without a word`);
  } finally {
    signal.removeEventListener('abort', abandon);
    socket.destroy();
  }
}

/** A frame as `captureOver` reads it, with room for its content of so many bytes. */
export function captureFrame(
  letter: CaptureLetter,
  length: number,
): { readonly frame: Buffer; readonly contentAt: number } {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + length);
  frame.write(letter, 'latin1');
  frame.writeUInt32BE(length, 1);
  return { frame, contentAt: HEADER_BYTES };
}

async function connected(socket: Socket, machine: string, signal: AbortSignal): Promise<void> {
  try {
    if (socket.connecting || socket.errored) await once(socket, 'connect', { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw broken(say`the capture at ${machine} did not begin: ${messageOf(error)}`);
  }
}

/** What the socket brings. A server that is killed resets the connection where it has not read all of it. */
async function* whole(socket: AsyncIterable<Buffer>, machine: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    yield* socket;
  } catch (error) {
    signal.throwIfAborted();
    throw broken(say`the capture at ${machine} broke off: ${messageOf(error)}`);
  }
}

function broken(message: string): EnvironmentError {
  return new EnvironmentError(message, { code: 'capture-failed' });
}

interface Frame {
  readonly letter: CaptureLetter;
  readonly content: Buffer;
}

async function* frames(chunks: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let data: Buffer = Buffer.alloc(0);
  for await (const bytes of chunks) {
    data = data.length === 0 ? bytes : Buffer.concat([data, bytes]);
    while (data.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + data.readUInt32BE(1);
      if (data.length < end) break;
      yield { letter: data.toString('latin1', 0, 1) as CaptureLetter, content: data.subarray(HEADER_BYTES, end) };
      data = data.subarray(end);
    }
  }
}
