import type { Socket } from 'node:net';
import { once } from 'node:events';
import { EnvironmentError } from '../../core/errors.ts';
import type { LinkCaptureRequest } from '../../core/link-capture.ts';
import { encodeFields } from './operations.ts';

/** Letters of the frames that executor.pl sends (`send_frame`), and what they carry. */
const streams = { O: 'stdout', E: 'stderr' } as const;
/** Letter and length. */
const headerBytes = 5;

/** One capture over a connection to the lab's server of captures. As `LinkCapture` says. */
export async function captureOver(socket: Socket, machine: string, request: LinkCaptureRequest): Promise<number | undefined> {
  const { stopped, signal, onOutput } = request;
  const abandon = (): void => void socket.destroy();
  signal.addEventListener('abort', abandon, { once: true });
  try {
    if (socket.connecting) await once(socket, 'connect', { signal });
    socket.write(`${encodeFields([machine, request.interface, request.filter])}\n`);
    void stopped.then(() => socket.end());
    for await (const { letter, content } of frames(socket)) {
      if (letter === 'X') return Number(content.toString());
      await onOutput(streams[letter], content);
    }
    signal.throwIfAborted();
    throw new EnvironmentError(`the capture at ${machine} ended without a word`, { code: 'capture-failed' });
  } finally {
    signal.removeEventListener('abort', abandon);
    socket.destroy();
  }
}

interface Frame {
  readonly letter: 'O' | 'E' | 'X';
  readonly content: Buffer;
}

async function* frames(socket: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let data: Buffer = Buffer.alloc(0);
  for await (const bytes of socket) {
    data = data.length === 0 ? bytes : Buffer.concat([data, bytes]);
    while (data.length >= headerBytes) {
      const end = headerBytes + data.readUInt32BE(1);
      if (data.length < end) break;
      yield { letter: data.toString('latin1', 0, 1) as Frame['letter'], content: data.subarray(headerBytes, end) };
      data = data.subarray(end);
    }
  }
}
