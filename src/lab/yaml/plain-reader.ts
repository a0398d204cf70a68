import { isAlias, isMap, isScalar, isSeq, type Alias, type Document, type Node, type Scalar, type YAMLMap } from 'yaml';
import { KnownWords } from '../../core/text/suggest.ts';
import { say } from '../../core/language/say.ts';
import type { TextLines } from './text-lines.ts';
import type { YamlProblem } from './yaml-problems.ts';
import { tagProblem } from './yaml-messages.ts';

/**
 * How many values all aliases of a file may stand for, against "billion laughs"; a thousand machines need a tenth.
 */
const MOST_ALIASED_VALUES = 100_000;
/** Characters of text that count as one more value. */
const TEXT_PER_VALUE = 64;
/** How far before its value a tag is looked for. */
const LONGEST_TAG = 1000;

/** The name whose value is a map, or a list of maps, whose fields the map has in addition (https://yaml.org/type/merge.html). */
export const MERGE_KEY = '<<';

interface Anchor {
  readonly node: Node;
  /** Undefined while the node is being read: an alias found then stands inside itself. */
  plain?: { readonly value: unknown; readonly size: number };
}

/**
 * Turns YAML nodes into plain data: maps into objects, lists into arrays. What the library's own `toJS` throws, or
 * passes over with a warning, is a problem with a place here: unknown, recursive or exploding aliases, merge keys,
 * names that are not text, duplicate names, tags.
 */
export class PlainReader {
  readonly problems: YamlProblem[] = [];
  /** What each alias stands for. */
  readonly targets = new Map<Alias, Node>();
  readonly #anchors = new Map<string, Anchor>();
  readonly #anchorNames = new KnownWords([]);
  readonly #text: string;
  readonly #lines: TextLines;
  /** Values read so far, those behind aliases counted each time. */
  #size = 0;
  #aliased = 0;

  constructor(text: string, lines: TextLines) {
    this.#text = text;
    this.#lines = lines;
  }

  read(document: Document.Parsed): unknown {
    return this.#value(document.contents);
  }

