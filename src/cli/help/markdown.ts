/** A piece of a line of text. */
export interface Span {
  readonly kind: 'plain' | 'code' | 'strong';
  readonly text: string;
}

/** A part of a page. */
export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly spans: readonly Span[] }
  | { readonly kind: 'paragraph'; readonly spans: readonly Span[] }
  | { readonly kind: 'list'; readonly items: readonly (readonly Span[])[] }
  | { readonly kind: 'code'; readonly language: string; readonly lines: readonly string[] }
  | { readonly kind: 'table'; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] };

/**
 * Reads the Markdown that topics are written in: headings, paragraphs, flat lists, fenced code and tables; in a line code, strong text and links. Comments are
 * left out. It never fails: what it does not know is a paragraph.
 */
export function readMarkdown(text: string): Block[] {
  const lines = text.replaceAll(/<!--[^]*?-->\n?/g, '').split('\n');
  const blocks: Block[] = [];
  while (lines.length > 0) {
    if (lines[0]!.trim() === '') lines.shift();
    else blocks.push(takeBlock(lines));
  }
  return blocks;
}

const HEADING = /^(#+) (.*)$/;
const FENCE = /^```/;
const ITEM = /^- /;
const ROW = /^\|.*\|$/;

/** Takes the lines of one block away from the front. */
function takeBlock(lines: string[]): Block {
  const first = lines[0]!;
  const [, marks, heading] = HEADING.exec(first) ?? [];
  if (marks !== undefined) {
    lines.shift();
    return { kind: 'heading', level: marks.length, spans: spansOf(heading!) };
  }
  if (FENCE.test(first)) return takeCode(lines);
  if (ROW.test(first)) return takeTable(lines);
  if (ITEM.test(first)) return { kind: 'list', items: takeItems(lines) };
  return { kind: 'paragraph', spans: spansOf(takeWhile(lines, isProse).join(' ')) };
}

function isProse(line: string): boolean {
  return line.trim() !== '' && ![HEADING, FENCE, ROW, ITEM].some((pattern) => pattern.test(line));
}

function takeWhile(lines: string[], belongs: (line: string) => boolean): string[] {
  // The first line is taken in any case, so that reading goes on.
  const end = lines.findIndex((line, index) => index > 0 && !belongs(line));
  return lines.splice(0, end < 0 ? lines.length : end);
}

function takeCode(lines: string[]): Block {
  const [fence = '', ...code] = takeWhile(lines, (line) => !FENCE.test(line));
  lines.shift();
  return { kind: 'code', language: fence.slice('```'.length), lines: code };
}

function takeTable(lines: string[]): Block {
  const [head = [], , ...rows] = takeWhile(lines, (line) => ROW.test(line)).map(cellsOf);
  return { kind: 'table', head, rows };
}

function cellsOf(row: string): string[] {
  return row
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll(String.raw`\|`, '|'));
}

function takeItems(lines: string[]): (readonly Span[])[] {
  const items: (readonly Span[])[] = [];
  while (ITEM.test(lines[0] ?? '')) {
    const [first = '', ...more] = takeWhile(lines, isProse);
    items.push(spansOf([first.slice(2), ...more.map((line) => line.trim())].join(' ')));
  }
  return items;
}

/** Code in any number of backquotes, strong text, or a link, of which the words stay. */
const INLINE = /(`+)(.+?)\1(?!`)|\*\*(.+?)\*\*|\[([^\]]+)\]\([^)]+\)/;

/** The pieces of a line of text. */
export function spansOf(line: string): Span[] {
  const found = INLINE.exec(line);
  if (found === null) return line === '' ? [] : [{ kind: 'plain', text: line }];
  const [whole, , code, strong, link] = found;
  const inner: Span[] =
    code === undefined
      ? strong === undefined
        ? spansOf(link!)
        : [{ kind: 'strong', text: strong }]
      : // A blank at both ends only keeps backquotes apart (CommonMark, code spans).
        [{ kind: 'code', text: code.replace(/^ (.*) $/, '$1') }];
  return [...spansOf(line.slice(0, found.index)), ...inner, ...spansOf(line.slice(found.index + whole.length))];
}
