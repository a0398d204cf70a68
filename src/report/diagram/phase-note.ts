import type { Conversation, Phase } from '../../packets/conversation.ts';
import type { DiagramWords, Notation } from '../language/wording.ts';

/** What matters about a phase at a glance, next to its name. */
export function phaseNote(
  { handshake, close, sent }: Conversation,
  phase: Phase,
  words: DiagramWords,
  notation: Notation,
): string {
  if (phase === 'data') return words.dataTotals(notation.bytes(sent.client.bytes), notation.bytes(sent.server.bytes));
  if (phase === 'close')
    return close.kind === 'open' || close.by === undefined ? words.notClosed : words.closedBy(close.by, close.kind);
  if (handshake.refused) return words.refused;
  if (handshake.durationMs === undefined) return words.incomplete;
  return (handshake.simultaneous ? words.openedAtOnce : words.handshakeIn)(notation.duration(handshake.durationMs));
}

/** The whole conversation in a few sentences, for those who cannot see the picture. */
export function describeConversation(conversation: Conversation, words: DiagramWords, notation: Notation): string {
  const { segments } = conversation;
  const phases = [...new Set(segments.map(({ phase }) => phase))];
  return phases.map((phase) => `${words.phases[phase]}: ${phaseNote(conversation, phase, words, notation)}.`).join(' ');
}
