import { describeGap } from '../../capture/packet-capture.ts';
import { attemptSentence } from '../../report/attempts/attempt-sentence.ts';
import { languageOfUser } from '../../report/language/languages.ts';
import { arpLogText, datagramLogText, icmpLogText } from './datagram-log-text.ts';
import { sanitize } from '../../core/text/sanitize.ts';
import { conversationText } from '../../packets/conversation-text.ts';
import { counted, say } from '../../core/language/say.ts';
import type { TcpLog } from '../../commands/runs/tcp-log.ts';
import { isCompleteCapture } from '../../core/capture-facts.ts';

/** Every conversation of TCP as a diagram, and what a reader must know of the capture. */
export function formatTcpLog(log: TcpLog): string {
  const nothing = log.conversations.length === 0 ? nothingText(log) : '';
  return joined([...log.conversations.map((conversation) => conversationText(conversation)), remarks(log, nothing)]);
}

/** The same, with what went between UDP ports and all messages of ARP and ICMP. */
export function formatPacketLog(log: TcpLog): string {
  const { conversations, datagrams, icmp, arp } = log;
  const startMs = firstMs(log);
  const isEmpty = conversations.length + datagrams.length + icmp.length + arp.length === 0;
  return joined([
    ...conversations.map((conversation) => conversationText(conversation)),
    ...datagrams.map((exchange) => datagramLogText(exchange)),
    arpLogText(arp, startMs),
    icmpLogText(icmp, startMs),
    remarks(log, isEmpty ? say`The run ${log.run} has no packets of TCP, UDP, ICMP or ARP in its capture.` : ''),
  ]);
}

/** When the first packet came that is shown. */
function firstMs({ conversations, datagrams, icmp, arp }: TcpLog): number {
  const starts = [...conversations, ...datagrams].map((conversation) => conversation.startMs);
  return Math.min(...starts, ...[icmp, arp].flatMap(([message]) => message?.timeMs ?? []));
}

function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n');
}

function remarks(log: TcpLog, nothing: string): string {
  const { capture, counts, attempts, tooLong } = log;
  const { attempts: words, datagrams } = languageOfUser();
  const lines = [
    ...(nothing === '' ? [] : [nothing]),
    ...attempts.map((attempt) => sanitize(say`On the network: ${attemptSentence(attempt, words)}.`)),
    ...tooLong.map((role) => sanitize(datagrams.told.tooLong(role))),
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

function nothingText({ run, capture, nobodyTried, datagrams }: TcpLog): string {
  if (datagrams.length > 0)
    return say`The run ${run} has no TCP connection in its capture, but datagrams of UDP: lab logs --packets`;
  if (nobodyTried)
    return say`The run ${run} has no TCP connection in its capture: no machine tried to connect while it was played.`;
  return isCompleteCapture(capture)
    ? say`The run ${run} has no TCP connection in its capture.`
    : say`The run ${run} has no TCP connection in its capture, which is not complete.`;
}
