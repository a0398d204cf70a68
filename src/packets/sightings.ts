import type { Packet } from './file/captured-packet.ts';

/** A capture that is flooded keeps so many of a kind; the rest is counted. */
const MOST_KEPT = 10_000;

/** Packets of one kind in a capture, which several places of capture may have seen. */
export class Sightings<P extends { readonly packet: Packet }> {
  readonly #packets: P[] = [];
  readonly #contentOf: (packet: P) => string;
  /** All, also those that are not kept. */
  count = 0;

  /** `contentOf` is the same wherever a packet passes by. */
  constructor(contentOf: (packet: P) => string) {
    this.#contentOf = contentOf;
  }

  add(packet: P): void {
    this.count += 1;
    if (this.#packets.length < MOST_KEPT) this.#packets.push(packet);
  }

  /** In the order of the capture; of each the sightings of one place: of the one that saw it most often. */
  onceEach(): readonly P[] {
    const packets = this.#packets.toSorted((a, b) => a.packet.number - b.packet.number);
    if (packets.every(({ packet }) => packet.place === packets[0]!.packet.place)) return packets;
    const dropped = new Set<P>();
    for (const group of Map.groupBy(packets, this.#contentOf).values()) {
      const byPlace = [...Map.groupBy(group, ({ packet }) => packet.place).values()];
      const most = byPlace.reduce((best, some) => (some.length > best.length ? some : best));
      for (const each of group) if (!most.includes(each)) dropped.add(each);
    }
    return packets.filter((each) => !dropped.has(each));
  }
}
