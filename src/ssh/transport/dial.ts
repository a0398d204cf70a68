import net from 'node:net';
import type { Duplex } from 'node:stream';
import { ConnectionError } from '../../core/errors.ts';
import { unlessAborted } from '../../core/time/time-limit.ts';
import { connectUnix } from '../../host/unix-socket.ts';
import { dialFailure } from './dial-failure.ts';
import type { ShellTarget } from '../target.ts';

/**
 * A connected stream to the SSH server; rejects with a `ConnectionError` that names the cause. `signal` ends the
 * attempt with its reason.
 */
export async function dial(target: ShellTarget, signal: AbortSignal): Promise<Duplex> {
  signal.throwIfAborted();
  const { address } = target;
  try {
    if ('stream' in address) return joinWrites(await wanted(address.stream(), signal));
    const socket =
      'socketPath' in address
        ? connectUnix(address.socketPath)
        : net.connect({
            host: address.host,
            port: address.port,
            // Nagle's algorithm lets the second of two packets in a row wait for the other side's delayed ACK (44 ms).
            noDelay: true,
            ...given('family', address.family),
            ...given('localAddress', address.localAddress),
          });
    return joinWrites(await connected(socket, signal));
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof ConnectionError ? error : dialFailure(target, error);
  }
}

/** A stream made by the caller, which may take its time: one that comes too late is closed. */
async function wanted(making: Duplex | Promise<Duplex>, signal: AbortSignal): Promise<Duplex> {
  const stream = Promise.resolve(making);
  stream.then(
    (made) => signal.aborted && made.destroy(),
    () => undefined,
  );
  return unlessAborted(stream, signal);
}

/**
 * ssh2 writes each packet in three pieces. What is written in one go becomes one system call, and wakes the server
 * once.
 */
function joinWrites<S extends Duplex>(socket: S): S {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  const joined = (...args: unknown[]): boolean => {
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(() => socket.uncork());
    }
    return write(...args);
  };
  return Object.assign(socket, { write: joined });
}

/** An option that is left out where it is not given: for Node, `undefined` is something else. */
function given<K extends string, T>(name: K, value: T | undefined): Partial<Record<K, T>> {
  return value === undefined ? {} : ({ [name]: value } as Record<K, T>);
}

function connected(socket: net.Socket, signal: AbortSignal): Promise<net.Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<net.Socket>();
  const abort = (): void => {
    socket.destroy();
    reject(signal.reason as Error);
  };
  signal.addEventListener('abort', abort, { once: true });
  socket.once('connect', () => resolve(socket)).once('error', reject);
  return promise.finally(() => {
    signal.removeEventListener('abort', abort);
    socket.off('error', reject);
  });
}
