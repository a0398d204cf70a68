import { KnownWords } from '../../core/text/suggest.ts';
import { say } from '../../core/language/say.ts';
import { quoted } from '../fields/text-rule.ts';
import { matchesName } from '../name-pattern.ts';
import type { Path, PathProblem } from '../problem.ts';
import { mapOf, valueAt, type LabTree, type Origin } from './lab-tree.ts';

/** What no two links can have. */
const ownFields = ['name', 'subnet', 'subnet6'];

/** Replaces each link with a pattern, `[r1, c-*]`, by one to each machine that it means. */
export class LinkPatterns {
  readonly problems: PathProblem[] = [];
  readonly #tree: LabTree;
  readonly #machines: readonly string[];

  constructor(tree: LabTree, machines: readonly string[]) {
    this.#tree = tree;
    this.#machines = machines;
  }

  expanded(links: unknown): unknown {
    if (!Array.isArray(links) || !links.some((link) => patternIn(link))) return links;
    const all = links.flatMap((link: unknown, index): { readonly link: unknown; readonly origin: Origin }[] => {
      const origin = this.#tree.originOf(['links', index]);
      // Another link may have its place by the time at which problems are shown.
      const path = ['written-links', index];
      this.#tree.place(path, origin);
      return this.#linksOf(link, path).map((one) => ({ link: one, origin }));
    });
    for (const [index, { origin }] of all.entries()) this.#tree.place(['links', index], origin);
    return all.map(({ link }) => link);
  }

  #linksOf(link: unknown, path: Path): readonly unknown[] {
    const found = patternIn(link);
    if (found === undefined) return [link];
    const { ends, side, pattern } = found;
    const at = [...path, ...(Array.isArray(link) ? [] : ['between']), side];
    const other = ends[1 - side]!;
    const machines = this.#machines.filter((name) => name !== other && matchesName(pattern, name));
    if (other.includes('*')) return this.#wrong(at, say`only one end can be a pattern`, say`write a link for each`);
    if (machines.length === 0)
      return this.#wrong(
        at,
        say`no machine has a name like ${quoted(pattern)}`,
        new KnownWords(this.#machines).suggestion(pattern) ?? say`add it under "machines:"`,
      );
    const own = ownFields.find((field) => valueAt(link, [field]) !== undefined);
    if (own !== undefined && machines.length > 1)
      return this.#wrong([...path, own], say`${machines.length} links cannot share it`, say`write a link for each`);
    const both = machines.map((name) => ends.with(side, name));
    return Array.isArray(link) ? both : both.map((between) => Object.assign({}, mapOf(link), { between }));
  }

  #wrong(path: Path, message: string, hint: string): readonly [] {
    this.problems.push({ path, message, hint });
    return [];
  }
}

function patternIn(
  link: unknown,
): { readonly ends: readonly string[]; readonly side: number; readonly pattern: string } | undefined {
  const ends: unknown = Array.isArray(link) ? link : valueAt(link, ['between']);
  if (!Array.isArray(ends) || ends.length !== 2 || !ends.every((end) => typeof end === 'string')) return undefined;
  const side = ends.findIndex((end) => end.includes('*'));
  return side < 0 ? undefined : { ends, side, pattern: ends[side]! };
}
