import { addressText } from '../address-text.ts';
import { Protocol } from '../layers/ip-packet.ts';
import { echoOf, linkAddressOf, mtuOf, targetOf, type CitedHeaders, type IcmpPacket } from '../layers/icmp-packet.ts';
import type { LabHints } from '../lab-hints.ts';
import { Sightings } from '../sightings.ts';
import { endKey, pairKey } from '../udp/end-key.ts';
import type { CitedPacket, IcmpEnd, IcmpMessage } from './icmp-message.ts';

/** A message, and the packet in which it came. */
export interface KeptMessage {
  readonly icmp: IcmpPacket;
  readonly message: IcmpMessage;
}

/** Gathers the ICMP messages of a capture. */
export class IcmpTable {
  readonly #hints: LabHints;
  readonly #sightings = new Sightings(contentOf);
  readonly #made = new WeakMap<IcmpPacket, IcmpMessage>();

  constructor(hints: LabHints) {
    this.#hints = hints;
  }

  /** All, also those that are not kept. */
  get count(): number {
    return this.#sightings.count;
  }

  add(icmp: IcmpPacket): void {
    this.#sightings.add(icmp);
  }

  /** In the order of the capture. */
  kept(): KeptMessage[] {
    return this.#sightings.onceEach().map((icmp) => ({ icmp, message: this.#messageOf(icmp) }));
  }

  /** The same object while its number has not risen. */
  #messageOf(icmp: IcmpPacket): IcmpMessage {
    const known = this.#made.get(icmp);
    if (known?.packet === icmp.packet.number) return known;
    const message = messageOf(icmp, this.#hints);
    this.#made.set(icmp, message);
    return message;
  }
}

/** What stays the same on its way: all but the hops that are left. */
function contentOf({ file: { bytes, view }, packet, ip }: IcmpPacket): string {
  const id = ip.addressBytes === 4 ? view.getUint16(ip.start + 4) : 0;
  const addresses = bytes.subarray(ip.addressOffset, ip.addressOffset + 2 * ip.addressBytes);
  const message = bytes.subarray(ip.offset, Math.min(ip.segmentEnd, packet.end, ip.offset + 64));
  return `${id} ${Buffer.from(addresses).toString('latin1')} ${Buffer.from(message).toString('latin1')}`;
}

/** The ends of the UDP datagram that a message is about, as `DatagramFlow.key` has them; undefined for others. */
export function citedFlow({ file: { view }, cited }: IcmpPacket): string | undefined {
  if (cited?.ports === undefined || cited.ip.protocol !== Protocol.udp) return undefined;
  const { addressOffset, addressBytes } = cited.ip;
  return pairKey(
    endKey({ view, addressOffset, addressBytes, port: cited.ports.source }),
    endKey({ view, addressOffset: addressOffset + addressBytes, addressBytes, port: cited.ports.destination }),
  );
}

function messageOf(icmp: IcmpPacket, hints: LabHints): IcmpMessage {
  const { file, packet, ip, type, code, kind, reason, checksum, cited } = icmp;
  return {
    packet: packet.number,
    timeMs: packet.timeMs,
    family: ip.protocol === Protocol.icmp ? 4 : 6,
    ...endsOf(file.view, ip, hints),
    type,
    code,
    kind,
    reason,
    checksum,
    echo: echoOf(icmp),
    mtu: mtuOf(icmp),
    target: targetOf(icmp),
    linkAddress: linkAddressOf(icmp),
    cited: cited && citedPacket(file.view, cited, hints),
  };
}

function citedPacket(view: DataView, { ip, ports }: CitedHeaders, hints: LabHints): CitedPacket {
  return {
    ...endsOf(view, ip, hints),
    protocol: ip.protocol,
    sourcePort: ports?.source,
    destinationPort: ports?.destination,
  };
}

function endsOf(
  view: DataView,
  { addressOffset, addressBytes }: CitedHeaders['ip'],
  { machines }: LabHints,
): { readonly from: IcmpEnd; readonly to: IcmpEnd } {
  const end = (offset: number): IcmpEnd => {
    const address = addressText(view, offset, addressBytes);
    return { address, machine: machines?.get(address) };
  };
  return { from: end(addressOffset), to: end(addressOffset + addressBytes) };
}
