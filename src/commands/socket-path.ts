import { openSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** unix(7) has room for this many bytes of a socket's path. */
const longestPath = 107;

/** A path for connect(2) and bind(2) that is short enough: through a descriptor of the folder, which stays open, where the path itself is too long. */
export function socketPath(path: string): string {
  if (Buffer.byteLength(path) <= longestPath) return path;
  return `/proc/self/fd/${openSync(dirname(path), 'r')}/${basename(path)}`;
}
