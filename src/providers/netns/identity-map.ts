import { EnvironmentError } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import { findOnHost } from '../../host/tools.ts';
import type { IdentityMap } from './lab-process.ts';
import { subordinateRange } from '../../host/subordinate-ids.ts';

/**
 * The users that a lab of this user can have: root maps what IDs he likes and so needs no helper for it; an ordinary
 * user needs newuidmap(1) and a range for more than the own one.
 */
export function identityMap(): IdentityMap {
  if (process.getuid?.() === 0) return { kind: 'of-root' };
  const [uid, gid] = [subordinateRange('/etc/subuid'), subordinateRange('/etc/subgid')];
  const [newuidmap, newgidmap] = [findOnHost('newuidmap'), findOnHost('newgidmap')];
  return uid && gid && newuidmap !== undefined && newgidmap !== undefined
    ? { kind: 'ranges', uid, gid, newuidmap, newgidmap }
    : { kind: 'one-identity' };
}

/** The path of a program that the host itself must have. @throws {EnvironmentError} */
export function need(name: string): string {
  const path = findOnHost(name);
  if (path === undefined)
    throw new EnvironmentError(say`${name} is not on this host`, {
      code: 'tool-missing',
      hint: say`Run "lab doctor": it says how to get it.`,
    });
  return path;
}
