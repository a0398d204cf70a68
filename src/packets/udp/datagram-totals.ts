import type { Side } from '../conversation.ts';
import type { Datagram, DatagramMark, DatagramTotals } from './datagram-conversation.ts';

/** What each side sent, summed up. */
export function datagramTotals(
  datagrams: readonly Datagram[],
  isLossKnown: boolean,
): Readonly<Record<Side, DatagramTotals>> {
  const own = (side: Side): readonly Datagram[] => datagrams.filter(({ from }) => from === side);
  return { client: totalsOf(own('client'), isLossKnown), server: totalsOf(own('server'), isLossKnown) };
}

function totalsOf(all: readonly Datagram[], isLossKnown: boolean): DatagramTotals {
  const sent = all.filter(({ marks }) => !marks.includes('duplicate'));
  const having = (mark: DatagramMark): number => sent.filter(({ marks }) => marks.includes(mark)).length;
  return {
    datagrams: sent.length,
    bytes: sent.reduce((sum, { length }) => sum + length, 0),
    longest: sent.reduce((most, { length }) => Math.max(most, length), 0),
    fragmented: having('fragmented'),
    duplicated: all.length - sent.length,
    lost: isLossKnown ? having('lost') : undefined,
    reordered: isLossKnown ? having('reordered') : undefined,
    refused: sent.filter(({ refusedBy }) => refusedBy !== undefined).length,
  };
}
