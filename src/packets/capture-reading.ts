import type { ArpMessage } from './arp/arp-message.ts';
import type { Conversation, Side } from './conversation.ts';
import type { FileFacts } from './file/captured-packet.ts';
import type { IcmpMessage } from './icmp/icmp-message.ts';
import type { DatagramConversation } from './udp/datagram-conversation.ts';

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
  /** Of TCP, in the order of their first packets. */
  readonly conversations: readonly TracedConversation[];
  /** Of UDP, in the order of their first packets. */
  readonly datagrams: readonly DatagramConversation[];
  /** ICMP messages of both families, the first 10,000; each once, though several places captured it. */
  readonly icmp: readonly IcmpMessage[];
  /** ARP messages, the first 10,000; each once, though several places captured it. */
  readonly arp: readonly ArpMessage[];
  readonly packets: number;
  /** Packets that carry UDP. */
  readonly datagramPackets: number;
  /** Packets that carry ICMP. */
  readonly icmpPackets: number;
  /** Packets that carry ARP about IPv4 on Ethernet. */
  readonly arpPackets: number;
  /** Packets that are neither TCP, UDP, ICMP nor ARP, and of link types that are not read. */
  readonly otherPackets: number;
  /** Fragments of IP packets of which others are missing, or that contradict each other. */
  readonly fragments: number;
  /** Fragments that were put together; the last of each packet is not among them, and counts as what the packet is. */
  readonly joinedFragments: number;
  /** Packets whose headers are cut or contradict themselves. */
  readonly malformed: number;
  /** Packets of which the capture holds only the beginning (snap length). */
  readonly truncated: number;
}
