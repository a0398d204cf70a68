import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync, type Node } from 'oxc-parser';
import { messageKey } from '../../src/core/language/say.ts';

/** A text in the source. */
export interface SourceText {
  /** Path from the root of the repository. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The fixed parts, with `{0}`, `{1}`, … for what is put between them. */
  readonly key: string;
}

/** What the source says to people, and what it only may say. */
export interface SourceMessages {
  /** Texts with the tag `say`, and both forms of what `counted` counts. */
  readonly said: readonly SourceText[];
  /** Texts without the tag that look like words for people: two words in a row. */
  readonly untold: readonly SourceText[];
}

const root = join(import.meta.dirname, '../..');
const TWO_WORDS = /[A-Za-z’']{2,}[,;:]? [A-Za-z’']{2,}/;
const PLACES = / ?\{\d+\} ?/g;

/** Reads all messages of the files that a pattern names. */
export function messagesOf(pattern: string): SourceMessages {
  const files = globSync(pattern, { cwd: root }).toSorted();
  const all = files.map((file) => messagesIn(file, readFileSync(join(root, file), 'utf8')));
  return { said: all.flatMap(({ said }) => said), untold: all.flatMap(({ untold }) => untold) };
}

function messagesIn(file: string, code: string): SourceMessages {
  const said: SourceText[] = [];
  const untold: SourceText[] = [];
  const at = ({ start }: Node, key: string): SourceText => ({
    file,
    line: code.slice(0, start).split('\n').length,
    key,
  });
  const look = (node: Node): void => {
    if (node.type === 'TaggedTemplateExpression') {
      if (node.tag.type === 'Identifier' && node.tag.name === 'say')
        said.push(at(node, messageKey(node.quasi.quasis.map(({ value }) => value.cooked ?? ''))));
      node.quasi.expressions.forEach(look);
      return;
    }
    if (isForCompiler(node) || isOurBug(node) || isTyped(node)) return;
    if (node.type === 'CallExpression' && node.callee.type === 'Identifier' && node.callee.name === 'counted') {
      for (const noun of nounsOf(node.arguments[1])) said.push(at(node, `{0} ${noun}`), at(node, `{0} ${noun}s`));
      look(node.arguments[0]!);
      return;
    }
    const text = textOf(node);
    if (text !== undefined && looksLikeWords(text)) untold.push(at(node, text));
    for (const child of childrenOf(node)) look(child);
  };
  look(parseSync(file, code).program);
  return { said, untold };
}

/** Types and imports hold no messages. */
function isForCompiler({ type }: Node): boolean {
  const isType =
    type.startsWith('TS') && !['TSAsExpression', 'TSNonNullExpression', 'TSSatisfiesExpression'].includes(type);
  return isType || type === 'ImportDeclaration' || type === 'ImportExpression' || type === 'ExportAllDeclaration';
}

/** Two words in a row, whatever is put between them. */
function looksLikeWords(key: string): boolean {
  return TWO_WORDS.test(key.replaceAll(PLACES, ' '));
}

/** What a plain `Error` says is shown as a fault of lab itself, to be reported in English. */
function isOurBug(node: Node): boolean {
  return (
    node.type === 'NewExpression' &&
    node.callee.type === 'Identifier' &&
    ['Error', 'TypeError', 'RangeError'].includes(node.callee.name)
  );
}

/** What a user types after `lab`, in the examples of commands. */
function isTyped(node: Node): boolean {
  return (
    node.type === 'Property' &&
    node.key.type === 'Identifier' &&
    node.key.name === 'words' &&
    node.value.type === 'Literal'
  );
}

function nounsOf(node: Node | undefined): string[] {
  if (node?.type === 'ConditionalExpression') return [...nounsOf(node.consequent), ...nounsOf(node.alternate)];
  return node?.type === 'Literal' && typeof node.value === 'string' ? [node.value] : [];
}

function textOf(node: Node): string | undefined {
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined;
  return node.type === 'TemplateLiteral' ? messageKey(node.quasis.map(({ value }) => value.cooked ?? '')) : undefined;
}

function childrenOf(node: Node): Node[] {
  return Object.entries(node)
    .filter(([key]) => key !== 'type')
    .flatMap(([, value]: [string, unknown]) => (Array.isArray(value) ? (value as unknown[]) : [value]))
    .filter((value): value is Node => typeof value === 'object' && value !== null && 'type' in value);
}
