import { readFileSync } from 'node:fs';
import type { Conversation } from './conversation.ts';
import { traceConversation, type LabHints, type TracedConversation } from './trace.ts';
import { FlowTable } from './tcp/flow-table.ts';
import type { FileFacts } from './file/packet.ts';
import { readPackets } from './file/read-packets.ts';
import { readTcpPacket } from './layers/tcp-packet.ts';

/** A decoded capture. Nothing of it is an error: what could not be read is counted. */
export interface CaptureReading extends FileFacts {
  /** In the order of their first packets. */
  readonly conversations: readonly TracedConversation[];
  readonly packets: number;
  /** Packets that are no TCP, and of link types that are not read. */
  readonly otherPackets: number;
  /** Fragments of IP packets: they are not put together, so what they carried is missing in the conversations. */
  readonly fragments: number;
  /** Packets whose headers are cut or contradict themselves. */
  readonly malformed: number;
  /** Packets of which the capture holds only the beginning (snap length). */
  readonly truncated: number;
}

/** Decodes a pcap or pcapng file into its TCP conversations. Never throws: bytes that are no capture have no `format` and no packets. */
export function readCapture(bytes: Uint8Array, hints: LabHints = {}): CaptureReading {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const table = new FlowTable(view);
  const counts = { packets: 0, other: 0, fragment: 0, malformed: 0, truncated: 0 };
  const facts = readPackets(view, (packet) => {
    counts.packets += 1;
    if (packet.end - packet.start < packet.originalLength) counts.truncated += 1;
    const tcp = readTcpPacket(view, packet);
    if (typeof tcp === 'string') counts[tcp] += 1;
    else table.add(tcp);
  });
  return {
    ...facts,
    conversations: table.flows.map((flow, index) => traceConversation(bytes, flow, index, hints)),
    packets: counts.packets,
    otherPackets: counts.other,
    fragments: counts.fragment,
    malformed: counts.malformed,
    truncated: counts.truncated,
  };
}

/**
 * The conversations of a capture file, given by its path or its bytes; none when it is no capture file.
 *
 * @throws a Node system error when the file cannot be read.
 */
export function readConversations(source: string | Uint8Array, hints: LabHints = {}): Conversation[] {
  const bytes = typeof source === 'string' ? readFileSync(source) : source;
  return readCapture(bytes, hints).conversations.map(({ conversation }) => conversation);
}
