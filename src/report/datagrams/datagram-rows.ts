import type { Datagram, DatagramConversation, DatagramError } from '../../packets/udp/datagram-conversation.ts';

/** What one row of the diagram shows. */
export type DatagramRow =
  | { readonly kind: 'datagram'; readonly datagram: Datagram; readonly timeMs: number }
  | { readonly kind: 'error'; readonly error: DatagramError; readonly timeMs: number }
  /** So many rows between, which are not drawn. */
  | { readonly kind: 'fold'; readonly count: number; readonly timeMs: number };

/** Where there are more rows, those in the middle are folded. */
const MOST_ROWS = 120;
const keptRows = { first: 80, last: 30 } as const;

/** The rows of a conversation, in the order of time. */
export function rowsOf({ datagrams, errors }: DatagramConversation): DatagramRow[] {
  const rows: DatagramRow[] = [
    ...datagrams.map((datagram) => ({ kind: 'datagram', datagram, timeMs: datagram.timeMs }) as const),
    ...errors.map((error) => ({ kind: 'error', error, timeMs: error.message.timeMs }) as const),
  ];
  const sorted = rows.toSorted((a, b) => a.timeMs - b.timeMs);
  if (sorted.length <= MOST_ROWS) return sorted;
  const { first, last } = keptRows;
  const count = sorted.length - first - last;
  return [...sorted.slice(0, first), { kind: 'fold', count, timeMs: sorted[first]!.timeMs }, ...sorted.slice(-last)];
}
