import type { Conversation, Segment, TcpFlag } from '../../../src/packets/conversation.ts';

const FLAG_BITS: Readonly<Record<TcpFlag, number>> = {
  FIN: 1,
  SYN: 2,
  RST: 4,
  PSH: 8,
  ACK: 16,
  URG: 32,
  ECE: 64,
  CWR: 128,
};

/** A capture file (pcap, link type RAW: IPv4 packets) in which these conversations were seen, packets in the order of time. */
export function pcapOf(conversations: readonly Conversation[]): Uint8Array {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(262_144, 16);
  header.writeUInt32LE(101, 20);
  const packets = conversations.flatMap((conversation) =>
    conversation.segments.map((segment) => ({ segment, conversation })),
  );
  return Buffer.concat([
    header,
    ...packets
      .toSorted((a, b) => a.segment.timeMs - b.segment.timeMs)
      .map(({ segment, conversation }) => record(segment, conversation)),
  ]);
}

function record(segment: Segment, conversation: Conversation): Buffer {
  const packet = ipv4(segment, conversation);
  const header = Buffer.alloc(16);
  header.writeUInt32LE(Math.floor(segment.timeMs / 1000), 0);
  header.writeUInt32LE(Math.round((segment.timeMs % 1000) * 1000), 4);
  header.writeUInt32LE(packet.length, 8);
  header.writeUInt32LE(packet.length, 12);
  return Buffer.concat([header, packet]);
}

function ipv4(segment: Segment, { client, server }: Conversation): Buffer {
  const [from, to] = segment.from === 'client' ? [client, server] : [server, client];
  const tcp = Buffer.alloc(20 + segment.length);
  tcp.writeUInt16BE(from.port, 0);
  tcp.writeUInt16BE(to.port, 2);
  tcp.writeUInt32BE(segment.rawSeq, 4);
  tcp.writeUInt32BE(segment.rawAck ?? 0, 8);
  tcp.writeUInt8(0x50, 12);
  tcp.writeUInt8(
    segment.flags.reduce((bits, flag) => bits | FLAG_BITS[flag], 0),
    13,
  );
  tcp.writeUInt16BE(segment.rawWindow, 14);
  tcp.write(segment.text, 20);
  const ip = Buffer.alloc(20);
  ip.writeUInt8(0x45, 0);
  ip.writeUInt16BE(ip.length + tcp.length, 2);
  ip.writeUInt8(64, 8);
  ip.writeUInt8(6, 9);
  for (const [offset, { address }] of [
    [12, from],
    [16, to],
  ] as const)
    ip.set(address.split('.').map(Number), offset);
  return Buffer.concat([ip, tcp]);
}
