import { seqAdd } from '../layers/sequence-number.ts';
import { Flag } from '../layers/tcp-header.ts';
import type { TcpPacket } from '../layers/tcp-packet.ts';
import { other, type End } from '../end.ts';
import type { Flow, FlowPacket } from './flow.ts';

/**
 * Sorts packets into connections as Wireshark does: by addresses and ports, and a SYN that cannot belong to the
 * connection before begins a new one.
 */
export class FlowTable {
  #flows: GrowingFlow[] = [];
  #isInOrder = true;
  /** The last connection between two ends. */
  readonly #latest = new Map<string, GrowingFlow>();
  /** By both ends: packets that belong before others of theirs, and what came after those. */
  readonly #late = new Map<string, TcpPacket[]>();

  /**
   * In the order of their first packets. A flow only grows; when a packet belongs before others of the same ends,
   * their flows are replaced by new ones.
   */
  get flows(): readonly Flow[] {
    if (this.#late.size > 0) this.#sortLate();
    if (!this.#isInOrder) this.#flows.sort((a, b) => a.firstNumber - b.firstNumber);
    this.#isInOrder = true;
    return this.#flows;
  }

  add(tcp: TcpPacket): void {
    const key = keyOf(tcp);
    const late = this.#late.get(key);
    const latest = this.#latest.get(key);
    if (late !== undefined) late.push(tcp);
    else if (latest !== undefined && latest.lastNumber > tcp.packet.number) this.#late.set(key, [tcp]);
    else this.#append(key, tcp);
  }

  #append(key: string, tcp: TcpPacket): void {
    const source = endKey(tcp, 'source');
    let flow = this.#latest.get(key);
    if (flow === undefined || flow.endsBefore(source, tcp)) {
      flow = new GrowingFlow(key, source, flow !== undefined);
      this.#isInOrder &&= (this.#flows.at(-1)?.firstNumber ?? 0) < tcp.packet.number;
      this.#flows.push(flow);
      this.#latest.set(key, flow);
    }
    flow.add(source, tcp);
  }

  /** Sorts the packets of these ends into connections again, in their right order. */
  #sortLate(): void {
    const again = new Map([...this.#late].map(([key, late]) => [key, [...late]]));
    for (const { key, packets } of this.#flows) {
      const all = again.get(key);
      if (all) for (const { tcp } of packets) all.push(tcp);
    }
    this.#flows = this.#flows.filter(({ key }) => !again.has(key));
    this.#late.clear();
    for (const [key, packets] of again) {
      this.#latest.delete(key);
      for (const tcp of packets.toSorted((a, b) => a.packet.number - b.packet.number)) this.#append(key, tcp);
    }
  }
}

/** The same for both directions. */
function keyOf(tcp: TcpPacket): string {
  const source = endKey(tcp, 'source');
  const destination = endKey(tcp, 'destination');
  return source < destination ? `${source} ${destination}` : `${destination} ${source}`;
}

class GrowingFlow implements Flow {
  readonly packets: FlowPacket[] = [];
  readonly base: Record<End, number | undefined> = { a: undefined, b: undefined };
  readonly reusesPorts: boolean;
  readonly key: string;
  readonly #a: string;
  #closing = false;

  constructor(key: string, a: string, reusesPorts: boolean) {
    this.key = key;
    this.#a = a;
    this.reusesPorts = reusesPorts;
  }

  get firstNumber(): number {
    return this.packets[0]!.tcp.packet.number;
  }

  get lastNumber(): number {
    return this.packets.at(-1)!.tcp.packet.number;
  }

  /** Whether this packet opens another connection: a SYN with another sequence number, or after FIN or RST. */
  endsBefore(source: string, { header }: TcpPacket): boolean {
    if ((header.flags & (Flag.syn | Flag.ack)) !== Flag.syn) return false;
    const base = this.base[this.#endOf(source)];
    return base !== undefined && (base !== header.seq || this.#closing);
  }

  add(source: string, tcp: TcpPacket): void {
    const { flags, seq, ack } = tcp.header;
    const from = this.#endOf(source);
    if (flags & (Flag.fin | Flag.rst)) this.#closing = true;
    this.base[from] ??= flags & Flag.syn ? seq : seqAdd(seq, -1);
    if (flags & Flag.ack) this.base[other(from)] ??= seqAdd(ack, -1);
    this.packets.push({ from, tcp });
  }

  #endOf(source: string): End {
    return source === this.#a ? 'a' : 'b';
  }
}

/** Address and port of one end, as a text that is quick to make. */
function endKey({ file: { view }, ip, header }: TcpPacket, end: 'source' | 'destination'): string {
  const offset = ip.addressOffset + (end === 'source' ? 0 : ip.addressBytes);
  const port = end === 'source' ? header.sourcePort : header.destinationPort;
  if (ip.addressBytes === 4) return `${view.getUint32(offset)}:${port}`;
  const words = [0, 4, 8, 12].map((at) => view.getUint32(offset + at));
  return `${words.join('.')}:${port}`;
}
