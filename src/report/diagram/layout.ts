import type { Conversation, Phase, Segment, Side, TcpState } from '../../packets/conversation.ts';
import { foldSegments, type DiagramRow } from './fold-rows.ts';
import { wrapText } from './diagram-words.ts';

/** How wide the picture is and what stands where, in its own units: one is a CSS pixel where it has room. */
export interface Columns {
  readonly width: number;
  /** Words end (client) or begin (server) here. */
  readonly words: { readonly [S in Side]: number };
  /** The middle of the lifelines. */
  readonly lifeline: { readonly [S in Side]: number };
  /** Monospaced characters of a line of words, and lines. */
  readonly characters: number;
  readonly lines: number;
  /** The box that names an end. */
  readonly end: number;
  /** Height of the heading of a phase. */
  readonly phaseHeader: number;
  /** There is no room for two things next to each other: words begin below a new state, a note below the name of its phase. */
  readonly isTight: boolean;
}

/** For a screen, and for paper: on A4 a unit is 0.75 of a CSS pixel. */
export const roomy: Columns = {
  width: 900,
  words: { client: 8, server: 892 },
  lifeline: { client: 288, server: 612 },
  characters: 26,
  lines: 3,
  end: 232,
  phaseHeader: 30,
  isTight: false,
};

/** For a telephone: on 360 CSS pixels no letter is smaller than 9. */
export const narrow: Columns = {
  width: 420,
  words: { client: 3, server: 417 },
  lifeline: { client: 106, server: 314 },
  characters: 13,
  lines: 5,
  end: 202,
  phaseHeader: 50,
  isTight: true,
};

export const WORDS_LINE = 15;
const HEADER = 58;
const PHASE_END = 12;
const ROW = 48;
const FOLD_ROW = 78;
const PAUSE = 24;
const TAIL = 16;
/** From the top of a row to where its arrow leaves; it arrives `SLANT` lower. */
export const DEPARTURE = 24;
export const SLANT = 8;
/** From the top of a row to the words that stand below the name of a state. */
export const BELOW_STATE = 44;

/** In compressed time, a pause of at least this length is shown. */
const LONG_PAUSE_MS = 500;
/** In time to scale, how high the whole conversation becomes, its rows not counted; one gap takes a page at most. */
const SCALED_HEIGHT = 1000;
const HIGHEST_GAP = 600;

export type TimeScale = 'compressed' | 'scale';

/** How a picture is drawn. */
export interface Form {
  readonly time: TimeScale;
  readonly columns: Columns;
}

export type Item =
  | { readonly kind: 'header' }
  | { readonly kind: 'phase'; readonly phase: Phase }
  | { readonly kind: 'pause'; readonly ms: number }
  /** Time that passes, to scale. */
  | { readonly kind: 'gap' }
  | RowItem
  | { readonly kind: 'end' };

export interface RowItem {
  readonly kind: 'row';
  readonly row: DiagramRow;
  readonly words: { readonly [S in Side]?: readonly string[] };
  /** Sides whose words stand below the name of the state that begins here. */
  readonly below: readonly Side[];
}

/** The words next to a segment, as text. */
export type SpokenText = { readonly [S in Side]?: string };

/** An item at its place. */
export interface Placed {
  readonly item: Item;
  readonly phase: Phase | undefined;
  readonly top: number;
  readonly height: number;
}

/** A side is in a state from one height to another. */
export interface StateSpan {
  readonly side: Side;
  readonly state: TcpState;
  readonly top: number;
  readonly bottom: number;
}

export interface Layout {
  readonly placed: readonly Placed[];
  readonly states: readonly StateSpan[];
  readonly height: number;
}

/** Puts a conversation on paper: what stands where, from the top down. Knows nothing of SVG. */
export function layOut(
  conversation: Conversation,
  words: ReadonlyMap<number, SpokenText>,
  form: TimeScale | Form,
): Layout {
  const { time, columns } = typeof form === 'string' ? { time: form, columns: roomy } : form;
  const placed = stack(itemsOf(conversation, words, { time, columns }));
  const last = placed.at(-1)!;
  const height = last.top + last.height;
  return { placed, states: stateSpans(conversation, placed, height), height };
}

type Block = Omit<Placed, 'top'>;

function stack(blocks: readonly Block[]): Placed[] {
  let top = 0;
  return blocks.map((block) => {
    const placed = { ...block, top };
    top += block.height;
    return placed;
  });
}

function itemsOf(conversation: Conversation, words: ReadonlyMap<number, SpokenText>, { time, columns }: Form): Block[] {
  const rows = foldSegments(conversation.segments);
  const gaps = gapsBefore(rows);
  const perMs =
    SCALED_HEIGHT /
    Math.max(
      1,
      gaps.reduce((sum, gap) => sum + gap, 0),
    );
  const blocks: Block[] = [{ item: { kind: 'header' }, phase: undefined, height: HEADER }];
  for (const [index, row] of rows.entries()) {
    const phase = phaseOf(row);
    const previous = index === 0 ? undefined : phaseOf(rows[index - 1]!);
    const gap = gapBlocks(gaps[index]!, time, perMs);
    const change = phase === previous ? [] : phaseChange(previous, phase, columns);
    // Time in which nothing is sent belongs to the data phase, where it can: a handshake and a close are as short as
    // they are.
    blocks.push(
      ...(previous === 'handshake' && phase === 'data'
        ? [...change, ...inPhase(gap, phase)]
        : [...inPhase(gap, previous), ...change]),
      rowBlock(row, words, columns, columns.isTight ? newStates(conversation, rows, index) : []),
    );
  }
  const lastPhase = rows.length === 0 ? undefined : phaseOf(rows.at(-1)!);
  return [...blocks, { item: { kind: 'end' }, phase: lastPhase, height: TAIL }];
}

