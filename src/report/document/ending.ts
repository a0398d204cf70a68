import type { Conversation, Side, TcpState } from '../../packets/conversation.ts';
import type { Language } from '../language/languages.ts';
import type { ReportData } from '../report-data.ts';
import { data, plainData, type Block } from './blocks.ts';
import { protocolsOf } from './protocols.ts';
import { statusText, statusTone } from './status-text.ts';

/** With more conversations than this, only the table of connections says how they ended. */
const MOST_DESCRIBED = 5;

/** Who closed first and what that means, and how the programs ended. */
export function ending(report: ReportData, language: Language): Block[] {
  const { end: words } = language.report;
  const { conversations } = report.capture;
  const { tcp, udp } = protocolsOf(report);
  const texts = conversations.slice(0, MOST_DESCRIBED).flatMap(({ conversation }): Block[] => {
    const number =
      conversations.length > 1 ? `${words.connection(language.notation.number(conversation.index + 1))} ` : '';
    return closeTexts(conversation, language).map((text) => ({ kind: 'paragraph', text: number + text }));
  });
  return [
    ...(tcp && conversations.length > 0 ? texts : []),
    ...(udp ? [{ kind: 'paragraph', text: language.datagrams.end } as const] : []),
    ...(conversations.length === 0 && !udp ? [{ kind: 'paragraph', text: words.noCapture } as const] : []),
    ...exitTable(report, language),
  ];
}

function closeTexts(conversation: Conversation, { report: { end: words }, notation }: Language): string[] {
  const { close, handshake, server } = conversation;
  if (handshake.refused) return [words.refused];
  if (close.kind === 'open' && handshake.syn !== undefined && !handshake.complete)
    return [conversation.sent.server.packets === 0 ? words.unanswered : words.unopened];
  if (close.kind === 'open' || close.by === undefined) return [words.open];
  const half =
    close.halfClose === undefined
      ? []
      : [words.halfClose(close.halfClose.closedBy, notation.bytes(close.halfClose.bytesAfter))];
  if (close.byLab !== undefined)
    return [words.endedByLab(notation.list(close.byLab.map((role) => `\`${role}\``))), ...half];
  if (close.kind === 'rst') return [words.rst(close.rst?.by ?? 'client'), ...half];
  const states = { client: closingStates(conversation, 'client'), server: closingStates(conversation, 'server') };
  const inTimeWait = (['client', 'server'] as const).filter((side) => states[side].includes('TIME-WAIT'));
  const waiting = inTimeWait.length === 2 ? (['both'] as const) : inTimeWait;
  return [
    [
      words.fin[close.by],
      words.states(states.client.join(', '), states.server.join(', ')),
      ...waiting.map((side) => words.timeWait[side](server.port)),
      ...(close.complete ? [] : [words.incomplete]),
    ].join(' '),
    ...half,
  ];
}

/** The states of one side from the first FIN on, each once. */
function closingStates({ segments }: Conversation, side: Side): TcpState[] {
  return [...new Set(segments.filter(({ phase }) => phase === 'close').map(({ states }) => states[side]))];
}

function exitTable({ run }: ReportData, language: Language): Block[] {
  if (run.roles.length === 0) return [];
  const { table, heads } = language.report.end;
  const rows = run.roles.map((role) => [
    data(role.role),
    data(role.machine),
    plainData(statusText(role, language), statusTone(role, run)),
  ]);
  return [{ kind: 'table', caption: table, heads: [heads.program, heads.machine, heads.status], rows }];
}
