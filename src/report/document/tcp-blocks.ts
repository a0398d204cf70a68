import type { Conversation, Side } from '../../packets/conversation.ts';
import { optionTexts } from '../diagram/segment-text.ts';
import type { Language } from '../language/languages.ts';
import type { ReportCapture, ReportConversation, ReportData } from '../report-data.ts';
import { data, type Block, type Data } from './blocks.ts';

/** How many conversations are drawn; all that are known are listed in the client–server section. */
const MOST_DRAWN = 10;

/** What TCP did: each connection, drawn and in numbers. */
export function tcpBlocks(report: ReportData, language: Language): Block[] {
  const { capture } = report;
  return [
    ...capture.conversations
      .slice(0, MOST_DRAWN)
      .flatMap((each) => conversationBlocks(each, capture.conversations.length > 1, isPartial(capture), language)),
    ...omittedRemark(report, language),
  ];
}

/** Packets are missing in it: from what is not there nothing follows. */
export function isPartial({ gaps, flaws }: ReportCapture): boolean {
  return gaps.length > 0 || flaws.some(({ kind }) => kind === 'lost' || kind === 'full');
}

function omittedRemark({ capture }: ReportData, { report: { exchange: words }, notation }: Language): Block[] {
  const count = capture.omitted + Math.max(0, capture.conversations.length - MOST_DRAWN);
  return count === 0 ? [] : [{ kind: 'remark', tone: 'none', text: words.omitted(notation.number(count)) }];
}

function conversationBlocks(
  each: ReportConversation,
  isOneOfSeveral: boolean,
  partial: boolean,
  language: Language,
): Block[] {
  const { exchange: words } = language.report;
  const { conversation } = each;
  const number = conversation.index + 1;
  const oneSided = new Set(conversation.segments.map(({ from }) => from)).size === 1;
  return [
    ...(isOneOfSeveral
      ? [{ kind: 'subheading', text: words.diagramTitle(language.notation.number(number)) } as const]
      : []),
    ...(oneSided && !partial ? [{ kind: 'remark', tone: 'bad', text: words.oneSided } as const] : []),
    { kind: 'conversation', number, conversation: each },
    numbers(conversation, language),
  ];
}

const sides = ['client', 'server'] as const;

function both(text: (side: Side) => string): Data[] {
  return sides.map((side) => data(text(side)));
}

/** The figures of a conversation, side by side. */
function numbers(
  { client, server, handshake, sent, acknowledgedIn, durationMs }: Conversation,
  { report: { exchange: words }, notation, diagram }: Language,
): Block {
  const ends = { client, server };
  const rows = [
    [words.facts.isn, ...both((side) => String(ends[side].isn ?? '–'))],
    [words.facts.options, ...both((side) => optionTexts(ends[side].synOptions).join(', ') || '–')],
    [words.facts.packets, ...both((side) => notation.number(sent[side].packets))],
    [words.facts.sent, ...both((side) => notation.bytes(sent[side].bytes))],
    [words.facts.retransmissions, ...both((side) => notation.number(sent[side].retransmissions))],
    [
      words.facts.roundTrip,
      ...both((side) => (acknowledgedIn[side] === undefined ? '–' : notation.duration(acknowledgedIn[side].medianMs))),
    ],
    [
      words.facts.handshake,
      data(handshake.durationMs === undefined ? '–' : notation.duration(handshake.durationMs)),
      data(''),
    ],
    [words.facts.duration, data(notation.duration(durationMs)), data('')],
  ];
  return { kind: 'table', caption: words.factTable, heads: ['', ...sides.map((side) => diagram.sides[side])], rows };
}
