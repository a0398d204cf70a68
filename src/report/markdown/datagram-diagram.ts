import { rowsOf, type DatagramRow } from '../datagrams/datagram-rows.ts';
import { answerText, endTitle, reasonText, remarksOf, timeText } from '../datagrams/datagram-text.ts';
import { textOfWords } from '../diagram/diagram-words.ts';
import type { Language } from '../language/languages.ts';
import type { ReportDatagrams } from '../report-data.ts';
import { mermaidText } from '../topology/mermaid.ts';

/**
 * What went between two UDP ports as a Mermaid sequence diagram
 * (https://mermaid.js.org/syntax/sequenceDiagram.html); the arrow of what was lost ends in a cross.
 */
export function datagramsMermaid(each: ReportDatagrams, language: Language): string {
  const { diagram, datagrams: words } = language;
  const { client, server } = each.conversation;
  const lines = [
    'sequenceDiagram',
    `  participant C as ${mermaidText(`${diagram.sides.client} ${endTitle(client)}`)}`,
    `  participant S as ${mermaidText(`${diagram.sides.server} ${endTitle(server)}`)}`,
    `  Note over C,S: ${mermaidText(`UDP, ${language.notation.typeset(words.note)}`)}`,
    ...rowsOf(each.conversation).map((row) => `  ${lineOf(row, each, language)}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function lineOf(row: DatagramRow, { conversation, spoken }: ReportDatagrams, language: Language): string {
  const { datagrams: words, notation, diagram } = language;
  const texts = { words, notation };
  if (row.kind === 'fold') return `Note over C,S: ${mermaidText(words.folded(notation.number(row.count)))}`;
  const time = timeText(row.timeMs - conversation.startMs, texts);
  if (row.kind === 'error') {
    const { message } = row.error;
    const toClient = message.to.address === conversation.client.address;
    const reporter = message.from.machine ?? message.from.address;
    const text = `ICMP ${notation.typeset(reasonText(message, texts))} ${time} (${reporter})`;
    return `${toClient ? 'S--)C' : 'C--)S'}: ${mermaidText(text)}`;
  }
  const { datagram } = row;
  const said = spoken.get(datagram.packet)?.[datagram.from];
  const parts = [
    `${words.datagram} ${datagram.number}`,
    `len ${datagram.length}`,
    time,
    answerText(datagram, conversation.datagrams, texts),
    remarksOf(datagram, texts).join(', '),
    said === undefined ? '' : `« ${textOfWords(said, diagram)} »`,
  ];
  const isLost = datagram.marks.includes('lost');
  const arrow = datagram.from === 'client' ? (isLost ? 'C-xS' : 'C->>S') : isLost ? 'S-xC' : 'S->>C';
  return `${arrow}: ${mermaidText(parts.filter((part) => part !== '').join(' '))}`;
}
