import { counted, say } from '../../core/language/say.ts';
import { sanitize } from '../../core/text/sanitize.ts';
import { lacksText } from '../../packets/conversation.ts';
import type { ArpMessage } from '../../packets/arp/arp-message.ts';
import type { IcmpEnd, IcmpKind, IcmpMessage } from '../../packets/icmp/icmp-message.ts';
import type { Datagram, DatagramConversation } from '../../packets/udp/datagram-conversation.ts';
import { arpText } from '../../report/datagrams/arp-text.ts';
import { rowsOf, type DatagramRow } from '../../report/datagrams/datagram-rows.ts';
import {
  answerText,
  endTitle,
  isUnanswered,
  reasonText,
  remarksOf,
  timeText,
  toldOf,
} from '../../report/datagrams/datagram-text.ts';
import { languageOfUser } from '../../report/language/languages.ts';

/** Columns: packet number, time, arrow. */
const width = { packet: 5, time: 10, arrow: 44 } as const;
const PAYLOAD_CHARACTERS = 40;
/** More messages are counted, not shown. */
const MOST_MESSAGES = 100;

/**
 * What went between two UDP ports, as a sequence diagram of plain text: the client left, the server right. Payload is
 * quoted as in JSON: no control character is in it. Ends with a line feed.
 */
export function datagramLogText(exchange: DatagramConversation): string {
  const { index, client, server, datagrams, durationMs } = exchange;
  const { datagrams: words, notation } = languageOfUser();
  const time = notation.duration(durationMs);
  return [
    say`UDP ${index + 1}: ${endTitle(client)} → ${endTitle(server)}, ${counted(datagrams.length, 'datagram')} in ${time} (${words.note})`,
    '',
    ...rowsOf(exchange).map((row) => rowText(row, exchange)),
    '',
    totalsText(exchange),
    ...toldOf(exchange, { words, notation }).map((text) => `  ${text}`),
    ...(exchange.isSeenAtBothEnds ? [] : [`  ${words.oneEnd}`]),
  ]
    .map((line) => `${sanitize(line)}\n`)
    .join('');
}

function totalsText({ sent, answered, isSeenAtBothEnds }: DatagramConversation): string {
  const { datagrams: words } = languageOfUser();
  const lost = isSeenAtBothEnds ? (sent.client.lost ?? 0) + (sent.server.lost ?? 0) : words.notKnown;
  return say`Datagrams: client ${sent.client.datagrams}, server ${sent.server.datagrams}; answered: ${answered}; lost: ${lost}`;
}

function rowText(row: DatagramRow, exchange: DatagramConversation): string {
  const { datagrams: words, notation } = languageOfUser();
  const texts = { words, notation };
  if (row.kind === 'fold') return `        … ${words.folded(notation.number(row.count))}`;
  const time = timeText(row.timeMs - exchange.startMs, texts).padStart(width.time);
  if (row.kind === 'error') {
    const { message } = row.error;
    const isBack = message.to.address === exchange.client.address;
    const reporter = message.from.machine ?? message.from.address;
    return [
      packetText(message.packet),
      time,
      arrow(isBack ? 'server' : 'client', 'ICMP', '▶'),
      `${reporter}: ${reasonText(message, texts)}`,
    ].join(' ');
  }
  const { datagram } = row;
  const isLost = datagram.marks.includes('lost');
  const remarks = [
    answerText(datagram, exchange.datagrams, texts),
    ...remarksOf(datagram, texts),
    ...(isUnanswered(datagram) && exchange.answered > 0 ? [words.unanswered] : []),
  ].filter((text) => text !== '');
  const name = `${words.datagram} ${datagram.number} len=${datagram.length}`;
  const cells = [packetText(datagram.packet), time, arrow(datagram.from, name, isLost ? '✗' : '▶'), remarks.join(', ')];
  return [...cells, payloadText(datagram)].filter((text) => text !== '').join(' ');
}

function packetText(packet: number): string {
  return String(packet).padStart(width.packet);
}

function arrow(from: 'client' | 'server', words: string, head: '▶' | '✗'): string {
  const line = '─'.repeat(Math.max(1, width.arrow - words.length - 6));
  if (from === 'client') return `──  ${words} ${line}${head}`;
  return `${head === '▶' ? '◀' : head}─  ${words} ${line}─`;
}

