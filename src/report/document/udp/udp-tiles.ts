import { reasonText } from '../../datagrams/datagram-text.ts';
import type { Language } from '../../language/languages.ts';
import type { ReportCapture } from '../../report-data.ts';
import type { Tile } from '../blocks.ts';

/** What UDP did, of all exchanges together: how many datagrams were sent, answered, lost and refused. */
export function udpTiles({ datagrams }: ReportCapture, { datagrams: words, notation }: Language): Tile[] {
  if (datagrams.length === 0) return [];
  const section = 'glance';
  const all = datagrams.map(({ conversation }) => conversation);
  const sum = (of: (one: (typeof all)[number]) => number): number => all.reduce((total, one) => total + of(one), 0);
  const number = (of: (one: (typeof all)[number]) => number): string => notation.number(sum(of));
  const fromClients = sum(({ sent }) => sent.client.datagrams);
  const isLossKnown = all.every(({ isSeenAtBothEnds }) => isSeenAtBothEnds);
  const lost = sum(({ sent }) => (sent.client.lost ?? 0) + (sent.server.lost ?? 0));
  const reasons = new Set(
    all.flatMap(({ errors }) => errors.map(({ message }) => reasonText(message, { words, notation }))),
  );
  return [
    {
      label: words.tiles.datagrams,
      value: words.tiles.sent(
        number(({ sent }) => sent.client.datagrams),
        number(({ sent }) => sent.server.datagrams),
      ),
      tone: 'none',
      section,
    },
    {
      label: words.tiles.answered,
      value: words.tiles.ofAll(
        number(({ answered }) => answered),
        notation.number(fromClients),
      ),
      tone: 'none',
      section,
    },
    {
      label: words.tiles.lost,
      value: isLossKnown ? notation.number(lost) : words.notKnown,
      tone: isLossKnown && lost === 0 ? 'good' : 'none',
      section,
    },
    ...(reasons.size === 0
      ? []
      : [{ label: words.tiles.errors, value: [...reasons].join(', '), tone: 'none', section } as const]),
  ];
}
