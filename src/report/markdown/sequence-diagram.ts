import type { Conversation, Phase } from '../../packets/conversation.ts';
import { foldSegments } from '../diagram/fold-rows.ts';
import { phaseNote } from '../diagram/phase-note.ts';
import { flagsText, marksText, timeText } from '../diagram/segment-text.ts';
import { nameOf } from '../diagram/diagram-svg.ts';
import { textOfWords, type SegmentWords } from '../diagram/diagram-words.ts';
import type { DiagramWords, Notation } from '../language/wording.ts';
import { mermaidText } from '../topology/mermaid.ts';

/**
 * A conversation as a Mermaid sequence diagram (https://mermaid.js.org/syntax/sequenceDiagram.html), which GitHub,
 * GitLab and many editors draw, and which is readable as it stands. Long runs of segments are folded as in the SVG.
 */
export function sequenceMermaid(
  conversation: Conversation,
  spoken: ReadonlyMap<number, SegmentWords>,
  words: DiagramWords,
  notation: Notation,
): string {
  const lines = [
    'sequenceDiagram',
    `  participant C as ${mermaidText(`${words.sides.client} ${nameOf(conversation.client)}`)}`,
    `  participant S as ${mermaidText(`${words.sides.server} ${nameOf(conversation.server)}`)}`,
  ];
  let phase: Phase | undefined;
  for (const row of foldSegments(conversation.segments)) {
    const now = row.kind === 'fold' ? row.phase : row.segment.phase;
    if (now !== phase) {
      const note = phaseNote(conversation, now, words, notation);
      lines.push(`  Note over C,S: ${mermaidText(`${words.phases[now]}${notation.colon} ${note}`)}`);
    }
    phase = now;
    if (row.kind === 'fold') {
      lines.push(`  Note over C,S: ${mermaidText(words.folded(notation.number(row.segments.length)))}`);
      continue;
    }
    const { segment } = row;
    const { from, seq, ack, length, packet } = segment;
    const said = spoken.get(packet)?.[from];
    const text = [
      flagsText(segment),
      `seq ${seq}`,
      ...(ack === undefined ? [] : [`ack ${ack}`]),
      `len ${length}`,
      timeText(conversation, segment, notation),
      marksText([segment]),
      ...(said === undefined ? [] : [`« ${textOfWords(said, words)} »`]),
    ];
    lines.push(
      `  ${from === 'client' ? 'C->>S' : 'S->>C'}: ${mermaidText(text.filter((part) => part !== '').join(' '))}`,
    );
  }
  return lines.map((line) => `${line}\n`).join('');
}
