import { describeGap } from '../../capture/packet-capture.ts';
import { conversationText } from '../../packets/conversation-text.ts';
import { countOf } from '../../core/text/amounts.ts';
import type { TcpLog } from '../../commands/runs/tcp-log.ts';
import { isCompleteCapture } from '../../core/capture-facts.ts';

/** Every conversation as a diagram, and what a reader must know of the capture. */
export function formatTcpLog({ run, capture, counts, conversations }: TcpLog): string {
  return [
    ...conversations.map((conversation) => conversationText(conversation)),
    remarks(run, capture, counts, conversations.length),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function remarks(run: string, capture: TcpLog['capture'], counts: TcpLog['counts'], conversations: number): string {
  const lines = [
    ...(conversations === 0
      ? [
          `The run ${run} has no TCP connection in its capture` +
            (isCompleteCapture(capture) ? ': no one connected while it was played.' : ', which is not complete.'),
        ]
      : []),
    ...(capture?.gaps ?? []).map((gap) => `Not complete: ${describeGap(gap)}.`),
    ...(capture !== undefined && capture.lost > 0
      ? [`${countOf(capture.lost, 'packet')} are missing: the machine was too busy to keep them.`]
      : []),
    ...(capture?.full ? ['The capture was full before the run ended: what came later is missing.'] : []),
    ...(counts.cutShort ? ['The capture ends in the middle of a packet.'] : []),
    ...(counts.fragments > 0 ? [`${countOf(counts.fragments, 'IP fragment')} could not be read.`] : []),
    ...(counts.malformed > 0 ? [`${countOf(counts.malformed, 'damaged packet')} could not be read.`] : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
