import type { Conversation, Endpoint, Phase, Segment, Side, TcpState } from '../../packets/conversation.ts';
import type { DiagramWords, Notation } from '../language/wording.ts';
import { attributesText, element } from '../markup/element.ts';
import { escapeMarkup } from '../markup/escape-markup.ts';
import {
  BELOW_STATE,
  cutLayout,
  DEPARTURE,
  layOut,
  roomy,
  SLANT,
  WORDS_LINE,
  type Columns,
  type Layout,
  type DiagramPiece,
  type Form,
  type Placed,
  type RowItem,
  type SpokenText,
  type StateSpan,
  type TimeScale,
} from './layout.ts';
import { describeConversation, phaseNote } from './phase-note.ts';
import { flagsText, marksText, numbersText, optionTexts, synFacts, timeText } from './segment-text.ts';
import { DIAGRAM_STYLE } from './diagram-style.ts';
import { cutText, textOfWords, type SegmentWords, type Words } from './diagram-words.ts';

export interface DiagramOptions {
  readonly words: DiagramWords;
  readonly notation: Notation;
  /** What the terminals said, by packet number. */
  readonly spoken: ReadonlyMap<number, SegmentWords>;
  readonly time: TimeScale;
  /** Default: those for a screen. */
  readonly columns?: Columns;
  /** Begins every `id` of the picture, so that several stand in one page. */
  readonly id: string;
}

/** The sequence diagram of a conversation: a whole SVG file, with its style. */
export function conversationSvg(conversation: Conversation, options: DiagramOptions): string {
  const layout = layOut(conversation, spokenTexts(options), formOf(options));
  const whole = { top: 0, bottom: layout.height, placed: layout.placed };
  return new Drawing(conversation, options, layout).svg(whole, {
    part: 1,
    parts: 1,
    style: `<style>${DIAGRAM_STYLE}</style>`,
  });
}

/**
 * The same in pieces for a page that is printed: below each other they look like one, and none is cut by the end of a
 * page of `pageHeight` units. The page must hold `DIAGRAM_STYLE`.
 */
export function conversationPieces(conversation: Conversation, options: DiagramOptions, pageHeight: number): string[] {
  const layout = layOut(conversation, spokenTexts(options), formOf(options));
  const drawing = new Drawing(conversation, options, layout);
  const pieces = cutLayout(layout, pageHeight);
  return pieces.map((piece, index) => drawing.svg(piece, { part: index + 1, parts: pieces.length, style: '' }));
}

/** The three phases, in the colours of which their states are drawn too. */
const phaseOfState: Readonly<Record<TcpState, Phase | 'none'>> = {
  UNKNOWN: 'none',
  CLOSED: 'none',
  LISTEN: 'handshake',
  'SYN-SENT': 'handshake',
  'SYN-RECEIVED': 'handshake',
  ESTABLISHED: 'data',
  'FIN-WAIT-1': 'close',
  'FIN-WAIT-2': 'close',
  'CLOSE-WAIT': 'close',
  CLOSING: 'close',
  'LAST-ACK': 'close',
  'TIME-WAIT': 'close',
};

const phaseNumber: Readonly<Record<Phase, number>> = { handshake: 1, data: 2, close: 3 };

/** Outwards from a lifeline: to the left of the client's, to the right of the server's. */
const outwards: Readonly<Record<Side, -1 | 1>> = { client: -1, server: 1 };
const anchor: Readonly<Record<Side, 'start' | 'end'>> = { client: 'end', server: 'start' };
const wordsAnchor: Readonly<Record<Side, 'start' | 'end'>> = { client: 'start', server: 'end' };
const sides: readonly Side[] = ['client', 'server'];
const LIFE_WIDTH = 8;

function formOf({ time, columns = roomy }: DiagramOptions): Form {
  return { time, columns };
}

/** Which of several pictures is drawn. */
interface Part {
  readonly part: number;
  readonly parts: number;
  readonly style: string;
}

function spokenTexts({ spoken, words }: DiagramOptions): ReadonlyMap<number, SpokenText> {
  return new Map(
    [...spoken].map(([packet, { client, server }]) => [
      packet,
      { ...(client && { client: textOfWords(client, words) }), ...(server && { server: textOfWords(server, words) }) },
    ]),
  );
}