function phaseChange(previous: Phase | undefined, phase: Phase, { phaseHeader }: Columns): Block[] {
  const end: Block[] = previous === undefined ? [] : [{ item: { kind: 'gap' }, phase: previous, height: PHASE_END }];
  return [...end, { item: { kind: 'phase', phase }, phase, height: phaseHeader }];
}

function gapBlocks(ms: number, time: TimeScale, perMs: number): Omit<Block, 'phase'>[] {
  if (time === 'compressed') return ms < LONG_PAUSE_MS ? [] : [{ item: { kind: 'pause', ms }, height: PAUSE }];
  const height = Math.min(HIGHEST_GAP, Math.round(ms * perMs));
  return height < 1 ? [] : [{ item: { kind: 'gap' }, height }];
}

function inPhase(blocks: readonly Omit<Block, 'phase'>[], phase: Phase | undefined): Block[] {
  return blocks.map((block) => ({ ...block, phase }));
}

function rowBlock(
  row: DiagramRow,
  words: ReadonlyMap<number, SpokenText>,
  { characters, lines: most }: Columns,
  below: readonly Side[],
): Block {
  if (row.kind === 'fold') return { item: { kind: 'row', row, words: {}, below }, phase: row.phase, height: FOLD_ROW };
  const { client, server } = words.get(row.segment.packet) ?? {};
  const wrapped = {
    ...(client !== undefined && { client: wrapText(client, characters, most) }),
    ...(server !== undefined && { server: wrapText(server, characters, most) }),
  };
  const heights = (['client', 'server'] as const).map((side) => {
    const lines = wrapped[side]?.length ?? 0;
    return lines === 0 ? 0 : lines * WORDS_LINE + 10 + (below.includes(side) ? BELOW_STATE : 0);
  });
  return {
    item: { kind: 'row', row, words: wrapped, below },
    phase: row.segment.phase,
    height: Math.max(ROW, ...heights),
  };
}

/** The sides that change their state in a row. */
function newStates(conversation: Conversation, rows: readonly DiagramRow[], index: number): Side[] {
  const { states } = lastOf(rows[index]!);
  return (['client', 'server'] as const).filter((side) => {
    const before = index === 0 ? stateBefore(conversation, side) : lastOf(rows[index - 1]!).states[side];
    return states[side] !== before;
  });
}

function phaseOf(row: DiagramRow): Phase {
  return row.kind === 'fold' ? row.phase : row.segment.phase;
}

/** Milliseconds between the end of the row before and the start of each row. */
function gapsBefore(rows: readonly DiagramRow[]): number[] {
  return rows.map((row, index) =>
    index === 0 ? 0 : Math.max(0, firstOf(row).timeMs - lastOf(rows[index - 1]!).timeMs),
  );
}

function firstOf(row: DiagramRow): Segment {
  return row.kind === 'segment' ? row.segment : row.segments[0]!;
}

function lastOf(row: DiagramRow): Segment {
  return row.kind === 'segment' ? row.segment : row.segments.at(-1)!;
}

/** The states of both ends, each from the height at which it begins: where its arrow leaves, or arrives. */
function stateSpans(conversation: Conversation, placed: readonly Placed[], height: number): StateSpan[] {
  return (['client', 'server'] as const).flatMap((side) => {
    const changes = [{ state: stateBefore(conversation, side), top: HEADER }];
    for (const { item, top } of placed) {
      if (item.kind !== 'row') continue;
      const { states, from } = lastOf(item.row);
      const at = top + DEPARTURE + (from === side ? 0 : SLANT);
      if (states[side] !== changes.at(-1)!.state) changes.push({ state: states[side], top: at });
    }
    return changes.map(({ state, top }, index) => ({ side, state, top, bottom: changes[index + 1]?.top ?? height }));
  });
}

/**
 * Before the first segment: by RFC 9293 a client begins in CLOSED and a server in LISTEN; in the middle of a
 * conversation nothing is known but what follows.
 */
function stateBefore({ segments }: Conversation, side: Side): TcpState {
  const [first] = segments;
  if (first === undefined) return 'CLOSED';
  const opens = first.flags.includes('SYN') && !first.flags.includes('ACK');
  if (!opens) return first.states[side];
  return side === 'client' ? 'CLOSED' : first.states.server === 'SYN-RECEIVED' ? 'LISTEN' : first.states.server;
}

/** A part of the picture, from one height to another. */
export interface DiagramPiece {
  readonly top: number;
  readonly bottom: number;
  readonly placed: readonly Placed[];
}

/**
 * Cuts a layout between its rows into pieces that are not higher than a page, where rows allow it; a heading stays with
 * what follows it.
 */
export function cutLayout({ placed, height }: Layout, pageHeight: number): DiagramPiece[] {
  const starts = [0];
  for (const [index, { top, height: own }] of placed.entries()) {
    if (top + own - placed[starts.at(-1)!]!.top <= pageHeight || index === starts.at(-1)) continue;
    const before = placed[index - 1]!;
    const withHeading = before.item.kind === 'phase' && index - 1 > starts.at(-1)!;
    starts.push(withHeading ? index - 1 : index);
  }
  return starts.map((start, index) => {
    const end = starts[index + 1] ?? placed.length;
    return { top: placed[start]!.top, bottom: placed[end]?.top ?? height, placed: placed.slice(start, end) };
  });
}
