import type { CaptureReading } from './capture-reading.ts';
import type { FiledPacket, FileFacts } from './file/captured-packet.ts';
import type { PacketFeed } from './file/packet-feed.ts';
import type { LabHints } from './lab-hints.ts';
import { ArpTable } from './arp/arp-table.ts';
import { Reassembly } from './fragments/reassembly.ts';
import { citedFlow, IcmpTable } from './icmp/icmp-table.ts';
import { readArpPacket } from './layers/arp-packet.ts';
import { readIcmpPacket } from './layers/icmp-packet.ts';
import { readIp } from './layers/internet-layer.ts';
import { Protocol, type IpPacket } from './layers/ip-packet.ts';
import { EtherType, networkStart, type NetworkStart } from './layers/link-layer.ts';
import { readTcpPacket } from './layers/tcp-packet.ts';
import { readUdpPacket } from './layers/read-udp.ts';
import type { Flow } from './tcp/flow.ts';
import { FlowTable } from './tcp/flow-table.ts';
import { ConversationTrace } from './trace.ts';
import { DatagramTable, type DatagramFlow } from './udp/datagram-table.ts';
import { DatagramTrace } from './udp/datagram-trace.ts';

/** What was found in the packets so far. */
class Findings {
  readonly segments = new FlowTable();
  readonly datagrams = new DatagramTable();
  readonly reassembly = new Reassembly();
  readonly icmp: IcmpTable;
  readonly arp: ArpTable;
  readonly counts = { packets: 0, otherPackets: 0, malformed: 0, truncated: 0, datagramPackets: 0 };

  constructor(hints: LabHints) {
    this.icmp = new IcmpTable(hints);
    this.arp = new ArpTable(hints);
  }

  /** Takes the next packet; returns false where it would have changed what was made of those before. */
  take(filed: FiledPacket): boolean {
    const { file, packet } = filed;
    const network = networkStart(file.view, packet);
    const ip = network === undefined ? 'other' : readIp(file.view, network, packet);
    const isPiece = typeof ip !== 'string' && ip.fragment !== undefined;
    if (isPiece && this.reassembly.isLate(filed)) return false;
    this.counts.packets += 1;
    if (packet.end - packet.start < packet.originalLength) this.counts.truncated += 1;
    if (network?.etherType === EtherType.arp) this.#takeArp(filed, network);
    else if (typeof ip === 'string') this.counts[ip === 'other' ? 'otherPackets' : 'malformed'] += 1;
    else if (ip.fragment === undefined) this.#takeWhole(filed, ip, 1);
    else this.#takePiece(filed, { ...ip, fragment: ip.fragment });
    return true;
  }

  #takeArp(filed: FiledPacket, { offset }: NetworkStart): void {
    const arp = readArpPacket(filed, offset);
    if (typeof arp === 'string') this.counts[arp === 'other' ? 'otherPackets' : 'malformed'] += 1;
    else this.arp.add(arp);
  }

  #takePiece(filed: FiledPacket, ip: Parameters<Reassembly['take']>[1]): void {
    const whole = this.reassembly.take(filed, ip);
    if (whole === undefined) return;
    const again = readIp(whole.file.view, networkStart(whole.file.view, whole.packet)!, whole.packet);
    // Fragments within fragments are read no further.
    if (typeof again === 'string' || again.fragment !== undefined) this.counts.malformed += 1;
    else this.#takeWhole(whole, again, whole.pieces);
  }

  #takeWhole(filed: FiledPacket, ip: IpPacket, pieces: number): void {
    const { counts } = this;
    if (ip.protocol === Protocol.tcp) {
      const tcp = readTcpPacket(filed, ip);
      if (tcp === undefined) counts.malformed += 1;
      else this.segments.add(tcp);
    } else if (ip.protocol === Protocol.udp) {
      const udp = readUdpPacket(filed, ip, pieces);
      if (udp === undefined) counts.malformed += 1;
      else this.datagrams.add(udp);
      if (udp !== undefined) counts.datagramPackets += 1;
    } else if (ip.protocol === (ip.addressBytes === 4 ? Protocol.icmp : Protocol.icmpV6)) {
      const icmp = readIcmpPacket(filed, ip);
      if (icmp === undefined) counts.malformed += 1;
      else this.icmp.add(icmp);
    } else counts.otherPackets += 1;
  }
}

/**
 * Decodes captures that still grow: what was read and decoded stays, and a look costs what the new packets cost. What
 * it answers is what the decoder says of the captures so far when it reads them whole.
 */
export class CaptureDecoder {
  readonly #feed: PacketFeed;
  readonly #hints: LabHints;
  #findings: Findings;
  readonly #traces = new WeakMap<Flow, ConversationTrace>();
  readonly #datagramTraces = new WeakMap<DatagramFlow, DatagramTrace>();
  #reading: CaptureReading | undefined;

  constructor(feed: PacketFeed, hints: LabHints) {
    this.#feed = feed;
    this.#hints = hints;
    this.#findings = new Findings(hints);
  }

  /**
   * What has come so far: the same object while nothing new has. The segments of an earlier answer go on growing, so
   * use only the latest.
   */
  look(): CaptureReading {
    const { facts, packets, restarted } = this.#feed.advance();
    if (restarted) this.#findings = new Findings(this.#hints);
    if (!packets.every((packet) => this.#findings.take(packet))) this.#again();
    const before = this.#reading;
    const isNews = packets.length > 0 || restarted || before === undefined;
    if (!isNews && isSame(before, facts)) return before;
    this.#reading = this.#read(facts);
    return this.#reading;
  }

  /** A fragment came that belongs before others that were put together: all is done once more, in the right order. */
  #again(): void {
    this.#findings = new Findings(this.#hints);
    for (const packet of this.#feed.all()) this.#findings.take(packet);
  }

  #read(facts: FileFacts): CaptureReading {
    const { segments, datagrams, reassembly, icmp, arp, counts } = this.#findings;
    const messages = icmp.kept();
    const errors = Map.groupBy(messages, (one) => citedFlow(one.icmp));
    return {
      ...facts,
      ...counts,
      conversations: segments.flows.map((flow, index) => this.#traceOf(flow).traced(index)),
      datagrams: datagrams.flows.map((flow, index) =>
        this.#datagramTraceOf(flow).traced({ index, places: facts.places, errors: errors.get(flow.key) ?? [] }),
      ),
      icmp: messages.map(({ message }) => message),
      icmpPackets: icmp.count,
      arp: arp.kept(),
      arpPackets: arp.count,
      fragments: reassembly.unjoined,
      joinedFragments: reassembly.joined,
    };
  }

  #traceOf(flow: Flow): ConversationTrace {
    const known = this.#traces.get(flow);
    if (known !== undefined) return known;
    const trace = new ConversationTrace(flow, this.#hints);
    this.#traces.set(flow, trace);
    return trace;
  }

  #datagramTraceOf(flow: DatagramFlow): DatagramTrace {
    const known = this.#datagramTraces.get(flow);
    if (known !== undefined) return known;
    const trace = new DatagramTrace(flow, this.#hints);
    this.#datagramTraces.set(flow, trace);
    return trace;
  }
}

function isSame(before: FileFacts, facts: FileFacts): boolean {
  return (
    before.format === facts.format && before.cutShort === facts.cutShort && before.places.length === facts.places.length
  );
}
