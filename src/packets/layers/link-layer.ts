import type { Packet } from '../file/captured-packet.ts';

/** What a link layer carries, as far as we read it. */
export const EtherType = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;

const vlanTags: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100]);

/** Where the network layer begins, and what it is. */
export interface NetworkStart {
  readonly etherType: number;
  readonly offset: number;
}

type Reader = (view: DataView, start: number, end: number) => NetworkStart | undefined;

/** By link type (https://www.tcpdump.org/linktypes.html). */
const readers: ReadonlyMap<number, Reader> = new Map<number, Reader>([
  // BSD loopback: an address family in the byte order of the capturing host, then IP.
  [0, (view, start, end) => rawIp(view, start + 4, end)],
  [1, (view, start, end) => tagged(view, start + 12, end)], // Ethernet: two addresses before the EtherType
  [12, rawIp],
  [14, rawIp],
  [101, rawIp],
  [108, (view, start, end) => rawIp(view, start + 4, end)],
  [113, (view, start, end) => tagged(view, start + 14, end)], // Linux cooked capture: `tcpdump -i any`
  [228, rawIp],
  [229, rawIp],
  [276, (view, start, end) => startAt(view, start, start + 20, end)], // Linux cooked capture version 2
]);

/** Finds the network layer; undefined for a link type that we do not read, and for a packet that ends before. */
export function networkStart(view: DataView, { linkType, start, end }: Packet): NetworkStart | undefined {
  return readers.get(linkType)?.(view, start, end);
}

/** An EtherType at `offset`, behind any number of VLAN tags (IEEE 802.1Q), right before what it names. */
function tagged(view: DataView, offset: number, end: number): NetworkStart | undefined {
  let at = offset;
  while (at + 2 <= end && vlanTags.has(view.getUint16(at))) at += 4;
  return startAt(view, at, at + 2, end);
}

function startAt(view: DataView, typeOffset: number, offset: number, end: number): NetworkStart | undefined {
  return offset > end ? undefined : { etherType: view.getUint16(typeOffset), offset };
}

/** No EtherType: the version is in the first four bits of the IP header. */
function rawIp(view: DataView, offset: number, end: number): NetworkStart | undefined {
  if (offset >= end) return undefined;
  const version = view.getUint8(offset) >> 4;
  if (version === 4) return { etherType: EtherType.ipv4, offset };
  return version === 6 ? { etherType: EtherType.ipv6, offset } : undefined;
}
