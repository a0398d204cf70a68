import { portsOf } from '../../core/listen-port.ts';
import { socketText } from '../diagram/diagram-svg.ts';
import { closeNote } from '../diagram/phase-note.ts';
import type { Language } from '../language/languages.ts';
import type { ReportConversation, ReportData } from '../report-data.ts';
import { data, type Block, type Value } from './blocks.ts';
import { protocolsOf } from './protocols.ts';
import { rolesBySide } from './roles-by-side.ts';
import { udpModel } from './udp/udp-model.ts';

/** Who serves and who asks, what the modes of both protocols mean, and the connections and datagrams of the run. */
export function model(report: ReportData, language: Language): Block[] {
  const { model: words } = language.report;
  const { servers, clients } = rolesBySide(report);
  const { tcp, udp } = protocolsOf(report);
  const listening = servers.filter(({ listens }) => listens.length > 0);
  return [
    ...listening.flatMap(({ role, listens }) =>
      (['tcp', 'udp'] as const).flatMap((protocol): Block[] => {
        const ports = portsOf(protocol, listens).map((port) => `\`${port}\``);
        if (ports.length === 0) return [];
        const say = protocol === 'tcp' ? words.server : words.datagramServer;
        return [{ kind: 'paragraph', text: say(role.role, role.machine, language.notation.list(ports)) }];
      }),
    ),
    ...(listening.length === 0 ? [{ kind: 'paragraph', text: words.noServer } as const] : []),
    ...(listening.length === 0 ? [] : clients).map(({ role }): Block => ({
      kind: 'paragraph',
      text: (connects(role.role, report) ? words : language.datagrams.model).client(role.role, role.machine),
    })),
    ...(tcp
      ? ([
          { kind: 'paragraph', text: words.mode },
          { kind: 'table', caption: words.callsTable, ...words.calls },
          ...connectionTable(report, language),
        ] as const)
      : []),
    ...(udp ? udpModel(report, language) : []),
  ];
}

/** Whether a client opens connections; in a run with both protocols the capture tells. */
function connects(role: string, report: ReportData): boolean {
  const { tcp, udp } = protocolsOf(report);
  const { conversations, datagrams } = report.capture;
  if (conversations.some(({ clientRole }) => clientRole === role) || !udp) return true;
  return tcp && datagrams.every(({ clientRole }) => clientRole !== role);
}

function connectionTable({ capture }: ReportData, language: Language): Block[] {
  const { conversations, omitted } = capture;
  if (conversations.length === 0) return [];
  const {
    report: { model: words },
    notation,
  } = language;
  const { number, client, server, start, duration, sent, close } = words.connectionHeads;
  const first = conversations[0]!.conversation.startMs;
  const rows = conversations.map((each) => connectionRow(each, first, language));
  const cut: Block[] =
    omitted === 0
      ? []
      : [
          {
            kind: 'remark',
            tone: 'none',
            text: words.connectionsCut(
              notation.number(conversations.length),
              notation.number(conversations.length + omitted),
            ),
          },
        ];
  return [
    {
      kind: 'table',
      caption: words.connectionTable,
      heads: [number, client, server, start, duration, sent, close],
      rows,
    },
    ...cut,
  ];
}

function connectionRow(
  { conversation }: ReportConversation,
  firstMs: number,
  { notation, diagram }: Language,
): Value[] {
  const { index, client, server, startMs, durationMs, sent, close, handshake } = conversation;
  const ended = handshake.refused ? diagram.refused : closeNote(close, diagram, notation);
  return [
    String(index + 1),
    data(socketText(client)),
    data(socketText(server)),
    notation.duration(Math.max(0, startMs - firstMs)),
    notation.duration(durationMs),
    `${notation.bytes(sent.client.bytes)} / ${notation.bytes(sent.server.bytes)}`,
    ended,
  ];
}
