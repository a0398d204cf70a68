import type { Datagram } from '../../packets/udp/datagram-conversation.ts';
import { datagramPieces, type DatagramDiagramOptions } from '../datagrams/datagram-svg.ts';
import { endTitle, remarksOf, timeText } from '../datagrams/datagram-text.ts';
import { textOfWords } from '../diagram/diagram-words.ts';
import { narrow, roomy, type TimeScale } from '../diagram/layout.ts';
import type { Language } from '../language/languages.ts';
import type { ReportDatagrams } from '../report-data.ts';
import { html, trusted, type Markup, type Part } from './markup.ts';

/** Height of a piece of the diagram: two thirds of a page of A4. */
const PIECE_HEIGHT = 900;
/** With more rows, time to scale is of no use, and would double the page. */
const MOST_SCALED = 120;
const MOST_TABLE_ROWS = 2000;

/** The diagram, with a switch between compressed time and time to scale, and all datagrams as a table. */
export function datagramsMarkup(number: number, each: ReportDatagrams, language: Language): Markup {
  const { datagrams: words, notation, report } = language;
  const id = `udp-${number}`;
  const caption = html`<summary>${notation.typeset(words.tableCaption)}</summary>`;
  const table = html`<details class="segments">${caption}${datagramTable(each, language)}</details>`;
  const compressed = pictures(each, 'compressed', id, language);
  if (each.conversation.datagrams.length > MOST_SCALED)
    return html`<figure class="diagram"><div class="drawn">${compressed}</div>${table}</figure>`;
  return html`<figure class="diagram">
<div class="switch" role="radiogroup">
<input type="radio" name="${id}" id="${id}-c" checked><label for="${id}-c">${words.compressed}</label>
<input type="radio" name="${id}" id="${id}-s"><label for="${id}-s">${report.exchange.scale}</label>
<div class="drawn compressed">${compressed}</div><div class="drawn scaled">${pictures(each, 'scale', id, language)}</div>
</div>${table}</figure>`;
}

/** For a screen and for paper, and once more for a telephone; the style of the page shows one of them. */
function pictures({ conversation, spoken }: ReportDatagrams, time: TimeScale, id: string, language: Language): Part {
  const { diagram: words, datagrams: datagramWords, notation } = language;
  return Object.entries({ roomy, narrow }).map(([name, columns]) => {
    const options: DatagramDiagramOptions = {
      words,
      datagramWords,
      notation,
      spoken,
      time,
      columns,
      id: `${id}-${time}-${name}`,
    };
    const drawn = datagramPieces(conversation, options, PIECE_HEIGHT).map(
      (svg) => html`<div class="piece">${trusted(svg)}</div>`,
    );
    return html`<div class="${name}">${drawn}</div>`;
  });
}

/** What the diagram shows, for screen readers and for those who want the numbers; it folds nothing. */
function datagramTable({ conversation, spoken }: ReportDatagrams, language: Language): Markup {
  const { diagram: words, datagrams: datagramWords, notation } = language;
  const { packet, time, from, words: said, remark } = words.tableHeads;
  const { number, length, checksum, answer } = datagramWords.tableHeads;
  const heads = [packet, time, from, number, length, checksum, answer, said, remark].map(
    (head) => html`<th scope="col">${notation.typeset(head)}</th>`,
  );
  const texts = { words: datagramWords, notation };
  const { datagrams, startMs } = conversation;
  const rows = datagrams.slice(0, MOST_TABLE_ROWS).map((one) => {
    const { client, server } = spoken.get(one.packet) ?? {};
    const shown = [client, server].map((side) =>
      side === undefined ? '' : html`<div><code>${textOfWords(side, words)}</code></div>`,
    );
    return html`<tr>
${figure(one.packet)}${figure(timeText(one.timeMs - startMs, texts))}${cell(words.sides[one.from])}${figure(one.number)}
${figure(one.length)}${cell(datagramWords.checksums[one.checksum])}${cell(answerText(one, language))}
${cell(shown)}${cell(remarksOf(one, texts).join(', '))}</tr>`;
  });
  const title = notation.typeset(datagramWords.title(endTitle(conversation.client), endTitle(conversation.server)));
  const head = html`<caption>${title}</caption><thead><tr>${heads}</tr></thead>`;
  const table = html`<div class="wide"><table class="dense">${head}<tbody>${rows}</tbody></table></div>`;
  if (datagrams.length <= MOST_TABLE_ROWS) return table;
  const cut = datagramWords.tableCut(notation.number(MOST_TABLE_ROWS), notation.number(datagrams.length));
  return html`${table}<p class="remark">${notation.typeset(cut)}</p>`;
}

function answerText({ answeredBy }: Datagram, { notation, diagram }: Language): string {
  if (answeredBy === undefined) return '';
  return `${diagram.tableHeads.packet} ${answeredBy.packet}, ${notation.duration(answeredBy.afterMs)}`;
}

function figure(content: string | number): Markup {
  return html`<td class="number">${content}</td>`;
}

function cell(content: Part): Markup {
  return html`<td>${content}</td>`;
}
