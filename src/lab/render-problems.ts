import { dirname, isAbsolute, join } from 'node:path';
import { styleText } from 'node:util';
import { say } from '../core/language/say.ts';
import { columnsOf, sanitize } from '../core/text/sanitize.ts';
import type { Problem } from './problem.ts';

type Style = (format: 'bold' | 'red' | 'cyan' | 'dim', text: string) => string;

/** A line is cut to this many characters around the problem. */
const WIDTH = 110;
/** Characters of the line that are kept before the problem. */
const BEFORE = 60;
const MOST_SHOWN = 100;

/**
 * Every problem under its line of the file, with a caret: what `lab validate` prints. Ends with a newline; empty when
 * there is no problem. Nothing in it can drive a terminal, whatever the file holds.
 */
export function renderProblems(
  file: string,
  text: string,
  problems: readonly Problem[],
  options: { readonly color?: boolean; readonly included?: ReadonlyMap<string, string> | undefined } = {},
): string {
  const style: Style = options.color
    ? (format, part) => styleText(format, part, { validateStream: false })
    : (_format, part) => part;
  const texts = new Map([[file, linesOf(text)]]);
  const blocks = problems.slice(0, MOST_SHOWN).map((problem) => {
    const { file: included } = problem.position;
    if (included === undefined) return renderProblem(file, texts.get(file)!, problem, style);
    const shown = isAbsolute(included) ? included : join(dirname(file), included);
    const lines = texts.get(shown) ?? linesOf(options.included?.get(included) ?? '');
    texts.set(shown, lines);
    return renderProblem(shown, lines, problem, style);
  });
  if (problems.length > MOST_SHOWN) blocks.push(say`… and ${problems.length - MOST_SHOWN} more\n`);
  return blocks.join('\n');
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/);
}

function renderProblem(file: string, lines: readonly string[], problem: Problem, style: Style): string {
  const { position, path, message, hint } = problem;
  const place = style('bold', `${sanitize(file)}:${position.line}:${position.column}:`);
  const where = path === '' ? '' : say`${sanitize(path)}: `;
  const tip = hint === undefined ? '' : `    ${style('cyan', `→ ${sanitize(hint)}`)}\n`;
  return `${place} ${where}${sanitize(message)}\n${frame(lines, problem, style)}${tip}`;
}

/** The line before, the line itself, and carets under the part that is wrong. */
function frame(lines: readonly string[], { position: { line, column }, length }: Problem, style: Style): string {
  const width = String(line).length;
  const gutter = (label: string): string => style('dim', `  ${label.padStart(width)} |`);
  const text = lines[line - 1] ?? '';
  const before =
    line > 1 && (lines[line - 2] ?? '').trim() !== ''
      ? `${gutter(String(line - 1))} ${cut(lines[line - 2]!, 1).shown}\n`
      : '';
  const { shown, from } = cut(text, column);
  const indent = ' '.repeat((from > 0 ? 1 : 0) + columns(text.slice(from, column - 1)));
  const meant = text.slice(column - 1, Math.min(column - 1 + length, from + WIDTH));
  const carets = style('red', '^'.repeat(Math.max(1, columns(meant))));
  return `${before}${gutter(String(line))}${shown === '' ? '' : ` ${shown}`}\n${gutter('')} ${indent}${carets}\n`;
}

/** The part of a line around a column, made harmless; tabs become one space so that the caret stands right. */
function cut(line: string, column: number): { shown: string; from: number } {
  const from = line.length <= WIDTH || column - 1 <= BEFORE ? 0 : column - 1 - BEFORE;
  const part = line.slice(from, from + WIDTH);
  return { shown: `${from > 0 ? '…' : ''}${visible(part)}${from + WIDTH < line.length ? '…' : ''}`, from };
}

function visible(text: string): string {
  return sanitize(text.replaceAll('\t', ' '));
}

/** Columns of a text on a terminal, as it is shown. */
function columns(text: string): number {
  let count = 0;
  for (const character of visible(text)) count += columnsOf(character);
  return count;
}
