import { seqAdd } from '../layers/sequence-number.ts';
import { Flag } from '../layers/tcp-header.ts';
import type { TcpPacket } from '../layers/tcp-packet.ts';

/** The ends of a connection: the source of its first packet in the capture, and the other. */
export type End = 'a' | 'b';

/** The packets of one connection, in the order of the capture. */
export interface Flow {
  readonly packets: readonly FlowPacket[];
  /** Sequence number of each end that is relative 0: that of its SYN, or the one before the first that was seen or acknowledged. */
  readonly base: Readonly<Record<End, number | undefined>>;
  /** The ports had another connection before. */
  readonly reusesPorts: boolean;
}

export interface FlowPacket {
  readonly from: End;
  readonly tcp: TcpPacket;
}

/** Sorts packets into connections as Wireshark does: by addresses and ports, and a SYN that cannot belong to the connection before begins a new one. */
export class FlowTable {
  readonly #view: DataView;
  readonly #flows: GrowingFlow[] = [];
  readonly #latest = new Map<string, GrowingFlow>();

  /** `view`: of the whole file. */
  constructor(view: DataView) {
    this.#view = view;
  }

  /** In the order of their first packets. */
  get flows(): readonly Flow[] {
    return this.#flows;
  }

  add(tcp: TcpPacket): void {
    const source = endKey(this.#view, tcp, 'source');
    const destination = endKey(this.#view, tcp, 'destination');
    const key = source < destination ? `${source} ${destination}` : `${destination} ${source}`;
    let flow = this.#latest.get(key);
    if (flow === undefined || flow.endsBefore(source, tcp)) {
      flow = new GrowingFlow(source, flow !== undefined);
      this.#flows.push(flow);
      this.#latest.set(key, flow);
    }
    flow.add(source, tcp);
  }
}

class GrowingFlow implements Flow {
  readonly packets: FlowPacket[] = [];
  readonly base: Record<End, number | undefined> = { a: undefined, b: undefined };
  readonly reusesPorts: boolean;
  readonly #a: string;
  #closing = false;

  constructor(a: string, reusesPorts: boolean) {
    this.#a = a;
    this.reusesPorts = reusesPorts;
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

export function other(end: End): End {
  return end === 'a' ? 'b' : 'a';
}

/** Address and port of one end, as a text that is quick to make. */
function endKey(view: DataView, { ip, header }: TcpPacket, end: 'source' | 'destination'): string {
  const offset = ip.addressOffset + (end === 'source' ? 0 : ip.addressBytes);
  const port = end === 'source' ? header.sourcePort : header.destinationPort;
  if (ip.addressBytes === 4) return `${view.getUint32(offset)}:${port}`;
  return `${view.getUint32(offset)}.${view.getUint32(offset + 4)}.${view.getUint32(offset + 8)}.${view.getUint32(offset + 12)}:${port}`;
}
