import { lstatSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { say } from '../../core/language/say.ts';

/** A place on the way to a path where another user decides what is found behind it. */
export interface Intruder {
  readonly path: string;
  /** What was seen there; follows the path: `belongs to another user (user ID 1002)`. */
  readonly why: string;
  /** Whether this user can take the others' right to write away. */
  readonly isOurs: boolean;
}

/** path_resolution(7): as many links as the kernel follows. */
const MOST_LINKS = 40;
const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_OTHERS = 0o002;
const STICKY = 0o1000;

/**
 * Looks at each folder and link that leads to a path, and at the path itself, as sshd(8) does with StrictModes: they
 * must belong to this user or root, and no one else may write there. A shared folder with the sticky bit, as /tmp has
 * it, is passed through: entries of its own belong to those who made them.
 *
 * @returns the first place that is not so; undefined when there is none, when the rest of the path does not exist, and
 * on Windows, which has no such modes.
 * @throws the system error when a place cannot be looked at.
 */
export function intruderOnTheWay(path: string): Intruder | undefined {
  if (process.geteuid === undefined) return undefined;
  const left = partsOf(resolve(path));
  let [at, isShared, links] = ['/', false, 0];
  for (let name: string | undefined = ''; name !== undefined; name = left.shift()) {
    const next = join(at, name);
    const found = lstatSync(next, { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    const why = strangeOwner(found, isShared) ?? (found.isSymbolicLink() ? undefined : strangeWriters(found));
    if (why !== undefined) return { path: next, why, isOurs: found.uid === process.geteuid() };
    if (!found.isSymbolicLink()) {
      [at, isShared] = [next, (found.mode & WRITABLE_BY_OTHERS) !== 0];
      continue;
    }
    if (++links > MOST_LINKS) return { path: next, why: say`is a link that leads in a circle`, isOurs: false };
    const target = readlinkSync(next);
    if (isAbsolute(target)) [at, isShared] = ['/', false];
    left.unshift(...partsOf(target));
  }
  return undefined;
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

function strangeOwner({ uid }: Stats, isShared: boolean): string | undefined {
  if (uid === 0 || uid === process.geteuid!()) return undefined;
  return !isShared && isUnmapped(uid) ? undefined : say`belongs to another user (user ID ${uid})`;
}

/**
 * In a user namespace, as rootless containers are, root of the host is this number (user_namespaces(7)). What lies in a
 * folder that only trusted users write to was put there by one of them.
 */
function isUnmapped(uid: number): boolean {
  return (
    uid === Number(textOf('/proc/sys/kernel/overflowuid')) &&
    !/^\s*0\s+0\s+4294967295\s*$/.test(textOf('/proc/self/uid_map'))
  );
}

function strangeWriters({ mode, gid }: Stats): string | undefined {
  if ((mode & STICKY) !== 0) return undefined;
  if ((mode & WRITABLE_BY_OTHERS) !== 0) return say`can be changed by every user`;
  return (mode & WRITABLE_BY_GROUP) !== 0 && !isPrivate(gid)
    ? say`can be changed by a group of users (group ID ${gid})`
    : undefined;
}

/**
 * Whether a group has no member but this user and root: Debian and Ubuntu give each user such a group, and let it write
 * to all that the user makes.
 */
function isPrivate(gid: number): boolean {
  const group = rows('/etc/group').find((row) => Number(row[2]) === gid);
  const accounts = rows('/etc/passwd').filter((row) => row.length > 3);
  const own = accounts.find((row) => Number(row[2]) === process.geteuid!())?.[0];
  if (group === undefined || own === undefined) return false;
  const members = [
    ...(group[3] ?? '').split(','),
    ...accounts.filter((row) => Number(row[3]) === gid).map(([name = '']) => name),
  ];
  return members.every((name) => ['', own, 'root'].includes(name));
}

/** Of passwd(5) and group(5). */
function rows(file: string): string[][] {
  return textOf(file)
    .split('\n')
    .map((line) => line.split(':'));
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