class Drawing {
  readonly #conversation: Conversation;
  readonly #options: DiagramOptions;
  readonly #layout: Layout;
  readonly #columns: Columns;
  /** Between the lifelines. */
  readonly #middle: number;

  constructor(conversation: Conversation, options: DiagramOptions, layout: Layout) {
    this.#conversation = conversation;
    this.#options = options;
    this.#layout = layout;
    this.#columns = formOf(options).columns;
    this.#middle = (this.#columns.lifeline.client + this.#columns.lifeline.server) / 2;
  }

  svg(piece: DiagramPiece, { part, parts, style }: Part): string {
    const { words, notation, id } = this.#options;
    const { client, server } = this.#conversation;
    const [title, description] = [`${id}-title-${part}`, `${id}-desc`];
    const continued = parts === 1 ? '' : ` (${words.continued(part, parts)})`;
    const described = escapeMarkup(describeConversation(this.#conversation, words, notation));
    const height = piece.bottom - piece.top;
    const size = { viewBox: `0 ${piece.top} ${this.#columns.width} ${height}`, width: this.#columns.width, height };
    const labels = { 'aria-labelledby': title, ...(part === 1 && { 'aria-describedby': description }) };
    return [
      `<svg${attributesText({ xmlns: 'http://www.w3.org/2000/svg', class: 'tcp', ...size, role: 'img' })}`,
      `${attributesText(labels)}>`,
      element('title', { id: title }, escapeMarkup(words.title(nameOf(client), nameOf(server)) + continued)) +
        (part === 1 ? element('desc', { id: description }, described) : '') +
        style,
      element('rect', { class: 'tcp-ground', x: 0, y: piece.top, width: this.#columns.width, height }),
      ...this.#grounds(piece),
      ...this.#lives(piece),
      ...piece.placed.map((placed) => this.#item(placed)),
      '</svg>',
    ].join('\n');
  }

  /** The ground of each phase. */
  #grounds({ placed }: DiagramPiece): string[] {
    return [
      ...Map.groupBy(
        placed.filter(({ phase }) => phase !== undefined),
        ({ phase }) => phase!,
      ),
    ].map(([phase, items]) => {
      const { top } = items[0]!;
      const bottom = items.at(-1)!.top + items.at(-1)!.height;
      return element('rect', { class: `tcp-${phase}`, x: 0, y: top, width: this.#columns.width, height: bottom - top });
    });
  }

  /** The lifelines, coloured by state; each state is named where it begins, and again on a new page. */
  #lives({ top, bottom }: DiagramPiece): string[] {
    return this.#layout.states
      .filter((span) => span.top < bottom && span.bottom > top)
      .map((span) =>
        this.#life({ ...span, top: Math.max(top, span.top), bottom: Math.min(bottom, span.bottom) }, span.top < top),
      );
  }

  #life({ side, state, top, bottom }: StateSpan, isAgain: boolean): string {
    const x = this.#columns.lifeline[side];
    const height = bottom - top;
    const life = element('rect', { class: 'tcp-life', x: x - LIFE_WIDTH / 2, y: top, width: LIFE_WIDTH, height });
    const style = `tcp-state tcp-colored${isAgain ? ' tcp-again' : ''}`;
    const place = { x: x + outwards[side] * 10, y: top + 11, 'text-anchor': anchor[side] };
    const isNamed = height >= 11 && state !== 'UNKNOWN';
    const name = isNamed ? element('text', { class: style, ...place }, state) : '';
    return element('g', { class: `tcp-${phaseOfState[state]}` }, life, name);
  }

  #item({ item, phase, top, height }: Placed): string {
    switch (item.kind) {
      case 'header':
        return sides.map((side) => this.#end(side)).join('');
      case 'phase':
        return this.#phase(item.phase, top, height);
      case 'pause':
        return this.#pause(item.ms, top + 16);
      case 'row':
        return item.row.kind === 'segment'
          ? this.#segment(item.row.segment, item, top)
          : this.#fold(item.row.segments, phase!, top, height);
      case 'gap':
      case 'end':
      default:
        return '';
    }
  }

  #pause(ms: number, y: number): string {
    const { words, notation } = this.#options;
    return centred('tcp-small', this.#middle, y, `⋮ ${escapeMarkup(words.pause(notation.duration(ms)))} ⋮`);
  }

  #end(side: Side): string {
    const end = this.#conversation[side];
    const x = this.#columns.lifeline[side];
    const { machine, address, port } = end;
    const name = [this.#options.words.sides[side], ...(machine === undefined ? [] : [machine])].join(' · ');
    const box = { x: x - this.#columns.end / 2, y: 4, width: this.#columns.end, height: 46, rx: 6 };
    return [
      element('rect', { class: 'tcp-end-box', ...box }),
      centred('tcp-end-name', x, 23, escapeMarkup(name)),
      centred('tcp-mono', x, 41, escapeMarkup(socketText({ address, port }))),
    ].join('');
  }

  #phase(phase: Phase, top: number, height: number): string {
    const { words, notation } = this.#options;
    const note = phaseNote(this.#conversation, phase, words, notation);
    const name = `${phaseNumber[phase]}  ${escapeMarkup(words.phases[phase])}`;
    return [
      element(
        'g',
        { class: `tcp-${phase}` },
        element('rect', { class: 'tcp-phase-bar', x: 0, y: top, width: this.#columns.width, height: 2 }),
        this.#columns.isTight
          ? centred('tcp-phase-name', this.#middle, top + 21, name)
          : element('text', { class: 'tcp-phase-name', x: 8, y: top + 21 }, name),
      ),
      centred('tcp-label', this.#middle, top + height - 9, escapeMarkup(note)),
    ].join('');
  }

  #segment(segment: Segment, { words, below }: RowItem, top: number): string {
    const y = top + DEPARTURE;
    const isBare =
      segment.length === 0 && !segment.flags.some((flag) => flag === 'SYN' || flag === 'FIN' || flag === 'RST');
    const classes = [
      isReset(segment) ? 'tcp-close' : `tcp-${segment.phase}`,
      ...(isBare ? ['tcp-bare'] : []),
      ...(isRepeated(segment) ? ['tcp-lost'] : []),
    ];
    const flags = element('tspan', { class: 'tcp-flags' }, escapeMarkup(flagsText(segment)));
    return element(
      'g',
      { class: classes.join(' '), 'data-packet': segment.packet },
      element('title', {}, escapeMarkup(this.#tooltip(segment))),
      this.#arrow(segment.from, y),
      centred('tcp-label', this.#middle, y - 7, `${flags}\u2003${escapeMarkup(numbersText(segment))}`),
      this.#underArrow(segment, y + 19),
      ...sides.map((side) =>
        this.#spoken(
          side,
          words[side],
          this.#wordsClass(segment, side),
          below.includes(side) ? top + BELOW_STATE : { middle: y },
        ),
      ),
    );
  }

  #underArrow(segment: Segment, y: number): string {
    const facts = [
      timeText(this.#conversation, segment, this.#options.notation),
      ...synFacts(segment),
      ...(segment.truncated ? [this.#options.words.truncated] : []),
    ];
    const marks = segment.marks.length === 0 ? '' : ` ${warning(marksText([segment]))}`;
    return centred('tcp-small', this.#middle, y, escapeMarkup(facts.join(' · ')) + marks);
  }

  /** What a side says stands out from what it only shows. */
  #wordsClass({ packet, from }: Segment, side: Side): string {
    const kind: Words['kind'] = this.#options.spoken.get(packet)?.[side]?.kind ?? 'line';
    return `tcp-mono tcp-${kind}${kind === 'line' && from === side ? ' tcp-said' : ''}`;
  }

  /** `at` is where the words begin, or what they stand around. */
  #spoken(
    side: Side,
    lines: readonly string[] | undefined,
    style: string,
    at: number | { readonly middle: number },
  ): string {
    if (lines === undefined || lines.length === 0) return '';
    const x = this.#columns.words[side];
    const first =
      typeof at === 'number'
        ? at + 13
        : Math.max(at.middle - DEPARTURE + 13, at.middle + 4 - ((lines.length - 1) * WORDS_LINE) / 2);
    const spans = lines.map((line, index) =>
      element('tspan', { x, y: first + index * WORDS_LINE }, escapeMarkup(line)),
    );
    return element('text', { class: style, 'text-anchor': wordsAnchor[side], 'xml:space': 'preserve' }, ...spans);
  }

  #fold(segments: readonly Segment[], phase: Phase, top: number, height: number): string {
    const { words, notation } = this.#options;
    const marks = marksText(segments);
    const totals = sides.map((side) => {
      const own = segments.filter(({ from }) => from === side);
      return words.foldedFrom(
        side,
        notation.number(own.length),
        notation.bytes(own.reduce((sum, { length }) => sum + length, 0)),
      );
    });
    const left = this.#columns.lifeline.client + 14;
    const lines = [
      element('tspan', { class: 'tcp-flags' }, escapeMarkup(words.folded(notation.number(segments.length)))),
      ...totals.map(escapeMarkup),
      ...(marks === '' ? [] : [warning(cutText(words.foldedMarks(marks), 44))]),
    ];
    const first = top + height / 2 + 4 - ((lines.length - 1) * 16) / 2;
    const box = { x: left, y: top + 4, width: this.#columns.lifeline.server - 14 - left, height: height - 8, rx: 5 };
    return element(
      'g',
      { class: `tcp-${phase}`, 'data-folded': segments.length },
      element('rect', { class: 'tcp-fold-box', ...box }),
      ...lines.map((line, index) => centred('tcp-label', this.#middle, first + index * 16, line)),
    );
  }

  #tooltip(segment: Segment): string {
    const { words, notation } = this.#options;
    const other = segment.from === 'client' ? 'server' : 'client';
    const facts = [
      `${words.tableHeads.packet} ${segment.packet}`,
      timeText(this.#conversation, segment, notation),
      `${words.sides[segment.from]} → ${words.sides[other]}`,
    ];
    return (
      `${facts.join(', ')}: ${flagsText(segment)} ${numbersText(segment)} win ` +
      [segment.window, ...optionTexts(segment.options)].join(' ')
    );
  }

  /** From the sender's lifeline, a little down, to the other: time passes on the way. */
  #arrow(from: Side, y: number): string {
    const direction = from === 'client' ? 1 : -1;
    const other = from === 'client' ? 'server' : 'client';
    const start = this.#columns.lifeline[from] + direction * (LIFE_WIDTH / 2);
    const end = this.#columns.lifeline[other] - direction * (LIFE_WIDTH / 2 + 1);
    const tip = y + SLANT;
    // The head stands on the line: its slope is SLANT over the distance of the lifelines.
    const back = end - direction * 11;
    const slope = SLANT / Math.abs(end - start);
    const base = tip - 11 * slope;
    const [above, below] = [(base - 4.5).toFixed(1), (base + 4.5).toFixed(1)];
    const line = element('path', { class: 'tcp-arrow', d: `M${start} ${y}L${back} ${base.toFixed(1)}` });
    const head = element('path', { class: 'tcp-head', d: `M${end} ${tip}L${back} ${above}L${back} ${below}Z` });
    return line + head;
  }
}

/** `192.168.100.4:7999`, `[fe80::1]:7999`. */
export function socketText({ address, port }: Pick<Endpoint, 'address' | 'port'>): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The machine, or else the socket. */
export function nameOf(end: Endpoint): string {
  return end.machine === undefined ? socketText(end) : `${end.machine} (${socketText(end)})`;
}

function isReset({ flags }: Segment): boolean {
  return flags.includes('RST');
}

/** Whether it carries what was sent before. */
function isRepeated({ marks }: Segment): boolean {
  return marks.some((mark) => mark.endsWith('retransmission'));
}

/** A line of text in the middle of `x`. */
function centred(style: string, x: number, y: number, content: string): string {
  return element('text', { class: style, x, y, 'text-anchor': 'middle' }, content);
}

function warning(text: string): string {
  return element('tspan', { class: 'tcp-warn' }, escapeMarkup(text));
}
