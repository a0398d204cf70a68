import type { Conversation, Segment, TcpState } from '../../packets/conversation.ts';
import { flagsText, marksText, timeText } from '../diagram/segment-text.ts';
import { conversationPieces, nameOf, type DiagramOptions } from '../diagram/diagram-svg.ts';
import { narrow, roomy, type TimeScale } from '../diagram/layout.ts';
import { textOfWords, type SegmentWords } from '../diagram/diagram-words.ts';
import type { DiagramWords } from '../language/wording.ts';
import type { Language } from '../language/languages.ts';
import type { ReportConversation } from '../report-data.ts';
import { html, trusted, type Markup, type Part } from './markup.ts';

/**
 * Height of a piece of the diagram: two thirds of a page of A4. A short session stands on one page whole, and of a long
 * one no page ends long before its end.
 */
const PIECE_HEIGHT = 900;
/** In a conversation with more rows, time to scale is of no use, and would double the page. */
const MOST_SCALED = 120;
const MOST_TABLE_ROWS = 2000;

/** The diagram, with a switch between compressed time and time to scale, and all segments as a table. */
export function conversationMarkup(
  number: number,
  { conversation, spoken }: ReportConversation,
  language: Language,
): Markup {
  const { diagram: words, notation, report } = language;
  const id = `tcp-${number}`;
  const options = { words, notation, spoken, id };
  const compressed = pictures(conversation, 'compressed', options);
  const caption = html`<summary>${notation.typeset(words.tableCaption)}</summary>`;
  const table = html`<details class="segments">${caption}${segmentTable(conversation, spoken, language)}</details>`;
  if (conversation.segments.length > MOST_SCALED)
    return html`<figure class="diagram"><div class="drawn">${compressed}</div>${table}</figure>`;
  const scaled = pictures(conversation, 'scale', options);
  return html`<figure class="diagram">
<div class="switch" role="radiogroup">
<input type="radio" name="${id}" id="${id}-c" checked><label for="${id}-c">${report.exchange.compressed}</label>
<input type="radio" name="${id}" id="${id}-s"><label for="${id}-s">${report.exchange.scale}</label>
<div class="drawn compressed">${compressed}</div><div class="drawn scaled">${scaled}</div>
</div>${table}</figure>`;
}

/** For a screen and for paper, and once more for a telephone; the style of the page shows one of them. */
function pictures(conversation: Conversation, time: TimeScale, options: Omit<DiagramOptions, 'time'>): Part {
  return Object.entries({ roomy, narrow }).map(([name, columns]) => {
    const drawn = picture(conversation, { ...options, time, columns, id: `${options.id}-${time}-${name}` });
    return html`<div class="${name}">${drawn}</div>`;
  });
}

function picture(conversation: Conversation, options: DiagramOptions): Part {
  return conversationPieces(conversation, options, PIECE_HEIGHT).map(
    (svg) => html`<div class="piece">${trusted(svg)}</div>`,
  );
}

/** What the diagram shows, for screen readers and for those who want the numbers; it folds nothing. */
function segmentTable(
  conversation: Conversation,
  spoken: ReadonlyMap<number, SegmentWords>,
  { diagram: words, notation }: Language,
): Markup {
  const { segments } = conversation;
  const { packet, time, from, words: said, states, remark } = words.tableHeads;
  const heads = [packet, time, from, 'flags', 'seq', 'ack', 'len', 'win', states, said, remark].map(
    (head) => html`<th scope="col">${head}</th>`,
  );
  const rows = segments.slice(0, MOST_TABLE_ROWS).map((segment) => {
    const { from, seq, ack, length, window, states: end } = segment;
    const when = number(timeText(conversation, segment, notation));
    const ends = cell(`${stateText(end.client)} / ${stateText(end.server)}`);
    const texts = [spokenText(spoken.get(segment.packet), words), remarks(segment, words.truncated)].map(cell);
    return html`<tr>
${number(segment.packet)}${when}${cell(words.sides[from])}${cell(flagsText(segment))}
${number(seq)}${number(ack ?? '')}${number(length)}${number(window)}
${ends}${texts}</tr>`;
  });
  const cut = notation.typeset(words.tableCut(notation.number(MOST_TABLE_ROWS), notation.number(segments.length)));
  const title = notation.typeset(words.title(nameOf(conversation.client), nameOf(conversation.server)));
  const head = html`<caption>${title}</caption><thead><tr>${heads}</tr></thead>`;
  const table = html`<div class="wide"><table class="dense">${head}<tbody>${rows}</tbody></table></div>`;
  return segments.length > MOST_TABLE_ROWS ? html`${table}<p class="remark">${cut}</p>` : table;
}

function number(content: string | number): Markup {
  return html`<td class="number">${content}</td>`;
}

function cell(content: Part): Markup {
  return html`<td>${content}</td>`;
}

function stateText(state: TcpState): string {
  return state === 'UNKNOWN' ? '–' : state;
}

function spokenText(words: SegmentWords | undefined, language: DiagramWords): Part {
  const { client, server } = words ?? {};
  return [client, server].map((side) =>
    side === undefined ? '' : html`<div><code>${textOfWords(side, language)}</code></div>`,
  );
}

function remarks(segment: Segment, truncated: string): string {
  return [marksText([segment]), ...(segment.truncated ? [truncated] : [])].filter((text) => text !== '').join(', ');
}
