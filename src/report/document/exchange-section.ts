import type { Language } from '../language/languages.ts';
import type { ReportData } from '../report-data.ts';
import { roleFile } from '../run/run-files.ts';
import { plainData, type Block } from './blocks.ts';
import { protocolsOf } from './protocols.ts';

/** Both terminals at work. */
export function exchange(report: ReportData, language: Language): Block[] {
  const { exchange: words, terminals: terminalWords } = language.report;
  const { datagrams } = language;
  const { tcp, udp } = protocolsOf(report);
  const { session } = report;
  const played = report.terminals.filter(({ cast }) => cast !== undefined);
  return [
    ...(played.length === 0 ? [] : [{ kind: 'players', terminals: played, pace: report.pace } as const]),
    ...played
      .filter(({ castIsCut }) => castIsCut)
      .map(({ role }): Block => ({
        kind: 'remark',
        tone: 'none',
        text: words.recordingCut(role, roleFile(role, 'cast')),
      })),
    ...(session.head === ''
      ? []
      : [
          {
            kind: 'listing',
            caption: plainData(words.session),
            text: session,
            omitted: (bytes: string) => terminalWords.omitted(bytes, 'session.log'),
            language: 'terminal',
            folded: true,
          } as const,
        ]),
    ...(report.capture.missing === undefined
      ? [{ kind: 'paragraph', text: udp ? (tcp ? datagrams.drawnBoth : datagrams.drawn) : words.drawn } as const]
      : []),
  ];
}
