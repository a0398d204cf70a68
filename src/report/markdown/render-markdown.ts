import type { Block, Detail, Listing, ReportDocument } from '../document/blocks.ts';
import type { Language } from '../language/languages.ts';
import type { Notation } from '../language/wording.ts';
import { topologyMermaid } from '../topology/mermaid.ts';
import { datagramsMermaid } from './datagram-diagram.ts';
import { codeBlock, escapeText, proseText, valueText } from './escape-markdown.ts';
import { sequenceMermaid } from './sequence-diagram.ts';

/**
 * A report as Markdown (CommonMark with the tables and Mermaid blocks of GitHub), for people who edit it further. Ends
 * with a line feed.
 */
export function reportMarkdown(
  { title, heading, tiles, sections, footer }: ReportDocument,
  language: Language,
): string {
  const { notation } = language;
  const head = [
    `# ${escapeText(notation.typeset(title))}`,
    heading.map(([label, value]) => `- ${escapeText(label)}${notation.colon} ${valueText(value, notation)}`).join('\n'),
    tiles
      .map(
        ({ label, value, tone, details = [] }) =>
          `- ${escapeText(label)}${notation.colon} **${valueText({ data: value, plain: true, tone }, notation)}**` +
          details.map((detail) => `\n  - ${detailText(detail, notation)}`).join(''),
      )
      .join('\n'),
  ];
  const body = sections.flatMap((section, index) => [
    `## ${index + 1}. ${escapeText(section.title)}`,
    ...section.blocks.map((block) => blockText(block, language)),
  ]);
  return `${[...head, ...body, '---', escapeText(notation.typeset(footer))]
    .filter((part) => part !== '')
    .map((part) => part.trimEnd())
    .join('\n\n')}\n`;
}

function detailText({ label, value }: Detail, notation: Notation): string {
  const name = label === undefined ? '' : `${escapeText(notation.typeset(label))}${notation.colon} `;
  return name + valueText(value, notation);
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

type Renderers = { readonly [K in Block['kind']]: (block: Extract<Block, { kind: K }>, language: Language) => string };

const renderers: Renderers = {
  paragraph: ({ text }, { notation }) => proseText(text, notation),
  remark: ({ text, tone }, { notation }) =>
    `> ${tone === 'good' ? '✓ ' : tone === 'bad' ? '✗ ' : ''}${valueText(text, notation)}`,
  subheading: ({ text }, { notation }) => `### ${proseText(text, notation)}`,
  facts: ({ items }, { notation }) =>
    items
      .map(([label, value]) => `- ${proseText(label, notation)}${notation.colon} ${valueText(value, notation)}`)
      .join('\n'),
  table: ({ caption, heads, rows }, { notation }) => {
    const lines = [
      row(heads.map(escapeText)),
      row(heads.map(() => '---')),
      ...rows.map((cells) => row(cells.map((cell) => valueText(cell, notation)))),
    ];
    return `${caption === '' ? '' : `*${escapeText(notation.typeset(caption))}*\n\n`}${lines.join('\n')}`;
  },
  listing: listingText,
  topology: ({ topology }) => codeBlock(topologyMermaid(topology), 'mermaid'),
  // Text does not play; the terminals stand in it as they were.
  players: () => '',
  conversation: ({ conversation: { conversation, spoken } }, { diagram, notation }) =>
    codeBlock(sequenceMermaid(conversation, spoken, diagram, notation), 'mermaid'),
  datagrams: ({ datagrams }, language) => codeBlock(datagramsMermaid(datagrams, language), 'mermaid'),
};

function blockText(block: Block, language: Language): string {
  const renderer = renderers[block.kind] as (block: Block, language: Language) => string;
  return renderer(block, language);
}

function listingText({ caption, text, omitted, language: ending }: Listing, { notation }: Language): string {
  const left = text.omittedBytes === 0 ? '' : `\n⋯ ${omitted(notation.bytes(text.omittedBytes))} ⋯\n`;
  const title = caption === undefined ? '' : `${valueText(caption, notation)}${notation.colon}\n\n`;
  return (
    title +
    codeBlock(`${text.head}${left}${text.tail}`, /^\w+$/.test(ending) && ending !== 'terminal' ? ending : 'text')
  );
}
