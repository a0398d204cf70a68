import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { topicFiles } from '../../scripts/reference/main.ts';
import { readMarkdown, spansOf, type Block, type Span } from '../../src/cli/help/markdown.ts';
import { repository } from '../helpers/lab-command.ts';

/** A page that people read: README.md, README.fr.md, or a topic of the manual. */
export interface Page {
  /** From the root of the repository. */
  readonly path: string;
  readonly blocks: readonly Block[];
}

export function readPage(path: string): Page {
  return { path, blocks: readMarkdown(readFileSync(join(repository, path), 'utf8')) };
}

/** The page without its generated tables. */
export function readByHand(path: string): Page {
  const text = readFileSync(join(repository, path), 'utf8');
  return { path, blocks: readMarkdown(text.replaceAll(/<!-- [\w-]+: written by[^]*?<!-- end of [^\n]*/g, '')) };
}

export const readmes = ['README.md', 'README.fr.md'].map(readPage);
export const topics = topicFiles().map((path) => readPage(relative(repository, path)));

/** The blocks of code in one language. */
export function codeIn(page: Page, language: string): string[] {
  return page.blocks.flatMap((block) =>
    block.kind === 'code' && block.language === language ? [block.lines.join('\n')] : [],
  );
}

/** Everything that is marked as code within a line of text. */
export function inlineCode({ blocks }: Page): string[] {
  return blocks
    .flatMap(spansIn)
    .filter(({ kind }) => kind === 'code')
    .map(({ text }) => text);
}

function spansIn(block: Block): readonly Span[] {
  if (block.kind === 'code') return [];
  if (block.kind === 'list') return block.items.flat();
  if (block.kind === 'table') return [block.head, ...block.rows].flat().flatMap(spansOf);
  return block.spans;
}

/** The statements of a block for a shell, without comments: each line, or all lines of a loop. */
export function statementsOf(block: string): string[] {
  const lines = block.split('\n').map((line) => line.replace(/(?:^|\s+)# .*$/, ''));
  const statements: string[] = [];
  let depth = 0;
  for (const line of lines) {
    if (depth === 0) statements.push(line);
    else statements[statements.length - 1] += `\n${line}`;
    if (line.startsWith('for ')) depth += 1;
    if (/^done\b/.test(line)) depth -= 1;
  }
  return statements.filter((statement) => statement.trim() !== '');
}

/** Each command line of lab in a text for a shell: the words after `lab`, up to what belongs to the shell. `<port>` stands for a word, too; behind an option of another
 * command, or before `sh -c`, lab is the name of an image. */
export function labLinesIn(code: string): string[] {
  const example = code.replaceAll(/<([\w.-]+)>/g, (_, name: string) => (name === 'port' ? '7999' : name));
  return [...example.matchAll(/(?:^|[\s;&|(])(?<!(?:^|\s)-[\w-]+\s)lab (?!=|sh -c )([^;&|)>\n]+)/gm)].map(([, words]) =>
    words!.trim(),
  );
}
