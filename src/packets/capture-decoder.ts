import type { CaptureReading } from './capture-reading.ts';
import type { FiledPacket } from './file/captured-packet.ts';
import type { PacketFeed } from './file/packet-feed.ts';
import type { LabHints } from './lab-hints.ts';
import { readTcpPacket } from './layers/read-tcp-packet.ts';
import type { Flow } from './tcp/flow.ts';
import { FlowTable } from './tcp/flow-table.ts';
import { ConversationTrace } from './trace.ts';

/**
 * Decodes captures that still grow: what was read and decoded stays, and a look costs what the new packets cost. What
 * it answers is what the decoder says of the captures so far when it reads them whole.
 */
export class CaptureDecoder {
  readonly #feed: PacketFeed;
  readonly #hints: LabHints;
  #table = new FlowTable();
  #traces = new WeakMap<Flow, ConversationTrace>();
  #counts = noCounts();
  #reading: CaptureReading | undefined;

  constructor(feed: PacketFeed, hints: LabHints) {
    this.#feed = feed;
    this.#hints = hints;
  }

  /**
   * What has come so far: the same object while nothing new has. The segments of an earlier answer go on growing, so
   * use only the latest.
   */
  look(): CaptureReading {
    const { facts, packets, restarted } = this.#feed.advance();
    if (restarted) [this.#table, this.#counts] = [new FlowTable(), noCounts()];
    for (const packet of packets) this.#take(packet);
    const before = this.#reading;
    const isNews = packets.length > 0 || restarted || before === undefined;
    if (!isNews && before.format === facts.format && before.cutShort === facts.cutShort) return before;
    this.#reading = {
      ...facts,
      conversations: this.#table.flows.map((flow, index) => this.#traceOf(flow).traced(index)),
      ...this.#counts,
    };
    return this.#reading;
  }

  #take(filed: FiledPacket): void {
    const { start, end, originalLength } = filed.packet;
    this.#counts.packets += 1;
    if (end - start < originalLength) this.#counts.truncated += 1;
    const tcp = readTcpPacket(filed);
    if (typeof tcp !== 'string') this.#table.add(tcp);
    else if (tcp === 'other') this.#counts.otherPackets += 1;
    else if (tcp === 'fragment') this.#counts.fragments += 1;
    else this.#counts.malformed += 1;
  }

  #traceOf(flow: Flow): ConversationTrace {
    const known = this.#traces.get(flow);
    if (known !== undefined) return known;
    const trace = new ConversationTrace(flow, this.#hints);
    this.#traces.set(flow, trace);
    return trace;
  }
}

function noCounts(): Record<'packets' | 'otherPackets' | 'fragments' | 'malformed' | 'truncated', number> {
  return { packets: 0, otherPackets: 0, fragments: 0, malformed: 0, truncated: 0 };
}