  #value(node: unknown): unknown {
    this.#size++;
    if (isAlias(node)) return this.#alias(node);
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return null;
    if (node.tag !== undefined) this.#report(node, tagProblem.message, tagProblem.hint, this.#tagOf(node));
    return this.#anchored(node, () => {
      if (isScalar(node)) return this.#scalar(node);
      return isMap(node) ? this.#map(node) : node.items.map((item) => this.#value(item));
    });
  }

  /** Long text counts as several values: each alias of it costs that much more. */
  #scalar({ value }: Scalar): unknown {
    if (typeof value === 'string') this.#size += Math.floor(value.length / TEXT_PER_VALUE);
    return value;
  }

  /** Remembers what an anchored node was read as, and how much it holds. */
  #anchored(node: Node & { anchor?: string | undefined }, read: () => unknown): unknown {
    if (node.anchor === undefined) return read();
    const anchor: Anchor = { node };
    if (!this.#anchors.has(node.anchor)) this.#anchorNames.add(node.anchor);
    this.#anchors.set(node.anchor, anchor);
    const before = this.#size;
    const value = read();
    anchor.plain = { value, size: this.#size - before };
    return value;
  }

  #alias(alias: Alias): unknown {
    const anchor = this.#anchors.get(alias.source);
    if (anchor === undefined) {
      const hint = this.#anchorNames.suggestion(alias.source) ?? say`put text that starts with "*" in quotes`;
      return this.#report(alias, say`there is no anchor "&${alias.source}" above this alias`, hint);
    }
    if (anchor.plain === undefined)
      return this.#report(alias, say`"*${alias.source}" stands inside itself`, say`write out what is meant`);
    this.#aliased += anchor.plain.size;
    this.#size += anchor.plain.size;
    if (this.#aliased > MOST_ALIASED_VALUES) {
      if (this.#aliased - anchor.plain.size > MOST_ALIASED_VALUES) return null;
      return this.#report(
        alias,
        say`the aliases of this file stand for more than ${MOST_ALIASED_VALUES} values`,
        say`write out what is meant`,
      );
    }
    this.targets.set(alias, anchor.node);
    return anchor.plain.value;
  }

  #map(map: YAMLMap): Record<string, unknown> {
    const values: Record<string, unknown> = {};
    const keys = new Map<string, unknown>();
    const merged: Record<string, unknown>[] = [];
    for (const { key, value } of map.items) {
      const name = this.#name(key, map);
      if (name === MERGE_KEY) {
        merged.push(...this.#merged(value, key));
      } else if (name === undefined) {
        this.#value(value);
      } else if (Object.hasOwn(values, name)) {
        const first = this.#lineOf(keys.get(name));
        this.#report(
          key,
          say`"${name}" is already in line ${first} of this block`,
          say`give it another name, or remove one of the two`,
        );
      } else {
        keys.set(name, key);
        values[name] = this.#value(value);
      }
    }
    return merged.length === 0 ? values : this.#withMerged(values, merged);
  }

  /** What stands there itself counts, then what stands in the first of the merged maps. */
  #withMerged(values: Record<string, unknown>, merged: readonly Record<string, unknown>[]): Record<string, unknown> {
    for (const other of merged) {
      for (const [name, value] of Object.entries(other)) {
        this.#size++;
        if (!Object.hasOwn(values, name)) values[name] = value;
      }
    }
    return values;
  }

  /** The maps that a merge key names: an alias, a map, or a list of those. */
  #merged(node: unknown, key: unknown): Record<string, unknown>[] {
    const value = this.#value(node);
    const maps = Array.isArray(value) ? (value as unknown[]) : [value];
    if (maps.every(isPlainMap)) return maps;
    // What is wrong with an alias was reported already.
    if (!maps.includes(null) || !isAlias(node))
      this.#report(
        key,
        say`"<<" takes the fields of other maps`,
        say`give it an alias, or a list of them: <<: *common`,
      );
    return [];
  }

  /** A key as text, as it stands in the file; undefined after a problem. */
  #name(key: unknown, map: YAMLMap): string | undefined {
    const node = isAlias(key) ? this.#anchors.get(key.source)?.node : key;
    const name = isScalar(node) ? textOfScalar(node) : undefined;
    if (name === undefined) {
      const place: [number, number] | undefined = isScalar(key) ? [key.range![0], 1] : undefined;
      this.#report(
        isNodeWithRange(key) ? key : map,
        say`a value has no name before its ":"`,
        say`write "name: value"`,
        place,
      );
    } else if (name === '__proto__') {
      this.#report(key, say`"__proto__" cannot be a name`, say`choose another name`);
    } else {
      return name;
    }
    return undefined;
  }

  #lineOf(node: unknown): number {
    return isNodeWithRange(node) ? this.#lines.lineOf(node.range[0]) : 1;
  }

  #tagOf(node: Node): [offset: number, length: number] | undefined {
    const [start] = node.range!;
    const line = this.#text.slice(Math.max(0, start - LONGEST_TAG), start);
    const found = /!{1,2}[^\s!]*\s*$/.exec(line) ?? /!{1,2}[^\s!]*(?=[^\n!]*$)/.exec(line);
    return found === null ? undefined : [start - line.length + found.index, found[0].trimEnd().length];
  }

  #report(node: unknown, message: string, hint: string, place?: [offset: number, length: number]): null {
    const [start, end] = isNodeWithRange(node) ? node.range : [0, 1];
    const [offset, length] = place ?? [start, end - start];
    this.problems.push({ offset, length, message, hint, breaks: false });
    return null;
  }
}

/**
 * The text of a scalar as it stands in the file, without quotes: `0x10` stays `0x10`, `1.0` stays `1.0`. Undefined
 * for an empty value.
 */
export function textOfScalar(scalar: Scalar): string | undefined {
  if (typeof scalar.value === 'string') return scalar.value;
  return scalar.value === null ? undefined : (scalar.source ?? JSON.stringify(scalar.value));
}

function isPlainMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNodeWithRange(node: unknown): node is { range: [number, number, number] } {
  return Array.isArray((node as { range?: unknown } | null)?.range);
}
