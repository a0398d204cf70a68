import type { Side } from '../../packets/conversation.ts';
import type { Columns, SpokenText, TimeScale } from '../diagram/layout.ts';
import { WORDS_LINE } from '../diagram/layout.ts';
import { wrapText } from '../diagram/diagram-words.ts';
import type { DatagramRow } from './datagram-rows.ts';

const HEADER = 58;
/** From the box of the ends to the first row, where the note stands. */
const NOTE = 34;
const ROW = 52;
/** Where there is no room for all that stands under an arrow in one line. */
const TIGHT_ROW = 64;
const FOLD_ROW = 40;
const PAUSE = 24;
const TAIL = 16;

/** In compressed time, a pause of at least this length is shown. */
const LONG_PAUSE_MS = 500;
/** In time to scale, how high all waits together become; one takes a page at most. */
const SCALED_HEIGHT = 1000;
const HIGHEST_GAP = 600;

export type DatagramItem =
  | { readonly kind: 'header' }
  | { readonly kind: 'note' }
  | { readonly kind: 'pause'; readonly ms: number }
  /** Time that passes, to scale. */
  | { readonly kind: 'gap' }
  | { readonly kind: 'row'; readonly row: DatagramRow; readonly words: { readonly [S in Side]?: readonly string[] } }
  | { readonly kind: 'end' };

/** An item at its place. */
export interface PlacedItem {
  readonly item: DatagramItem;
  readonly top: number;
  readonly height: number;
}

/** How a picture is drawn. */
export interface DatagramForm {
  readonly time: TimeScale;
  readonly columns: Columns;
}

/** Puts rows on paper, from the top down. */
export function layOutDatagrams(
  rows: readonly DatagramRow[],
  words: ReadonlyMap<number, SpokenText>,
  { time, columns }: DatagramForm,
): readonly PlacedItem[] {
  const gaps = rows.map(({ timeMs }, index) => (index === 0 ? 0 : Math.max(0, timeMs - rows[index - 1]!.timeMs)));
  const allMs = gaps.reduce((sum, gap) => sum + gap, 0);
  const perMs = SCALED_HEIGHT / Math.max(1, allMs);
  return stack([
    { item: { kind: 'header' }, height: HEADER },
    { item: { kind: 'note' }, height: NOTE },
    ...rows.flatMap((row, index) => [...gapItems(gaps[index]!, time, perMs), rowItem(row, words, columns)]),
    { item: { kind: 'end' }, height: TAIL },
  ]);
}

type Unplaced = Omit<PlacedItem, 'top'>;

function stack(items: readonly Unplaced[]): PlacedItem[] {
  let top = 0;
  return items.map((item) => {
    const placed = { ...item, top };
    top += item.height;
    return placed;
  });
}

function gapItems(ms: number, time: TimeScale, perMs: number): Unplaced[] {
  if (time === 'compressed') return ms < LONG_PAUSE_MS ? [] : [{ item: { kind: 'pause', ms }, height: PAUSE }];
  const height = Math.min(HIGHEST_GAP, Math.round(ms * perMs));
  return height < 1 ? [] : [{ item: { kind: 'gap' }, height }];
}

function rowItem(
  row: DatagramRow,
  words: ReadonlyMap<number, SpokenText>,
  { characters, lines, isTight }: Columns,
): Unplaced {
  if (row.kind === 'fold') return { item: { kind: 'row', row, words: {} }, height: FOLD_ROW };
  const { client, server } = (row.kind === 'datagram' && words.get(row.datagram.packet)) || {};
  const wrapped = {
    ...(client !== undefined && { client: wrapText(client, characters, lines) }),
    ...(server !== undefined && { server: wrapText(server, characters, lines) }),
  };
  const most = Math.max(wrapped.client?.length ?? 0, wrapped.server?.length ?? 0);
  return {
    item: { kind: 'row', row, words: wrapped },
    height: Math.max(isTight ? TIGHT_ROW : ROW, most * WORDS_LINE + 12),
  };
}

/** Cuts the items into pieces that are not higher than a page, where rows allow it. */
export function cutItems(placed: readonly PlacedItem[], pageHeight: number): (readonly PlacedItem[])[] {
  const pieces: PlacedItem[][] = [[]];
  for (const one of placed) {
    const last = pieces.at(-1)!;
    const start = last[0]?.top ?? one.top;
    if (last.length > 0 && one.top + one.height - start > pageHeight) pieces.push([one]);
    else last.push(one);
  }
  return pieces;
}
