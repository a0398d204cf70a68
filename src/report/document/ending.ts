import type { Conversation } from '../../core/conversation.ts';
import type { Language } from '../language/languages.ts';
import type { ReportData } from '../report-data.ts';
import { data, plainData, type Block } from './blocks.ts';
import { statusText, statusTone } from './status.ts';

/** With more conversations than this, their ends are told by the table of connections only. */
const MOST_TOLD = 5;

/** Who closed first and what that means, and how the programs ended. */
export function ending(report: ReportData, language: Language): Block[] {
  const { end: words } = language.report;
  const { conversations } = report.capture;
  const told = conversations.slice(0, MOST_TOLD).flatMap(({ conversation }): Block[] => {
    const number = conversations.length > 1 ? `${words.connection(language.notation.number(conversation.index + 1))} ` : '';
    return closeTexts(conversation, language).map((text) => ({ kind: 'paragraph', text: number + text }));
  });
  return [...(conversations.length === 0 ? [{ kind: 'paragraph', text: words.noCapture } as const] : told), ...exitTable(report, language)];
}

function closeTexts({ close, handshake, server }: Conversation, { report: { end: words }, notation }: Language): string[] {
  if (handshake.refused) return [words.refused];
  if (close.kind === 'open' || close.by === undefined) return [words.open];
  const how = close.kind === 'rst' ? words.rst(close.rst?.by ?? close.by) : words.fin[close.by](server.port);
  return close.halfClose === undefined ? [how] : [how, words.halfClose(close.halfClose.closedBy, notation.bytes(close.halfClose.bytesAfter))];
}

function exitTable({ run }: ReportData, language: Language): Block[] {
  if (run.roles.length === 0) return [];
  const { table, heads } = language.report.end;
  const rows = run.roles.map((role) => [data(role.role), data(role.machine), plainData(statusText(role, language), statusTone(role))]);
  return [{ kind: 'table', caption: table, heads: [heads.program, heads.machine, heads.status], rows }];
}
