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
  if (phase === 'close') return closeNote(close, words, notation);
  if (handshake.refused) return words.refused;
  if (handshake.durationMs === undefined) return words.incomplete;
  return (handshake.simultaneous ? words.openedAtOnce : words.handshakeIn)(notation.duration(handshake.durationMs));
}

/** How the connection was closed, and by whom: lab, where it had ended the program. */
export function closeNote({ kind, by, byLab }: Conversation['close'], words: DiagramWords, notation: Notation): string {
  if (kind === 'open' || by === undefined) return words.notClosed;
  return byLab === undefined ? words.closedBy(by, kind) : words.endedByLab(notation.list(byLab));
}

/** The whole conversation in a few sentences, for those who cannot see the picture. */
export function describeConversation(conversation: Conversation, words: DiagramWords, notation: Notation): string {
  const { segments } = conversation;
  const phases = [...new Set(segments.map(({ phase }) => phase))];
  return phases.map((phase) => `${words.phases[phase]}: ${phaseNote(conversation, phase, words, notation)}.`).join(' ');
}
