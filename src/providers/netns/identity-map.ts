import { EnvironmentError } from '../../core/errors.ts';
import { findOnHost } from '../../host/tools.ts';
import type { LaunchOptions } from './lab-process.ts';
import { subordinateRange } from '../../host/subordinate-ids.ts';

/** Undefined for root, who maps what IDs he likes and so needs no helper for it. */
export function identityMap(): LaunchOptions['ids'] {
  if (process.getuid?.() === 0) return undefined;
  const [uid, gid] = [subordinateRange('/etc/subuid'), subordinateRange('/etc/subgid')];
  if (!uid || !gid)
    throw new EnvironmentError('this user has no subordinate user IDs', {
      code: 'no-subordinate-ids',
      hint: 'Run "lab doctor": it says how to get them.',
    });
  return { uid, gid, newuidmap: need('newuidmap'), newgidmap: need('newgidmap') };
}

/** The path of a program that the host itself must have. @throws {EnvironmentError} */
export function need(name: string): string {
  const path = findOnHost(name);
  if (path === undefined)
    throw new EnvironmentError(`${name} is not on this host`, {
      code: 'tool-missing',
      hint: 'Run "lab doctor": it says how to get it.',
    });
  return path;
}
