import type { Side } from '../../packets/conversation.ts';
import type { Datagram, DatagramConversation, DatagramError } from '../../packets/udp/datagram-conversation.ts';
import { DIAGRAM_STYLE } from '../diagram/diagram-style.ts';
import { socketText, type DiagramOptions } from '../diagram/diagram-svg.ts';
import { textOfWords, wrapText } from '../diagram/diagram-words.ts';
import { DEPARTURE, roomy, SLANT, WORDS_LINE, type SpokenText } from '../diagram/layout.ts';
import type { DatagramWords } from '../language/datagrams-en.ts';
import { attributesText, element } from '../markup/element.ts';
import { escapeMarkup } from '../markup/escape-markup.ts';
import { cutItems, layOutDatagrams, type PlacedItem } from './datagram-layout.ts';
import { rowsOf } from './datagram-rows.ts';
import {
  answerText,
  describeDatagrams,
  endTitle,
  isUnanswered,
  reasonText,
  remarksOf,
  timeText,
  type TextWords,
} from './datagram-text.ts';

export interface DatagramDiagramOptions extends DiagramOptions {
  readonly datagramWords: DatagramWords;
}

/** The sequence diagram of datagrams: a whole SVG file, with its style. */
export function datagramsSvg(conversation: DatagramConversation, options: DatagramDiagramOptions): string {
  return new DatagramDrawing(conversation, options).pieces(Infinity, `<style>${DIAGRAM_STYLE}</style>`)[0]!;
}

/**
 * The same in pieces for a page that is printed, none of which is higher than `pageHeight` units. The page must hold
 * `DIAGRAM_STYLE`.
 */
export function datagramPieces(
  conversation: DatagramConversation,
  options: DatagramDiagramOptions,
  pageHeight: number,
): string[] {
  return new DatagramDrawing(conversation, options).pieces(pageHeight, '');
}

const sides: readonly Side[] = ['client', 'server'];
const wordsAnchor: Readonly<Record<Side, 'start' | 'end'>> = { client: 'start', server: 'end' };
const LIFE_WIDTH = 8;
/** A lost datagram comes so far. */
const LOST_AFTER = 0.62;

class DatagramDrawing {
  readonly #conversation: DatagramConversation;
  readonly #options: DatagramDiagramOptions;
  readonly #texts: TextWords;

  constructor(conversation: DatagramConversation, options: DatagramDiagramOptions) {
    this.#conversation = conversation;
    this.#options = options;
    this.#texts = { words: options.datagramWords, notation: options.notation };
  }

  pieces(pageHeight: number, style: string): string[] {
    const { time } = this.#options;
    const placed = layOutDatagrams(rowsOf(this.#conversation), this.#spokenTexts(), { time, columns: this.#columns });
    const pieces = cutItems(placed, pageHeight);
    return pieces.map((piece, index) => this.#svg(piece, { part: index + 1, parts: pieces.length, style }));
  }

  get #columns(): NonNullable<DiagramOptions['columns']> {
    return this.#options.columns ?? roomy;
  }

  get #middle(): number {
    const { lifeline } = this.#columns;
    return (lifeline.client + lifeline.server) / 2;
  }

  #spokenTexts(): ReadonlyMap<number, SpokenText> {
    const { spoken, words } = this.#options;
    return new Map(
      [...spoken].map(([packet, { client, server }]) => [
        packet,
        {
          ...(client && { client: textOfWords(client, words) }),
          ...(server && { server: textOfWords(server, words) }),
        },
      ]),
    );
  }

