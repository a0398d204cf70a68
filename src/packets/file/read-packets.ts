import type { FileFacts, Packet } from './packet.ts';
import { isPcap, readPcap } from './pcap.ts';
import { isPcapng, readPcapng } from './pcapng.ts';

/** Reads a capture file of either format; `onPacket` gets each packet in turn. Bytes that are no capture file have no packets and no format; nothing is thrown. */
export function readPackets(view: DataView, onPacket: (packet: Packet) => void): FileFacts {
  if (isPcap(view)) return readPcap(view, onPacket);
  if (isPcapng(view)) return readPcapng(view, onPacket);
  return { format: undefined, cutShort: false };
}
