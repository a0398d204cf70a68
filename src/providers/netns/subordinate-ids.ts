import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';

/** A range of subordinate IDs that newuidmap(1) lets a user map. */
export interface IdRange {
  readonly first: number;
  readonly count: number;
}

/** Enough for the system accounts of a distribution and one ordinary user. */
export const neededIds = 1001;

/** The first range of this user in subuid(5) or subgid(5), by name or number. */
export function subordinateRange(file: '/etc/subuid' | '/etc/subgid'): IdRange | undefined {
  const { username, uid } = userInfo();
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  return parseRanges(text, [username, String(uid)]).find(({ count }) => count >= neededIds);
}

/** Ranges of the given owners, in the order of the file. */
export function parseRanges(text: string, owners: readonly string[]): IdRange[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(':'))
    .filter(([owner, first, count]) => owners.includes(owner ?? '') && /^\d+$/.test(first ?? '') && /^\d+$/.test(count ?? ''))
    .map(([, first, count]) => ({ first: Number(first), count: Number(count) }));
}
