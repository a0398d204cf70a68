import { closeSync, openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';

/** unix(7): bytes of `sun_path`, less the terminating zero. */
const longestPath = 107;

/** Connects to a Unix socket by a path of any length: that of its folder's descriptor is always short. */
export function connectUnix(path: string): Socket {
  if (Buffer.byteLength(path) <= longestPath) return connect(path);
  const folder = openSync(dirname(path), 'r');
  const socket = connect(`/proc/self/fd/${folder}/${basename(path)}`);
  return socket.once('close', () => closeSync(folder));
}
