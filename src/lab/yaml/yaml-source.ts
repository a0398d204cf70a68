import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';
import { formatPath, shortened, type PathProblem, type Path, type Span } from '../problem.ts';
import { MERGE_KEY, PlainReader, textOfScalar } from './plain-reader.ts';
import type { Problem } from '../problem.ts';
import { TextLines } from './text-lines.ts';
import { syntaxProblems, type YamlProblem } from './yaml-problems.ts';
import { directiveProblem } from './yaml-messages.ts';

/**
 * The text of a lab file, read as YAML: its plain data, the problems of the YAML itself, and where each value stands.
 */
export class YamlSource {
  /** Null when the file is empty. */
  readonly data: unknown;
  readonly problems: readonly YamlProblem[];
  readonly #lines: TextLines;
  readonly #document: Document.Parsed;
  readonly #plain: PlainReader;
  readonly #pairs = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

  constructor(text: string) {
    this.#lines = new TextLines(text);
    this.#document = parseDocument(text, {
      prettyErrors: false,
      uniqueKeys: false,
      version: '1.2',
      schema: 'core',
      merge: false,
    });
    this.#plain = new PlainReader(text, this.#lines);
    this.data = this.#plain.read(this.#document);
    const directive = this.#document.directives.yaml.explicit ? /^%.*/m.exec(text) : null;
    const explicit = directive && {
      offset: directive.index,
      length: directive[0].length,
      ...directiveProblem,
      breaks: false,
    };
    const syntax = syntaxProblems(text, this.#document);
    const lines = new Set(syntax.map(({ offset }) => this.#lines.lineOf(offset)));
    const plain = this.#plain.problems.filter(({ offset }) => !lines.has(this.#lines.lineOf(offset)));
    this.problems = [...(explicit ? [explicit] : []), ...syntax, ...plain].toSorted((a, b) => a.offset - b.offset);
  }

  /**
   * Where a value stands, or its key. A map or list that has a key is shown by its key. When the path leads to
   * nothing, the nearest part that exists.
   */
  spanOf(path: Path, at: 'key' | 'value' = 'value'): Span {
    let node: unknown = this.#document.contents;
    let key: unknown = isMap(node) ? node.items[0]?.key : undefined;
    for (const part of path) {
      const next = this.#child(node, part);
      if (next === undefined) return this.#spanOf(key ?? node);
      key = next.key ?? next.value ?? key;
      node = next.value;
    }
    const collection = isMap(node) || isSeq(node) || !hasRange(node) || node.range[0] === node.range[1];
    return this.#spanOf(key !== undefined && (at === 'key' || collection) ? key : node);
  }

  /** The text of a scalar as it stands in the file, without quotes. Undefined for anything else. */
  textAt(path: Path): string | undefined {
    let node: unknown = this.#document.contents;
    for (const part of path) node = this.#child(node, part)?.value;
    const target = this.#resolve(node);
    return isScalar(target) ? textOfScalar(target) : undefined;
  }

  problemOf({ path, at, message, hint }: PathProblem): Problem {
    return problemAt(this.spanOf(path, at), formatPath(path), message, hint);
  }

  problemOfYaml({ offset, length, message, hint }: YamlProblem): Problem {
    return problemAt(this.#lines.spanAt(offset, offset + length), '', message, hint);
  }

  #child(node: unknown, part: string | number): { key: unknown; value: unknown } | undefined {
    const target = this.#resolve(node);
    if (isSeq(target)) {
      const value = target.items[Number(part)];
      return value === undefined ? undefined : { key: undefined, value };
    }
    return isMap(target) ? this.#pairsOf(target).get(String(part)) : undefined;
  }

  /**
   * The pairs of a map by name, the first of each name as `PlainReader` takes it. Cached: each part of a large map is
   * looked up.
   */
  #pairsOf(map: YAMLMap): ReadonlyMap<string, Pair> {
    const known = this.#pairs.get(map);
    if (known) return known;
    const pairs = new Map<string, Pair>();
    const merged: unknown[] = [];
    for (const pair of map.items) {
      const name = this.#nameOf(pair.key);
      if (name === MERGE_KEY) merged.push(...(isSeq(pair.value) ? pair.value.items : [pair.value]));
      else if (name !== undefined && !pairs.has(name)) pairs.set(name, pair);
    }
    this.#pairs.set(map, pairs);
    for (const node of merged) {
      const target = this.#resolve(node);
      if (isMap(target)) for (const [name, pair] of this.#pairsOf(target)) if (!pairs.has(name)) pairs.set(name, pair);
    }
    return pairs;
  }

  #nameOf(key: unknown): string | undefined {
    const target = this.#resolve(key);
    return isScalar(target) ? textOfScalar(target) : undefined;
  }

  #resolve(node: unknown): Node | undefined {
    return isAlias(node) ? this.#plain.targets.get(node) : (node as Node | undefined);
  }

  #spanOf(node: unknown): Span {
    return hasRange(node) ? this.#lines.spanAt(node.range[0], node.range[1]) : this.#lines.spanAt(0, 1);
  }
}

function problemAt({ length, ...position }: Span, path: string, message: string, hint: string | undefined): Problem {
  return {
    position,
    length,
    path,
    message: shortened(message),
    ...(hint === undefined ? {} : { hint: shortened(hint) }),
  };
}

function hasRange(node: unknown): node is { range: [number, number, number] } {
  return Array.isArray((node as { range?: unknown } | null)?.range);
}
