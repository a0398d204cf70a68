import { addressText, linkAddressText } from '../address-text.ts';
import type { LabHints } from '../lab-hints.ts';
import type { ArpPacket, ArpPlaces } from '../layers/arp-packet.ts';
import { Sightings } from '../sightings.ts';
import type { ArpEnd, ArpMessage } from './arp-message.ts';

const operations: Readonly<Record<number, ArpMessage['operation']>> = { 1: 'request', 2: 'reply' };

/** Gathers the ARP messages of a capture. */
export class ArpTable {
  readonly #hints: LabHints;
  readonly #sightings = new Sightings(contentOf);

  constructor(hints: LabHints) {
    this.#hints = hints;
  }

  /** All, also those that are not kept. */
  get count(): number {
    return this.#sightings.count;
  }

  add(arp: ArpPacket): void {
    this.#sightings.add(arp);
  }

  /** In the order of the capture. */
  kept(): ArpMessage[] {
    return this.#sightings.onceEach().map((arp) => messageOf(arp, this.#hints));
  }
}

function contentOf({ file: { bytes }, start, end }: ArpPacket): string {
  return Buffer.from(bytes.subarray(start, end)).toString('latin1');
}

function messageOf(arp: ArpPacket, { machines }: LabHints): ArpMessage {
  const { view } = arp.file;
  const endOf = ({ link, address: at }: ArpPlaces): ArpEnd => {
    const address = addressText(view, at, 4);
    return { linkAddress: linkAddressText(view, link), address, machine: machines?.get(address) };
  };
  const [from, to] = [endOf(arp.from), endOf(arp.to)];
  const operation = operations[arp.operation] ?? 'other';
  return {
    packet: arp.packet.number,
    timeMs: arp.packet.timeMs,
    operation,
    purpose: purposeOf(operation, from.address, to.address),
    from,
    to,
  };
}

/** RFC 5227, sections 1.1 and 3: an announcement may be a reply, too. */
function purposeOf(operation: ArpMessage['operation'], from: string, to: string): ArpMessage['purpose'] {
  if (operation === 'request' && from === '0.0.0.0') return 'probe';
  return operation !== 'other' && from === to ? 'announcement' : undefined;
}
