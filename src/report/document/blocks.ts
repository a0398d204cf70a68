import type { Pace } from '../terminals/pace.ts';
import type { BoundedText, ReportConversation, ReportDatagrams, ReportTerminal } from '../report-data.ts';
import type { Language } from '../language/languages.ts';
import type { Topology } from '../topology/topology.ts';

/**
 * A report as a list of blocks, the same for every format that people read: what is said is decided once, in
 * `compose.ts` and its sections, and each format only says it in its own way.
 */
export interface ReportDocument {
  readonly title: string;
  /** Who, when, what: label and value. */
  readonly heading: readonly (readonly [label: string, value: Value])[];
  readonly tiles: readonly Tile[];
  readonly sections: readonly Section[];
  readonly footer: string;
}

/** What a teacher sees first. */
export interface Tile {
  readonly label: string;
  readonly value: string;
  readonly tone: Tone;
  /** Where more is said of it. */
  readonly section: SectionName;
  /** What is said below it, in lines. */
  readonly details?: readonly Detail[];
}

export interface Detail {
  /** What the value is; undefined for a sentence. */
  readonly label?: string;
  readonly value: Value;
}

/** `good` and `bad` are judgements, `none` is a fact. */
export type Tone = 'good' | 'bad' | 'none';

/** Stable, for links: `architecture`. */
export type SectionName = keyof Language['report']['sections'];

export interface Section {
  readonly id: SectionName;
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** Our own words; names and numbers between backquotes are code. */
export type Prose = string;

/** What came from outside: shown as it is, never read as markup. */
export interface Data {
  readonly data: string;
  readonly tone?: Tone;
  /** Not in a fixed-width type. */
  readonly plain?: true;
}

export type Value = Prose | Data;

export type Block =
  | { readonly kind: 'paragraph'; readonly text: Prose }
  | { readonly kind: 'remark'; readonly tone: Tone; readonly text: Value }
  | { readonly kind: 'subheading'; readonly text: Prose }
  | { readonly kind: 'facts'; readonly items: readonly (readonly [label: Prose, value: Value])[] }
  | {
      readonly kind: 'table';
      readonly caption: string;
      readonly heads: readonly string[];
      readonly rows: readonly (readonly Value[])[];
    }
  | Listing
  | { readonly kind: 'topology'; readonly caption: string; readonly topology: Topology }
  | { readonly kind: 'players'; readonly terminals: readonly ReportTerminal[]; readonly pace: Pace }
  | { readonly kind: 'conversation'; readonly number: number; readonly conversation: ReportConversation }
  | { readonly kind: 'datagrams'; readonly number: number; readonly datagrams: ReportDatagrams };

/** Text of a program, a file or a command, in fixed width. */
export interface Listing {
  readonly kind: 'listing';
  /** What stands above it: `$ netstat -an`, the name of a file. */
  readonly caption: Data | undefined;
  readonly text: BoundedText;
  /** Takes the place of what was left out, given its size as text. */
  readonly omitted: (bytes: string) => Prose;
  /** Ending of the file's name, for highlighting: `py`; `terminal` for what a terminal showed. */
  readonly language: string;
  /** Shown only when the reader wants it, where the format can do that. */
  readonly folded?: true;
}

/** A value from outside. */
export function data(value: string, tone?: Tone): Data {
  return tone === undefined ? { data: value } : { data: value, tone };
}

/** A value from outside in running type. */
export function plainData(value: string, tone?: Tone): Data {
  return { ...data(value, tone), plain: true };
}
