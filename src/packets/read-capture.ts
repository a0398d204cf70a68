import { readFileSync } from 'node:fs';
import { CaptureDecoder } from './capture-decoder.ts';
import type { CaptureReading } from './capture-reading.ts';
import type { Conversation } from './conversation.ts';
import { wholeFile } from './file/capture-file.ts';
import { FileFeed } from './file/packet-feed.ts';
import type { LabHints } from './lab-hints.ts';

/**
 * Decodes a pcap or pcapng file into its TCP conversations. Never throws: bytes that are no capture have no `format`
 * and no packets.
 *
 * @param untilMs Packets after this time are left out; milliseconds since the Unix epoch.
 */
export function readCapture(bytes: Uint8Array, hints: LabHints = {}, untilMs = Infinity): CaptureReading {
  return new CaptureDecoder(new FileFeed(wholeFile(bytes), untilMs), hints).look();
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
