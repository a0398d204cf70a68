import { socketText } from '../../diagram/diagram-svg.ts';
import type { Language } from '../../language/languages.ts';
import type { ReportData } from '../../report-data.ts';
import { data, plainData, type Block, type Value } from '../blocks.ts';

/** What connectionless mode means, and the exchanges of the run. */
export function udpModel(report: ReportData, language: Language): Block[] {
  const { model: words } = language.datagrams;
  return [
    { kind: 'paragraph', text: words.mode },
    { kind: 'table', caption: words.callsTable, ...words.calls },
    ...exchangeTable(report, language),
  ];
}

function exchangeTable(
  { capture }: ReportData,
  { datagrams: { model: words, notKnown }, notation }: Language,
): Block[] {
  const { datagrams, omittedDatagrams } = capture;
  if (datagrams.length === 0) return [];
  const { number, client, server, start, sent, answered, lost } = words.heads;
  const firstMs = datagrams[0]!.conversation.startMs;
  const rows = datagrams.map(({ conversation }): Value[] => {
    const { sent: totals } = conversation;
    const lostOf =
      totals.client.lost === undefined || totals.server.lost === undefined
        ? undefined
        : totals.client.lost + totals.server.lost;
    return [
      String(conversation.index + 1),
      data(socketText(conversation.client)),
      data(socketText(conversation.server)),
      notation.duration(Math.max(0, conversation.startMs - firstMs)),
      `${notation.number(totals.client.datagrams)} / ${notation.number(totals.server.datagrams)}`,
      notation.number(conversation.answered),
      lostOf === undefined ? plainData(notKnown) : notation.number(lostOf),
    ];
  });
  const all = datagrams.length + omittedDatagrams;
  const cut: Block[] =
    omittedDatagrams === 0
      ? []
      : [{ kind: 'remark', tone: 'none', text: words.cut(notation.number(datagrams.length), notation.number(all)) }];
  return [
    { kind: 'table', caption: words.table, heads: [number, client, server, start, sent, answered, lost], rows },
    ...cut,
  ];
}
