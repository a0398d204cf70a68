import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { EnvironmentError } from '../core/errors.ts';
import { say } from '../core/language/say.ts';
import { localUser } from './local-user.ts';

/** A range of subordinate IDs that newuidmap(1) lets a user map. */
export interface IdRange {
  readonly first: number;
  readonly count: number;
}

/** Enough for the system accounts of a distribution and one ordinary user. */
export const NEEDED_IDS = 1001;

/** The first range of this user in subuid(5) or subgid(5), by name or number. */
export function subordinateRange(file: '/etc/subuid' | '/etc/subgid'): IdRange | undefined {
  const { name, uid } = localUser();
  return parseRanges(textOf(file), [name, String(uid)]).find(({ count }) => count >= NEEDED_IDS);
}

/** The size of range that useradd(8) gives. */
const USUAL_COUNT = 65_536;

/** A range that these files, subuid(5) and subgid(5), give to nobody, above what useradd(8) gives to users themselves. */
export function freeRange(files: Pick<IdFiles, 'subuid' | 'subgid'> = idFiles()): IdRange {
  const ends = parseRanges(`${files.subuid}\n${files.subgid}`)
    .filter(({ first }) => first < ownRanges.first)
    .map(({ first, count }) => first + count);
  return { first: Math.max(100_000, ...ends), count: USUAL_COUNT };
}

/** Ranges of the given owners, or of all, in the order of the file. */
function parseRanges(text: string, owners?: readonly string[]): IdRange[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(':'))
    .filter(
      ([owner, first, count]) =>
        (owners?.includes(owner ?? '') ?? true) && /^\d+$/.test(first ?? '') && /^\d+$/.test(count ?? ''),
    )
    .map(([, first, count]) => ({ first: Number(first), count: Number(count) }));
}

/**
 * Above what useradd(8) gives to users and their subordinate ranges, and below the limit of signed numbers; so many
 * labs of root have 65,536 IDs each of their own.
 */
const ownRanges = { first: 600_100_000, labs: 4096, size: 65_536 } as const;

/** What this host says of IDs. */
export interface IdFiles {
  /** subuid(5) */
  readonly subuid: string;
  /** subgid(5) */
  readonly subgid: string;
  /** /proc/self/uid_map (user_namespaces(7)): which IDs there are. */
  readonly uidMap: string;
}

function idFiles(): IdFiles {
  return { subuid: textOf('/etc/subuid'), subgid: textOf('/etc/subgid'), uidMap: textOf('/proc/self/uid_map') };
}

/** Whether root here is root of the host, and not of a container that has a user namespace of its own. */
export function isRootOfHost({ uidMap }: Pick<IdFiles, 'uidMap'> = idFiles()): boolean {
  return /^\s*0\s+0\s+4294967295\s*$/.test(uidMap);
}

/**
 * The IDs that a lab of root has: root's own range where /etc/subuid and /etc/subgid give it one, or else a range that
 * they give to nobody. It follows from the lab's ID, so that hardly ever two labs share one; where they do, they share
 * limits per account, and nothing else. In a container there is only what the container has.
 */
export function rangeOfLab(labId: string, files: IdFiles = idFiles()): IdRange {
  if (!isRootOfHost(files)) return rangeInContainer(files);
  const [uids, gids] = [files.subuid, files.subgid].map((text) =>
    parseRanges(text, ['root', '0']).find(({ count }) => count >= ownRanges.size),
  );
  if (uids && gids && uids.first === gids.first) return { first: uids.first, count: ownRanges.size };
  const taken = parseRanges(`${files.subuid}\n${files.subgid}`);
  const start = createHash('sha256').update(labId).digest().readUInt16LE(0);
  const candidates = Array.from(
    { length: ownRanges.labs },
    (_, step) => ownRanges.first + ((start + step) % ownRanges.labs) * ownRanges.size,
  );
  const free = candidates.find(
    (first) => !taken.some((range) => range.first < first + ownRanges.size && first < range.first + range.count),
  );
  if (free === undefined)
    throw new EnvironmentError(say`all user IDs that a lab of root could have are given away`, {
      code: 'no-subordinate-ids',
      hint: say`Give root a range of 65,536 in /etc/subuid and /etc/subgid: root:600100000:65536`,
    });
  return { first: free, count: ownRanges.size };
}

/** The upper half of the container's largest range, where its accounts are not. */
function rangeInContainer({ uidMap }: IdFiles): IdRange {
  const extents = uidMap
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([first = 0, , count = 0]) => ({ first, count }));
  const { first, count } = extents.toSorted((a, b) => b.count - a.count)[0] ?? { first: 0, count: 0 };
  const size = Math.min(ownRanges.size, Math.floor(count / 2));
  if (size < NEEDED_IDS)
    throw new EnvironmentError(
      say`root of this container has only ${count} user IDs, and the users of a lab need ${NEEDED_IDS * 2}`,
      { code: 'no-subordinate-ids', hint: say`Give the container more user IDs, or run lab outside of it.` },
    );
  return { first: first + count - size, count: size };
}

/**
 * Whether a process with this owner can be one of this user's labs: the machines' root is nobody on the host, and so is
 * the init of a lab that root made.
 */
export function isOwnLabUser(uid: number): boolean {
  const self = process.getuid?.();
  return uid === self || (self === 0 && isOfRootsLab(uid));
}

function isOfRootsLab(uid: number): boolean {
  const files = idFiles();
  const own = isRootOfHost(files)
    ? { first: ownRanges.first, count: ownRanges.labs * ownRanges.size }
    : rangeInContainer(files);
  return [own, ...parseRanges(files.subuid, ['root', '0'])].some(
    ({ first, count }) => uid >= first && uid < first + count,
  );
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
