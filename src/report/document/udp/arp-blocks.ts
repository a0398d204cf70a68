import { arpText } from '../../datagrams/arp-text.ts';
import { timeText } from '../../datagrams/datagram-text.ts';
import type { Language } from '../../language/languages.ts';
import type { ReportData } from '../../report-data.ts';
import { data, plainData, type Block, type Value } from '../blocks.ts';

const MOST_SHOWN = 40;

/** By which link addresses the machines found each other: the messages of ARP, in order. Times begin with the first. */
export function arpBlocks({ capture: { arp } }: ReportData, { datagrams: words, notation }: Language): Block[] {
  const [first] = arp;
  if (first === undefined) return [];
  const { arp: arpWords } = words;
  const rows = arp.slice(0, MOST_SHOWN).map((message): Value[] => {
    const { packet, timeMs, from } = message;
    return [
      data(String(packet)),
      timeText(timeMs - first.timeMs, { words, notation }),
      data(from.machine ?? from.linkAddress),
      plainData(arpText(message, arpWords)),
    ];
  });
  const { number, time, sender, says } = arpWords.heads;
  const omitted = arp.length - MOST_SHOWN;
  return [
    { kind: 'table', caption: arpWords.table, heads: [number, time, sender, says], rows },
    ...(omitted > 0
      ? [{ kind: 'remark', tone: 'none', text: arpWords.omitted(notation.number(omitted)) } as const]
      : []),
  ];
}
