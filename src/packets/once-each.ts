import type { Packet } from './file/captured-packet.ts';

/**
 * Of packets that several places of capture may have seen, the sightings of one place: of the one that saw it most
 * often. `contentOf` is the same wherever a packet passes by.
 */
export function onceEach<P extends { readonly packet: Packet }>(
  packets: readonly P[],
  contentOf: (packet: P) => string,
): readonly P[] {
  if (packets.every(({ packet }) => packet.place === packets[0]!.packet.place)) return packets;
  const dropped = new Set<P>();
  for (const group of Map.groupBy(packets, contentOf).values()) {
    const byPlace = [...Map.groupBy(group, ({ packet }) => packet.place).values()];
    const most = byPlace.reduce((best, some) => (some.length > best.length ? some : best));
    for (const each of group) if (!most.includes(each)) dropped.add(each);
  }
  return packets.filter((each) => !dropped.has(each));
}
