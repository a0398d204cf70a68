import { say } from '../core/language/say.ts';

/** Whether a name is one that a pattern means, in which `*` stands for any text: `c*`, `client-*`. */
export function matchesName(pattern: string, name: string): boolean {
  const parts = pattern.split('*');
  const [head, tail] = [parts[0]!, parts.at(-1)!];
  if (parts.length === 1) return pattern === name;
  if (!name.startsWith(head) || !name.endsWith(tail) || name.length < head.length + tail.length) return false;
  let at = head.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= name.length - tail.length;
}

/** Those of these names that an entry of this name with a `count` makes, by number: `c-1`, `c-2` of `c`. */
export function numberedNames(name: string, names: Iterable<string>): string[] {
  return [...names]
    .filter((each) => each.startsWith(`${name}-`) && /^[1-9]\d{0,8}$/.test(each.slice(name.length + 1)))
    .toSorted((a, b) => numberOfName(a)! - numberOfName(b)!);
}

/** Where several were made of one entry, of which a name is meant. */
export function allOfThem(name: string, numbered: readonly string[]): string {
  return say`${`${name}-*`} stands for ${numbered[0]!} to ${numbered.at(-1)!}`;
}

/** The number with which a name ends, behind a `-`: 7 of `client-7`. */
export function numberOfName(name: string): number | undefined {
  const number = /-(\d{1,9})$/.exec(name)?.[1];
  return number === undefined ? undefined : Number(number);
}
