import type { Conversation, Side } from './conversation.ts';
import type { FileFacts } from './file/captured-packet.ts';

/** A conversation, and the bytes that it carried. */
export interface TracedConversation {
  readonly conversation: Conversation;
  /**
   * What one side sent, in order and without repetitions: at most `limit` bytes; `missing` counts bytes that the
   * capture lacks before its last.
   */
  readonly payload: (side: Side, limit?: number) => { readonly bytes: Uint8Array; readonly missing: number };
}

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