/** The beginning of the payload in quotes, as JSON writes it; what is no text is only named. */
function payloadText({ text, length }: Datagram): string {
  if (length === 0) return '';
  const begin = text.slice(0, PAYLOAD_CHARACTERS);
  if (/[\0-\x08\x0e-\x1a\x1c-\x1f\ufffd]/.test(begin)) return say`(binary)`;
  const isCut = text.length > PAYLOAD_CHARACTERS || lacksText({ text, length });
  return JSON.stringify(begin) + (isCut ? '…' : '');
}

/** The messages of ARP, a line each; empty without any. Times begin at `startMs`. */
export function arpLogText(messages: readonly ArpMessage[], startMs: number): string {
  if (messages.length === 0) return '';
  const { datagrams: words, notation } = languageOfUser();
  const lines = messages.slice(0, MOST_MESSAGES).map((message) => {
    const time = timeText(message.timeMs - startMs, { words, notation }).padStart(width.time);
    const sender = message.from.machine ?? message.from.linkAddress;
    return [packetText(message.packet), time, `${sender}: ${arpText(message, words.arp)}`].join(' ');
  });
  return listText('ARP:', lines, messages.length - MOST_MESSAGES);
}

function listText(heading: string, lines: readonly string[], more: number): string {
  const left = more > 0 ? [`        … ${say`${counted(more, 'packet')} not shown`}`] : [];
  return [heading, ...lines, ...left].map((line) => `${sanitize(line)}\n`).join('');
}

/** The messages of ICMP, a line each; empty without any. Times begin at `startMs`. */
export function icmpLogText(messages: readonly IcmpMessage[], startMs: number): string {
  if (messages.length === 0) return '';
  const { datagrams: words, notation } = languageOfUser();
  const lines = messages.slice(0, MOST_MESSAGES).map((message) => {
    const time = timeText(message.timeMs - startMs, { words, notation }).padStart(width.time);
    const ends = `${endText(message.from)} → ${endText(message.to)}`;
    return [packetText(message.packet), time, `${ends}: ${messageText(message)}`].join(' ');
  });
  return listText('ICMP:', lines, messages.length - MOST_MESSAGES);
}

function endText({ machine, address }: IcmpEnd): string {
  return machine === undefined ? address : `${machine} (${address})`;
}

/** What the kinds are called that tell of no packet that did not arrive. */
const kindWords: Readonly<Partial<Record<IcmpKind, string>>> = {
  'echo-request': say`echo request`,
  'echo-reply': say`echo reply`,
  redirect: say`redirect`,
  'router-solicitation': say`router solicitation`,
  'router-advertisement': say`router advertisement`,
  'neighbour-solicitation': say`neighbour solicitation`,
  'neighbour-advertisement': say`neighbour advertisement`,
  'parameter-problem': say`parameter problem`,
};

function messageText(message: IcmpMessage): string {
  const { datagrams: words, notation } = languageOfUser();
  const { kind, type, code, echo, target, cited } = message;
  const tells = kind === 'unreachable' || kind === 'time-exceeded' || kind === 'packet-too-big';
  const name = tells ? reasonText(message, { words, notation }) : (kindWords[kind] ?? say`type ${type}, code ${code}`);
  return [
    name,
    ...(echo === undefined ? [] : [`id=${echo.identifier} seq=${echo.sequence} len=${echo.length}`]),
    ...(target === undefined ? [] : [target]),
    ...(cited === undefined ? [] : [`(${citedText(cited)})`]),
  ].join(' ');
}

const protocolNames: Readonly<Record<number, string>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 58: 'ICMPv6' };

function citedText({ from, to, protocol, sourcePort, destinationPort }: NonNullable<IcmpMessage['cited']>): string {
  const name = protocolNames[protocol] ?? say`protocol ${protocol}`;
  return `${name} ${portText(from, sourcePort)} → ${portText(to, destinationPort)}`;
}

function portText({ address }: IcmpEnd, port: number | undefined): string {
  return port === undefined ? address : endTitle({ machine: undefined, address, port });
}
