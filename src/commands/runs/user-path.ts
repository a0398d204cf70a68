import { join, resolve } from 'node:path';
import { localUser } from '../../host/local-user.ts';

/** An absolute path from what a user wrote; `~/` is the home folder also where no shell put it in (`--key=~/k`). */
export function userPath(written: string, cwd: string): string {
  return written.startsWith('~/') ? join(localUser().home, written.slice(2)) : resolve(cwd, written);
}
