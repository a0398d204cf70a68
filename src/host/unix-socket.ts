import { chmodSync, closeSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { connect, Socket, type Server } from 'node:net';
import { basename, dirname } from 'node:path';

/** unix(7): bytes of `sun_path`, less the terminating zero. */
const LONGEST_PATH = 107;

export interface ConnectOptions {
  /** Stay open for writing when the other side has ended. */
  readonly allowHalfOpen?: boolean;
}

/** Connects to a Unix socket by a path of any length. What goes wrong is an `error` event, never thrown. */
export function connectUnix(path: string, options: ConnectOptions = {}): Socket {
  const way = wayTo(path);
  if (way instanceof Error) return new Socket().destroy(way);
  return connect({ path: way.path, ...options }).once('close', way.leave);
}

/**
 * Lets a server listen on a Unix socket with a path of any length, for this user only. The socket has its name from the
 * moment at which it can be connected to, because others wait for the name: between bind(2) and listen(2) a connection
 * is refused. It takes the place of what a killed process left there, and is removed when the server closes. What goes
 * wrong is an `error` event, never thrown.
 */
export function listenUnix(server: Server, path: string): void {
  const unnamed = `${path}.new`;
  const way = wayTo(unnamed);
  if (way instanceof Error) {
    process.nextTick(() => server.emit('error', way));
    return;
  }
  server.once('listening', () => {
    try {
      chmodSync(unnamed, 0o600);
      renameSync(unnamed, path);
      const { ino } = statSync(path);
      // Connections may outlive the listening: then another server may have the name.
      server.once('close', () => {
        if (statSync(path, { throwIfNoEntry: false })?.ino === ino) rmSync(path, { force: true });
      });
    } catch (error) {
      server.close().emit('error', error);
    }
  });
  rmSync(unnamed, { force: true });
  // Node removes the socket by the path that it was given, if it still has that name: until then the way must stay open.
  server.once('close', way.leave).listen(way.path);
}

/**
 * A path for connect(2) and bind(2) that is short enough: where it is not, through a descriptor of its folder, which
 * `leave` closes.
 */
function wayTo(path: string): { readonly path: string; readonly leave: () => void } | Error {
  if (Buffer.byteLength(path) <= LONGEST_PATH) return { path, leave: () => undefined };
  try {
    const folder = openSync(dirname(path), 'r');
    return { path: `/proc/self/fd/${folder}/${basename(path)}`, leave: () => closeSync(folder) };
  } catch (error) {
    return error as Error;
  }
}
