import { say } from '../../core/language/say.ts';
import { readMarkdown, spansOf, type Block } from './markdown.ts';
import { wrap, type Layout, type Line } from './wrap.ts';

type Table = Extract<Block, { readonly kind: 'table' }>;

const INDENT = 2;
const GAP = 2;
/** The first of two columns takes at most this part of the width. */
const TERM_SHARE = 0.4;

/** A page in Markdown as text for a terminal: broken at its width, its tables laid out for it. Ends with a newline. */
export function terminalPage(markdown: string, layout: Layout): string {
  const inner = { ...layout, width: layout.width - INDENT };
  return `${readMarkdown(markdown)
    .map((block) => (block.kind === 'heading' ? headingText(block, layout) : indented(linesOf(block, inner), INDENT)))
    .join('\n\n')}\n`;
}

function headingText({ spans }: Extract<Block, { readonly kind: 'heading' }>, { style }: Layout): string {
  const text = spans.map((span) => span.text).join('');
  return style === undefined ? text : style('bold', text);
}

function indented(lines: readonly string[], columns: number): string {
  return lines.map((line) => (line === '' ? '' : `${' '.repeat(columns)}${line}`)).join('\n');
}

function linesOf(block: Exclude<Block, { readonly kind: 'heading' }>, layout: Layout): string[] {
  if (block.kind === 'paragraph') return wrap(block.spans, layout).map(({ text }) => text);
  if (block.kind === 'list') return block.items.flatMap((item) => hanging('- ', wrap(item, narrower(layout, 2))));
  if (block.kind === 'code') return block.lines.map((line) => (line === '' ? '' : `  ${line}`));
  return tableLines(block, layout);
}

function narrower(layout: Layout, columns: number): Layout {
  return { ...layout, width: layout.width - columns };
}

function hanging(mark: string, lines: readonly Line[]): string[] {
  return lines.map(({ text }, index) => `${index === 0 ? mark : ' '.repeat(mark.length)}${text}`);
}

/** In columns where they fit, or where there are two; else each row as its first cell, with what is said of it below. */
function tableLines(table: Table, layout: Layout): string[] {
  const widths = naturalWidths(table, layout);
  const gaps = GAP * (widths.length - 1);
  const sum = widths.reduce((left, right) => left + right, gaps);
  if (sum <= layout.width) return inColumns(table, widths, layout);
  if (widths.length > 2) return asTerms(table, layout);
  const first = Math.min(widths[0]!, Math.floor(layout.width * TERM_SHARE));
  return inColumns(table, [first, layout.width - gaps - first], layout);
}

/** The widest cell of each column, in one line. */
function naturalWidths({ head, rows }: Table, layout: Layout): number[] {
  return head.map((_, column) => Math.max(...[head, ...rows].map((row) => columnsOf(row[column], layout))));
}

function columnsOf(cell: string | undefined, layout: Layout): number {
  return wrap(spansOf(cell ?? ''), { ...layout, width: Infinity })[0]?.columns ?? 0;
}

function inColumns({ head, rows }: Table, widths: readonly number[], layout: Layout): string[] {
  const rule = widths.map((width) => '─'.repeat(width));
  return [head, rule, ...rows].flatMap((row) => {
    const cells = widths.map((width, column) => wrap(spansOf(row[column] ?? ''), { ...layout, width }));
    const height = Math.max(...cells.map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) =>
      cells
        .map((lines, column) => padded(lines[line], widths[column]!))
        .join(' '.repeat(GAP))
        .trimEnd(),
    );
  });
}

function padded(line: Line | undefined, width: number): string {
  return `${line?.text ?? ''}${' '.repeat(Math.max(0, width - (line?.columns ?? 0)))}`;
}

/** The column that says most needs no heading. */
function asTerms({ head, rows }: Table, layout: Layout): string[] {
  const lengths = head.map((_, column) => rows.reduce((sum, row) => sum + (row[column] ?? '').length, 0));
  const main = lengths.indexOf(Math.max(...lengths.slice(1)));
  return rows.flatMap(([term = '', ...cells], index) => [
    ...(index > 0 ? [''] : []),
    ...wrap(spansOf(term), layout).map(({ text }) => text),
    ...cells.flatMap((cell, place) => {
      if (cell === '') return [];
      const said = place + 1 === main ? cell : say`${head[place + 1] ?? ''}: ${cell}`;
      return hanging(' '.repeat(GAP), wrap(spansOf(said), narrower(layout, GAP)));
    }),
  ]);
}