  #svg(
    piece: readonly PlacedItem[],
    { part, parts, style }: { readonly part: number; readonly parts: number; readonly style: string },
  ): string {
    const { words, datagramWords, id } = this.#options;
    const { client, server } = this.#conversation;
    const { width } = this.#columns;
    const top = piece[0]!.top;
    const height = piece.at(-1)!.top + piece.at(-1)!.height - top;
    const title = `${id}-title-${part}`;
    const continued = parts === 1 ? '' : ` (${words.continued(part, parts)})`;
    const described = `${id}-desc`;
    const labels = { 'aria-labelledby': title, ...(part === 1 && { 'aria-describedby': described }) };
    const size = { viewBox: `0 ${top} ${width} ${height}`, width, height };
    const heading = this.#set(datagramWords.title(endTitle(client), endTitle(server)) + continued);
    return [
      `<svg${attributesText({ xmlns: 'http://www.w3.org/2000/svg', class: 'tcp', ...size, role: 'img', ...labels })}>`,
      element('title', { id: title }, heading) +
        (part === 1
          ? element('desc', { id: described }, this.#set(describeDatagrams(this.#conversation, this.#texts)))
          : '') +
        style,
      element('rect', { class: 'tcp-ground', x: 0, y: top, width, height }),
      ...sides.map((side) => this.#life(side, piece)),
      ...piece.map((placed) => this.#item(placed)),
      '</svg>',
    ].join('\n');
  }

  /** Nothing changes in it from the beginning to the end: UDP has no states. */
  #life(side: Side, piece: readonly PlacedItem[]): string {
    const lived = piece.filter(({ item }) => item.kind !== 'header');
    if (lived.length === 0) return '';
    const y = lived[0]!.top;
    const height = lived.at(-1)!.top + lived.at(-1)!.height - y;
    const x = this.#columns.lifeline[side] - LIFE_WIDTH / 2;
    return element('g', { class: 'tcp-none' }, element('rect', { class: 'tcp-life', x, y, width: LIFE_WIDTH, height }));
  }

  #item({ item, top, height }: PlacedItem): string {
    const { words, notation } = this.#options;
    if (item.kind === 'header') return sides.map((side) => this.#end(side)).join('');
    if (item.kind === 'note') return this.#note(top);
    if (item.kind === 'pause')
      return centred('tcp-small', this.#middle, top + 16, `⋮ ${this.#set(words.pause(notation.duration(item.ms)))} ⋮`);
    if (item.kind !== 'row') return '';
    const { row } = item;
    if (row.kind === 'datagram') return this.#datagram(row.datagram, item.words, top);
    if (row.kind === 'error') return this.#error(row.error, top);
    return this.#fold(row.count, top, height);
  }

  #note(top: number): string {
    const lines = wrapText(`UDP · ${this.#options.datagramWords.note}`, this.#columns.isTight ? 30 : 60, 2);
    return lines
      .map((line, index) => centred('tcp-small', this.#middle, top + 16 + 12 * index, this.#set(line)))
      .join('');
  }

  #end(side: Side): string {
    const { machine, address, port } = this.#conversation[side];
    const x = this.#columns.lifeline[side];
    const name = [this.#options.words.sides[side], ...(machine === undefined ? [] : [machine])].join(' · ');
    const box = { x: x - this.#columns.end / 2, y: 4, width: this.#columns.end, height: 46, rx: 6 };
    return [
      element('rect', { class: 'tcp-end-box', ...box }),
      centred('tcp-end-name', x, 23, escapeMarkup(name)),
      centred('tcp-mono', x, 41, escapeMarkup(socketText({ address, port }))),
    ].join('');
  }

  #datagram(datagram: Datagram, words: { readonly [S in Side]?: readonly string[] }, top: number): string {
    const y = top + DEPARTURE;
    const { from, number, length, marks, packet } = datagram;
    const isLost = marks.includes('lost');
    const name = element('tspan', { class: 'tcp-flags' }, this.#set(`${this.#texts.words.datagram} ${number}`));
    return element(
      'g',
      { class: isLost ? 'tcp-close tcp-lost' : 'tcp-data', 'data-packet': packet },
      this.#arrow(from, y, isLost),
      centred('tcp-label', this.#middle, y - 7, `${name}\u2003len ${length}`),
      this.#under(datagram, y + 19),
      ...sides.map((side) => this.#words(datagram, side, words[side], y)),
    );
  }

  #under(datagram: Datagram, y: number): string {
    const { startMs, datagrams, answered } = this.#conversation;
    const answer = answerText(datagram, datagrams, this.#texts);
    const time = timeText(datagram.timeMs - startMs, this.#texts);
    const remarks = [
      ...remarksOf(datagram, this.#texts),
      ...(isUnanswered(datagram) && answered > 0 ? [this.#texts.words.unanswered] : []),
    ];
    const marks = remarks.length === 0 ? '' : this.#warning(remarks.join(', '));
    const facts = [...(answer === '' ? [] : [this.#set(answer)]), ...(marks === '' ? [] : [marks])];
    const lines = this.#columns.isTight
      ? [this.#set(time), facts.join(' ')]
      : [[this.#set(time), ...facts].join(' · ')];
    return lines
      .map((line, index) => (line === '' ? '' : centred('tcp-small', this.#middle, y + 13 * index, line)))
      .join('');
  }

  #words({ packet, from }: Datagram, side: Side, lines: readonly string[] | undefined, middle: number): string {
    if (lines === undefined || lines.length === 0) return '';
    const kind = this.#options.spoken.get(packet)?.[side]?.kind ?? 'line';
    const style = `tcp-mono tcp-${kind}${kind === 'line' && from === side ? ' tcp-said' : ''}`;
    const x = this.#columns.words[side];
    const first = Math.max(middle - DEPARTURE + 13, middle + 4 - ((lines.length - 1) * WORDS_LINE) / 2);
    const spans = lines.map((line, index) =>
      element('tspan', { x, y: first + index * WORDS_LINE }, escapeMarkup(line)),
    );
    return element('text', { class: style, 'text-anchor': wordsAnchor[side], 'xml:space': 'preserve' }, ...spans);
  }

  /** From the side that reports; a router stands between, and its message comes from the middle. */
  #error({ message, about }: DatagramError, top: number): string {
    const y = top + DEPARTURE;
    const { client, startMs } = this.#conversation;
    const to: Side = message.to.address === client.address ? 'client' : 'server';
    const from: Side = to === 'client' ? 'server' : 'client';
    const isRouter = message.from.address !== this.#conversation[from].address;
    const reason = this.#set(reasonText(message, this.#texts));
    const reporter = message.from.machine ?? message.from.address;
    const facts = [timeText(message.timeMs - startMs, this.#texts), ...(isRouter ? [reporter] : [])].join(' · ');
    return element(
      'g',
      { class: 'tcp-close', 'data-icmp': message.packet, ...(about !== undefined && { 'data-about': about }) },
      this.#arrow(from, y, false, isRouter ? 0.5 : 0),
      centred('tcp-label', this.#middle, y - 7, `${element('tspan', { class: 'tcp-flags' }, 'ICMP')}\u2003${reason}`),
      centred('tcp-small', this.#middle, y + 19, escapeMarkup(facts)),
    );
  }

  #fold(count: number, top: number, height: number): string {
    const left = this.#columns.lifeline.client + 14;
    const width = this.#columns.lifeline.server - 14 - left;
    const text = this.#set(this.#texts.words.folded(this.#texts.notation.number(count)));
    return element(
      'g',
      { class: 'tcp-data', 'data-folded': count },
      element('rect', { class: 'tcp-fold-box', x: left, y: top + 4, width, height: height - 8, rx: 5 }),
      centred('tcp-label', this.#middle, top + height / 2 + 4, text),
    );
  }

  /** A little down: time passes on the way. `begin` is how far from the sender it begins; a lost one ends in a cross. */
  #arrow(from: Side, y: number, isLost: boolean, begin = 0): string {
    const { lifeline } = this.#columns;
    const direction = from === 'client' ? 1 : -1;
    const whole = Math.abs(lifeline.server - lifeline.client) - LIFE_WIDTH - 1;
    const at = (share: number): { x: number; y: number } => ({
      x: lifeline[from] + direction * (LIFE_WIDTH / 2 + whole * share),
      y: y + SLANT * share,
    });
    const [start, tip] = [at(begin), at(isLost ? LOST_AFTER : 1)];
    const line = (end: { x: number; y: number }): string =>
      element('path', { class: 'tcp-arrow', d: `M${point(start)}L${point(end)}` });
    if (isLost) {
      const cross = [
        [-6, -6, 6, 6],
        [-6, 6, 6, -6],
      ].map(([a, b, c, d]) =>
        element('path', { class: 'tcp-cross', d: `M${point(moved(tip, a!, b!))}L${point(moved(tip, c!, d!))}` }),
      );
      return line(tip) + cross.join('');
    }
    const back = moved(tip, -11 * direction, (-11 * SLANT) / whole);
    const head = `M${point(tip)}L${point(moved(back, 0, -4.5))}L${point(moved(back, 0, 4.5))}Z`;
    return line(back) + element('path', { class: 'tcp-head', d: head });
  }

  #warning(text: string): string {
    return element('tspan', { class: 'tcp-warn' }, this.#set(text));
  }

  /** Prose as markup. */
  #set(text: string): string {
    return escapeMarkup(this.#options.notation.typeset(text));
  }
}

function point({ x, y }: { readonly x: number; readonly y: number }): string {
  return `${Number(x.toFixed(1))} ${Number(y.toFixed(1))}`;
}

function moved(
  { x, y }: { readonly x: number; readonly y: number },
  right: number,
  down: number,
): { x: number; y: number } {
  return { x: x + right, y: y + down };
}

/** A line of text in the middle of `x`. */
function centred(style: string, x: number, y: number, content: string): string {
  return element('text', { class: style, x, y, 'text-anchor': 'middle' }, content);
}
