import { describeGap } from '../../capture/packet-capture.ts';
import { attemptSentence } from '../../report/attempts/attempt-sentence.ts';
import { attempts as words } from '../../report/language/attempts-en.ts';
import { sanitize } from '../../core/text/sanitize.ts';
import { conversationText } from '../../packets/conversation-text.ts';
import { counted } from '../../core/language/say.ts';
import type { TcpLog } from '../../commands/runs/tcp-log.ts';
import { isCompleteCapture } from '../../core/capture-facts.ts';

/** Every conversation as a diagram, and what a reader must know of the capture. */
export function formatTcpLog(log: TcpLog): string {
  return [...log.conversations.map((conversation) => conversationText(conversation)), remarks(log)]
    .filter((part) => part !== '')
    .join('\n');
}

function remarks({ run, capture, counts, conversations, attempts, nobodyTried }: TcpLog): string {
  const lacking = isCompleteCapture(capture) ? '.' : ', which is not complete.';
  const lines = [
    ...(conversations.length === 0
      ? [
          `The run ${run} has no TCP connection in its capture` +
            (nobodyTried ? ': no machine tried to connect while it was played.' : lacking),
        ]
      : []),
    ...attempts.map((attempt) => sanitize(`On the network: ${attemptSentence(attempt, words)}.`)),
    ...(capture?.gaps ?? []).map((gap) => `Not complete: ${describeGap(gap)}.`),
    ...(capture !== undefined && capture.lost > 0
      ? [`${counted(capture.lost, 'packet')} are missing: the machine was too busy to keep them.`]
      : []),
    ...(capture?.full ? ['The capture was full before the run ended: what came later is missing.'] : []),
    ...(counts.cutShort ? ['The capture ends in the middle of a packet.'] : []),
    ...(counts.fragments > 0 ? [`${counted(counts.fragments, 'IP fragment')} could not be read.`] : []),
    ...(counts.malformed > 0 ? [`${counted(counts.malformed, 'damaged packet')} could not be read.`] : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
