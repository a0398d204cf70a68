import type { CountRange } from '../../core/packet-problem.ts';

const LARGEST = 1e9;
/** A range as it is written. */
export const RANGE = /^(?:(none)|(some)|(\d{1,9})\+|(\d{1,9})\.\.(\d{1,9})|(>=|<=|>|<) ?(\d{1,9}))$/;

/** `8`, `none`, `some`, `8+`, `8..10`, `>= 8` as a range; undefined for anything else. */
export function rangeOf(value: unknown): CountRange | undefined {
  if (typeof value === 'number')
    return Number.isInteger(value) && value >= 0 && value <= LARGEST ? { least: value, most: value } : undefined;
  const match = typeof value === 'string' ? RANGE.exec(value) : null;
  if (match === null) return undefined;
  const [, none, some, open, first, last, sign, limit] = match;
  if (none !== undefined) return { least: 0, most: 0 };
  if (some !== undefined) return { least: 1 };
  if (open !== undefined) return { least: Number(open) };
  if (sign !== undefined) return limited(sign, Number(limit));
  const range = { least: Number(first), most: Number(last) };
  return range.least <= range.most ? range : undefined;
}

function limited(sign: string, limit: number): CountRange | undefined {
  if (sign === '>=') return { least: limit };
  if (sign === '>') return { least: limit + 1 };
  const most = sign === '<' ? limit - 1 : limit;
  return most < 0 ? undefined : { least: 0, most };
}

/** As `rangeOf` reads it again, without blanks. */
export function rangeText({ least, most }: CountRange): string {
  if (most === undefined) return least === 1 ? 'some' : `${least}+`;
  if (least === most) return least === 0 ? 'none' : String(least);
  return `${least}..${most}`;
}

export function isInRange(count: number, { least, most = Infinity }: CountRange): boolean {
  return count >= least && count <= most;
}
