import type { Side } from '../../packets/conversation.ts';
import type { IcmpMessage } from '../../packets/icmp/icmp-message.ts';
import type { Datagram, DatagramConversation } from '../../packets/udp/datagram-conversation.ts';
import { socketText } from '../diagram/diagram-svg.ts';
import type { DatagramWords } from '../language/datagrams-en.ts';
import type { Notation } from '../language/wording.ts';

/** The words that the texts are made of. */
export interface TextWords {
  readonly words: DatagramWords;
  readonly notation: Notation;
}

/** Time since the first datagram. */
export function timeText(ms: number, { notation }: TextWords): string {
  return ms < 1000 ? notation.duration(Math.max(0, ms)) : `${notation.number(ms / 1000, 3)}\u00a0s`;
}

/** What is remarkable about a datagram: `lost`, `3 fragments`. */
export function remarksOf({ marks, pieces }: Datagram, { words, notation }: TextWords): string[] {
  return marks.map((mark) => (mark === 'fragmented' ? words.pieces(notation.number(pieces)) : words.marks[mark]));
}

/** `answers 3 after 0.4 ms`; empty where it answers nothing. */
export function answerText(datagram: Datagram, datagrams: readonly Datagram[], { words, notation }: TextWords): string {
  const request = datagrams.find(({ packet }) => packet === datagram.answers);
  if (request === undefined) return '';
  return words.answers(
    notation.number(request.number),
    notation.duration(Math.max(0, datagram.timeMs - request.timeMs)),
  );
}

/** `port unreachable`, `packet too big: at most 1400 bytes`. */
export function reasonText({ kind, reason, mtu }: IcmpMessage, { words, notation }: TextWords): string {
  if (kind === 'packet-too-big') return mtu ? words.tooBig(notation.number(mtu)) : words.tooBigUnknown;
  return words.reasons[reason ?? 'other'];
}

const MOST_TOLD = 8;

/** What became of datagrams that did not simply arrive and come back, in sentences without a full stop. */
export function toldOf(conversation: DatagramConversation, texts: TextWords): string[] {
  const told = [
    ...conversation.errors.map(({ message }) => errorText(message, texts)),
    ...conversation.datagrams.flatMap((datagram) => datagramTexts(datagram, conversation, texts)),
  ];
  const each = [...new Set(told)];
  if (each.length <= MOST_TOLD) return each;
  return [...each.slice(0, MOST_TOLD), texts.words.told.more(texts.notation.number(each.length - MOST_TOLD))];
}

function errorText(message: IcmpMessage, texts: TextWords): string {
  const { words } = texts;
  const reporter = message.from.machine ?? message.from.address;
  const { cited } = message;
  const target = cited && socketText({ address: cited.to.address, port: cited.destinationPort ?? 0 });
  const reason = reasonText(message, texts);
  if (message.kind === 'packet-too-big') return words.told.tooBig(reporter, target ?? '?', reason);
  return message.reason === 'port'
    ? words.told.refused(reporter, `${cited?.destinationPort ?? '?'}/udp`)
    : words.told.unreachable(reporter, target ?? '?', reason);
}

function datagramTexts(datagram: Datagram, conversation: DatagramConversation, texts: TextWords): string[] {
  const { words, notation } = texts;
  const { from, marks, number, length, pieces } = datagram;
  const [sender, receiver] = [
    endName(conversation, from),
    endName(conversation, from === 'client' ? 'server' : 'client'),
  ];
  const which = notation.number(number);
  if (marks.includes('lost')) return [words.told.lost(sender, which, receiver)];
  if (marks.includes('duplicate')) return [words.told.duplicate(sender, which)];
  const hasAnswers = conversation.answered > 0;
  return [
    ...(marks.includes('wrong-checksum') ? [words.told.damaged(sender, which)] : []),
    ...(marks.includes('reordered') ? [words.told.reordered(sender, which)] : []),
    ...(marks.includes('fragmented')
      ? [words.told.truncated(sender, which, notation.bytes(length), notation.number(pieces))]
      : []),
    // Where no datagram is answered, one sentence says so of all.
    ...(isUnanswered(datagram) && hasAnswers ? [words.told.unanswered(sender, which)] : []),
  ];
}

/** Whether it got no answer, and nothing tells why. */
export function isUnanswered({ from, marks, answeredBy, refusedBy }: Datagram): boolean {
  const isExplained = marks.includes('lost') || marks.includes('duplicate') || refusedBy !== undefined;
  return from === 'client' && answeredBy === undefined && !isExplained;
}

function endName(conversation: DatagramConversation, side: Side): string {
  const { machine, address, port } = conversation[side];
  return machine ?? socketText({ address, port });
}

/** The whole conversation in a sentence, for those who cannot see the picture. */
export function describeDatagrams(conversation: DatagramConversation, texts: TextWords): string {
  const { words, notation } = texts;
  const { sent } = conversation;
  const counts = (['client', 'server'] as const).map((side) => notation.number(sent[side].datagrams));
  return [`${words.totals(counts[0]!, counts[1]!)}.`, ...toldOf(conversation, texts).map((text) => `${text}.`)].join(
    ' ',
  );
}

/** `vm2 (10.0.0.1:40000)`. */
export function endTitle({ machine, address, port }: DatagramConversation['client']): string {
  return machine === undefined ? socketText({ address, port }) : `${machine} (${socketText({ address, port })})`;
}
