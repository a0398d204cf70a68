import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { connectUnix } from '../../host/unix-socket.ts';

/**
 * Joins standard input and output to a Unix socket until the other side ends: what OpenSSH expects of a ProxyCommand
 * (ssh_config(5)). It loads nothing but Node, because OpenSSH waits for it at every connection.
 *
 * @throws the system error when there is no such socket, or nothing listens on it.
 */
export async function proxy(path: string): Promise<void> {
  const socket = connectUnix(path, { allowHalfOpen: true });
  await connected(socket);
  // Our input may stay open when the other side has ended, and then no longer matters.
  pipeline(process.stdin, socket).catch(() => socket.destroy());
  await pipeline(socket, process.stdout);
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject);
  });
}

/** `proxy` with its exit code; a failure is reported on standard error, where ssh(1) lets it through. */
export async function proxyOrExplain(path: string): Promise<number> {
  try {
    await proxy(path);
    return 0;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`lab: cannot reach ${path}: ${reason}. "lab up" brings the machine back.\n`);
    return 3;
  }
}
