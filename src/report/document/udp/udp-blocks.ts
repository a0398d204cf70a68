import type { Side } from '../../../packets/conversation.ts';
import type { DatagramConversation, DatagramTotals } from '../../../packets/udp/datagram-conversation.ts';
import { toldOf } from '../../datagrams/datagram-text.ts';
import type { Language } from '../../language/languages.ts';
import type { ReportData, ReportDatagrams } from '../../report-data.ts';
import { data, plainData, type Block, type Data, type Value } from '../blocks.ts';

/** How many exchanges are drawn; all that are known are listed in the client–server section. */
const MOST_DRAWN = 10;

/** What UDP did between the programs. */
export function udpBlocks(report: ReportData, language: Language): Block[] {
  const { capture } = report;
  const { datagrams: words, notation } = language;
  const { datagrams, omittedDatagrams } = capture;
  const omitted = omittedDatagrams + Math.max(0, datagrams.length - MOST_DRAWN);
  return [
    ...tooLongBlocks(report, language),
    ...datagrams.slice(0, MOST_DRAWN).flatMap((each) => exchangeBlocks(each, datagrams.length > 1, language)),
    ...(omitted === 0
      ? []
      : [{ kind: 'remark', tone: 'none', text: words.omitted(notation.number(omitted)) } as const]),
  ];
}

/** What programs said of datagrams that are in no capture. */
export function tooLongBlocks({ capture: { tooLong } }: ReportData, { datagrams: { told } }: Language): Block[] {
  return tooLong.map((role) => ({ kind: 'remark', tone: 'none', text: plainData(told.tooLong(role)) }));
}

function exchangeBlocks(each: ReportDatagrams, isOneOfSeveral: boolean, language: Language): Block[] {
  const { datagrams: words, notation } = language;
  const { conversation } = each;
  const number = conversation.index + 1;
  const told = toldOf(conversation, { words, notation });
  const silent = (['client', 'server'] as const).find((side) => conversation.sent[side].datagrams === 0);
  return [
    ...(isOneOfSeveral ? [{ kind: 'subheading', text: words.numbered(notation.number(number)) } as const] : []),
    ...(silent !== undefined && conversation.errors.length === 0
      ? [{ kind: 'remark', tone: 'none', text: words.silent(silent === 'server' ? 'client' : 'server') } as const]
      : []),
    ...(told.length === 0 ? [] : [{ kind: 'paragraph', text: words.toldIntro } as const]),
    ...told.map((text): Block => ({ kind: 'remark', tone: 'none', text: plainData(text) })),
    { kind: 'datagrams', number, datagrams: each },
    ...(conversation.isSeenAtBothEnds ? [] : [{ kind: 'remark', tone: 'none', text: words.oneEnd } as const]),
    numbers(conversation, language),
  ];
}

const sides = ['client', 'server'] as const;

/** The figures of an exchange, side by side. */
function numbers(conversation: DatagramConversation, language: Language): Block {
  const { datagrams: words, notation, diagram } = language;
  const { sent, answered, durationMs } = conversation;
  const count = (of: (totals: DatagramTotals) => number | undefined): Data[] =>
    sides.map((side) => numberData(of(sent[side]), language));
  const bytes = (of: (totals: DatagramTotals) => number): Data[] =>
    sides.map((side) => data(notation.bytes(of(sent[side]))));
  const times = answerTimes(conversation);
  const rows: Value[][] = [
    [words.facts.datagrams, ...count((totals) => totals.datagrams)],
    [words.facts.bytes, ...bytes((totals) => totals.bytes)],
    [words.facts.longest, ...bytes((totals) => totals.longest)],
    [words.facts.fragmented, ...count((totals) => totals.fragmented)],
    [words.facts.lost, ...count((totals) => totals.lost)],
    [words.facts.duplicated, ...count((totals) => totals.duplicated)],
    [words.facts.reordered, ...count((totals) => totals.reordered)],
    [words.facts.refused, ...count((totals) => totals.refused)],
    [words.facts.answered, data(notation.number(answered)), data('')],
    [
      words.facts.answerTime,
      data(times.length === 0 ? '–' : notation.duration(times[(times.length - 1) >> 1]!)),
      data(''),
    ],
    [words.facts.duration, data(notation.duration(durationMs)), data('')],
  ];
  return {
    kind: 'table',
    caption: words.factTable,
    heads: ['', ...sides.map((side: Side) => diagram.sides[side])],
    rows,
  };
}

function numberData(count: number | undefined, { datagrams: words, notation }: Language): Data {
  return count === undefined ? plainData(words.notKnown) : data(notation.number(count));
}

/** In order. */
function answerTimes({ datagrams }: DatagramConversation): number[] {
  return datagrams.flatMap(({ answeredBy }) => answeredBy?.afterMs ?? []).toSorted((a, b) => a - b);
}
