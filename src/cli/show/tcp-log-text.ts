import { describeGap } from '../../capture/packet-capture.ts';
import { attemptSentence } from '../../report/attempts/attempt-sentence.ts';
import { languageOfUser } from '../../report/language/languages.ts';
import { sanitize } from '../../core/text/sanitize.ts';
import { conversationText } from '../../packets/conversation-text.ts';
import { counted, say } from '../../core/language/say.ts';
import type { TcpLog } from '../../commands/runs/tcp-log.ts';
import { isCompleteCapture } from '../../core/capture-facts.ts';

/** Every conversation as a diagram, and what a reader must know of the capture. */
export function formatTcpLog(log: TcpLog): string {
  return [...log.conversations.map((conversation) => conversationText(conversation)), remarks(log)]
    .filter((part) => part !== '')
    .join('\n');
}

function remarks(log: TcpLog): string {
  const { capture, counts, conversations, attempts } = log;
  const words = languageOfUser().attempts;
  const lines = [
    ...(conversations.length === 0 ? [nothingText(log)] : []),
    ...attempts.map((attempt) => sanitize(say`On the network: ${attemptSentence(attempt, words)}.`)),
    ...(capture?.gaps ?? []).map((gap) => say`Not complete: ${describeGap(gap)}.`),
    ...(capture !== undefined && capture.lost > 0
      ? [say`${counted(capture.lost, 'packet')} are missing: the machine was too busy to keep them.`]
      : []),
    ...(capture?.full ? [say`The capture was full before the run ended: what came later is missing.`] : []),
    ...(counts.cutShort ? [say`The capture ends in the middle of a packet.`] : []),
    ...(counts.fragments > 0 ? [say`${counted(counts.fragments, 'IP fragment')} could not be read.`] : []),
    ...(counts.malformed > 0 ? [say`${counted(counts.malformed, 'damaged packet')} could not be read.`] : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function nothingText({ run, capture, nobodyTried }: TcpLog): string {
  if (nobodyTried)
    return say`The run ${run} has no TCP connection in its capture: no machine tried to connect while it was played.`;
  return isCompleteCapture(capture)
    ? say`The run ${run} has no TCP connection in its capture.`
    : say`The run ${run} has no TCP connection in its capture, which is not complete.`;
}
