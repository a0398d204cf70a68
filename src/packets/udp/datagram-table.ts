import type { UdpPacket } from '../layers/udp-packet.ts';
import { datagramPayload } from '../layers/udp-packet.ts';
import type { End } from '../end.ts';
import { previewText } from '../tcp/payload.ts';
import { endKey, pairKey, type EndPlace } from './end-key.ts';
import { markOf, type Sighting } from './sighting.ts';

/** The datagrams between two ends, in the order of the capture. */
export interface DatagramFlow {
  /** The same for both directions. */
  readonly key: string;
  readonly sightings: readonly Sighting[];
}

/** Sorts datagrams by addresses and ports, as Wireshark does. */
export class DatagramTable {
  readonly #flows = new Map<string, GrowingFlow>();
  #sorted: GrowingFlow[] = [];
  #isInOrder = true;

  /** In the order of their first packets. */
  get flows(): readonly DatagramFlow[] {
    if (!this.#isInOrder) {
      for (const flow of this.#sorted) flow.sort();
      this.#sorted.sort((a, b) => a.firstNumber - b.firstNumber);
    }
    this.#isInOrder = true;
    return this.#sorted;
  }

  add(udp: UdpPacket): void {
    const source = endKey(placeOf(udp, 'source'));
    const key = pairKey(source, endKey(placeOf(udp, 'destination')));
    const { number } = udp.packet;
    let flow = this.#flows.get(key);
    if (flow === undefined) {
      flow = new GrowingFlow(key, source);
      this.#flows.set(key, flow);
      this.#isInOrder &&= (this.#sorted.at(-1)?.firstNumber ?? 0) < number;
      this.#sorted.push(flow);
    } else this.#isInOrder &&= flow.lastNumber < number;
    flow.add(source, udp);
  }
}

function placeOf(
  { file: { view }, ip, sourcePort, destinationPort }: UdpPacket,
  end: 'source' | 'destination',
): EndPlace {
  const { addressOffset, addressBytes } = ip;
  return end === 'source'
    ? { view, addressBytes, addressOffset, port: sourcePort }
    : { view, addressBytes, addressOffset: addressOffset + addressBytes, port: destinationPort };
}

class GrowingFlow implements DatagramFlow {
  readonly key: string;
  readonly sightings: Sighting[] = [];
  readonly #a: string;

  constructor(key: string, a: string) {
    this.key = key;
    this.#a = a;
  }

  get firstNumber(): number {
    return this.sightings[0]!.udp.packet.number;
  }

  get lastNumber(): number {
    return this.sightings.at(-1)!.udp.packet.number;
  }

  add(source: string, udp: UdpPacket): void {
    const from: End = source === this.#a ? 'a' : 'b';
    const text = udp.length === 0 ? '' : previewText(datagramPayload(udp), udp.length);
    this.sightings.push({ from, udp, mark: markOf(udp), text });
  }

  sort(): void {
    this.sightings.sort((one, two) => one.udp.packet.number - two.udp.packet.number);
  }
}
