import type { Block, Listing } from '../document/blocks.ts';
import type { Language } from '../language/languages.ts';
import { topologySvg } from '../topology/topology-svg.ts';
import { conversationMarkup } from './conversation-html.ts';
import { datagramsMarkup } from './datagrams-html.ts';
import { highlight } from './highlight.ts';
import { html, trusted, type Markup } from './markup.ts';
import { playersMarkup } from './players.ts';
import { mark, prose, value } from './values.ts';

type Renderers = { readonly [K in Block['kind']]: (block: Extract<Block, { kind: K }>, language: Language) => Markup };

/** How each kind of block reads in HTML. */
const renderers: Renderers = {
  paragraph: ({ text }, { notation }) => html`<p>${prose(text, notation)}</p>\n`,
  remark: ({ tone, text }, { notation }) =>
    html`<p class="remark remark-${tone}">${mark(tone)}${value(text, notation)}</p>\n`,
  subheading: ({ text }, { notation }) => html`<h3>${prose(text, notation)}</h3>\n`,
  facts: ({ items }, { notation }) => {
    const facts = items.map(
      ([label, content]) => html`<div><dt>${prose(label, notation)}</dt><dd>${value(content, notation)}</dd></div>`,
    );
    return html`<dl class="facts">${facts}</dl>\n`;
  },
  table: tableMarkup,
  listing: listingMarkup,
  topology: ({ caption, topology }, { report, notation }) => {
    const svg = topologySvg(
      topology,
      { title: report.architecture.figure, outside: report.architecture.outside, router: report.architecture.router },
      { id: 'topology', standalone: false },
    );
    const below = html`<figcaption>${notation.typeset(caption)}</figcaption>`;
    return html`<figure class="picture"><div class="wide">${trusted(svg)}</div>${below}</figure>\n`;
  },
  players: ({ terminals, pace }, language) => playersMarkup(terminals, pace, language),
  conversation: ({ number, conversation }, language) => conversationMarkup(number, conversation, language),
  datagrams: ({ number, datagrams }, language) => datagramsMarkup(number, datagrams, language),
};

/** A block as HTML. */
export function blockMarkup(block: Block, language: Language): Markup {
  const renderer = renderers[block.kind] as (block: Block, language: Language) => Markup;
  return renderer(block, language);
}

/** On paper a long listing ends here: no one reads further, and the file itself is at hand. */
const PRINTED_LINES = 150;

/** The first lines of a text, the others, and how many those are. */
function splitLines(text: string, count: number): [first: string, rest: string, left: number] {
  const lines = text.split('\n');
  const left = lines.length - count;
  return left <= 0 ? [text, '', 0] : [`${lines.slice(0, count).join('\n')}\n`, lines.slice(count).join('\n'), left];
}

function tableMarkup({ caption, heads, rows }: Extract<Block, { kind: 'table' }>, { notation }: Language): Markup {
  const head = heads.map((text) => html`<th scope="col">${notation.typeset(text)}</th>`);
  const body = rows.map((row) => html`<tr>${row.map((content) => html`<td>${value(content, notation)}</td>`)}</tr>\n`);
  const title = caption === '' ? '' : html`<caption>${notation.typeset(caption)}</caption>`;
  return html`<div class="wide"><table>${title}<thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>\n`;
}

function listingMarkup(
  { caption, text, omitted, language: ending, folded }: Listing,
  { notation, report }: Language,
): Markup {
  const left =
    text.omittedBytes === 0
      ? ''
      : html`<span class="omitted">⋯ ${prose(omitted(notation.bytes(text.omittedBytes)), notation)} ⋯</span>\n`;
  const lines = (part: string): Markup => (ending === 'terminal' ? html`${part}` : highlight(part, ending));
  const name = caption === undefined ? '' : value(caption, notation);
  const [first, rest, count] = splitLines(text.head, PRINTED_LINES);
  const end = [left, lines(text.tail)];
  const more = html`<span class="more">⋯ ${notation.typeset(report.linesMore(notation.number(count)))} ⋯</span>`;
  const others = rest === '' ? end : html`${more}<span class="rest">${lines(rest)}${end}</span>`;
  const style = ending === 'terminal' ? 'terminal' : 'source';
  const content = html`<pre class="${style}" tabindex="0">${lines(first)}${others}</pre>`;
  if (folded) return html`<details class="listing"><summary>${name}</summary>${content}</details>\n`;
  const above = name === '' ? '' : html`<figcaption>${name}</figcaption>`;
  return html`<figure class="listing">${above}${content}</figure>\n`;
}
