import type { Durations, Segment, Side } from '../conversation.ts';
import { Flag, type TcpHeader } from '../layers/tcp-header.ts';
import { ArrivalFinder } from './arrival.ts';
import { CloseFinder } from './closing.ts';
import type { End } from '../end.ts';
import type { Flow, FlowPacket } from './flow.ts';
import { ForwardTime } from './forward-time.ts';
import { HandshakeFinder } from './handshake.ts';
import { Phases } from './phases.ts';
import { segmentOf } from './segment.ts';
import { SequenceAnalysis } from './sequence-analysis.ts';
import { StateTracker, type States } from './state-tracker.ts';
import { DurationTotals, SideTotals } from './totals.ts';

/**
 * Makes the segments of a flow that still grows, and sums them up. Segments that are made stay as they are, except
 * for the states of both ends: a SYN or FIN that seemed lost may be acknowledged by a later segment.
 */
export class SegmentMaker {
  readonly flow: Flow;
  /** The end that is the client. */
  readonly client: End;
  readonly segments: Segment[] = [];
  readonly handshake = new HandshakeFinder();
  readonly close = new CloseFinder();
  readonly totals: Readonly<Record<Side, SideTotals>> = { client: new SideTotals(), server: new SideTotals() };
  /** By end: the header of its first SYN. */
  readonly syn: Partial<Record<End, TcpHeader>> = {};
  readonly #acknowledgedIn = { client: new DurationTotals(), server: new DurationTotals() };
  readonly #analysis = new SequenceAnalysis();
  readonly #time = new ForwardTime();
  readonly #phases: Phases;
  readonly #arrivals = new ArrivalFinder();
  #tracker: StateTracker;
  /** As it was before the first FIN. */
  #beforeFin: { readonly place: number; readonly tracker: StateTracker } | undefined;
  /** The first segment that the server sent. */
  #answer: TcpHeader | undefined;
  /** For each segment, the place of the one that it acknowledges. */
  readonly #acknowledged: (number | undefined)[] = [];
  /** An end whose first sequence number was not known yet when SACK blocks of the other end named some. */
  #unbased: End | undefined;

  constructor(flow: Flow, client: End) {
    this.flow = flow;
    this.client = client;
    this.#phases = new Phases(flow.packets[0]!);
    this.#tracker = new StateTracker(this.#startStates(), this.#arrivals.arrival);
  }

  /** Whether the segments have to be made again: SACK blocks that were kept as they are can be made relative now. */
  get isOutdated(): boolean {
    return this.#unbased !== undefined && this.flow.base[this.#unbased] !== undefined;
  }

  /** How long the segments of one side waited for their acknowledgements. */
  acknowledgedIn(side: Side): Durations | undefined {
    return this.#acknowledgedIn[side].durations;
  }

  /** Makes the segments of the packets that are new. */
  advance(): void {
    this.#renumber();
    const fresh = this.flow.packets.slice(this.segments.length);
    this.#followStates(fresh);
    for (const packet of fresh) this.#make(packet);
  }

  /** Takes over numbers that have risen because other packets were inserted before. */
  #renumber(): void {
    const { packets } = this.flow;
    const numberOf = (place: number): number => packets[place]!.tcp.packet.number;
    for (let place = this.segments.length - 1; place >= 0; place--) {
      const segment = this.segments[place]!;
      if (segment.packet === numberOf(place)) break;
      const acknowledged = this.#acknowledged[place];
      const acknowledges = segment.acknowledges &&
        acknowledged !== undefined && { ...segment.acknowledges, packet: numberOf(acknowledged) };
      this.segments[place] = { ...segment, packet: numberOf(place), acknowledges: acknowledges || undefined };
    }
  }

  /** Prepares the tracker for the new packets; they may change the states at earlier segments. */
  #followStates(fresh: readonly FlowPacket[]): void {
    let [isNewStart, isNewEnd] = [false, false];
    for (const { from, tcp } of fresh) {
      const side = this.#sideOf(from);
      const { syn, fin } = this.#arrivals.add({ from: side, header: tcp.header, length: tcp.length });
      const isAnswer = side === 'server' && this.#answer === undefined;
      if (isAnswer) this.#answer = tcp.header;
      isNewStart ||= isAnswer || syn;
      isNewEnd ||= fin;
    }
    if (isNewStart) this.#trackFrom(0, new StateTracker(this.#startStates(), this.#arrivals.arrival));
    // What became of a FIN changes nothing before the first of them.
    else if (isNewEnd && this.#beforeFin !== undefined)
      this.#trackFrom(this.#beforeFin.place, this.#beforeFin.tracker.copy(this.#arrivals.arrival));
    else if (isNewEnd) this.#tracker = this.#tracker.copy(this.#arrivals.arrival);
  }

  /** Corrects the states from the segment at `start` on, to which `tracker` has come. */
  #trackFrom(start: number, tracker: StateTracker): void {
    this.#tracker = tracker;
    if (start === 0) this.#beforeFin = undefined;
    for (let place = start; place < this.segments.length; place++) {
      const segment = this.segments[place]!;
      const states = this.#track(segment.from, place);
      const isSame = states.client === segment.states.client && states.server === segment.states.server;
      if (!isSame) this.segments[place] = { ...segment, states };
    }
  }

  /** The states at the next segment. */
  #track(side: Side, place: number): States {
    const { header, length } = this.flow.packets[place]!.tcp;
    if (header.flags & Flag.fin) this.#beforeFin ??= { place, tracker: this.#tracker.copy(this.#arrivals.arrival) };
    return this.#tracker.step(side, header, length);
  }

  #make(captured: FlowPacket): void {
    const packet = this.#time.next(captured);
    const { from, tcp } = packet;
    const { header } = tcp;
    const side = this.#sideOf(from);
    const place = this.segments.length;
    const analysis = this.#analysis.look(packet);
    const segment = segmentOf(this.flow, packet, {
      side,
      analysis,
      states: this.#track(side, place),
      phase: this.#phases.next(side, packet),
      isReused: place === 0 && this.flow.reusesPorts,
    });
    this.segments.push(segment);
    this.#acknowledged.push(analysis.acknowledges?.place);
    if (header.flags & Flag.syn) this.syn[from] ??= header;
    this.#sumUp(segment, place);
    const to: End = from === 'a' ? 'b' : 'a';
    if (header.options.sack !== undefined && this.flow.base[to] === undefined) this.#unbased = to;
  }

  #sumUp(segment: Segment, place: number): void {
    const { from, acknowledges } = segment;
    this.handshake.add(segment, place);
    this.close.add(this.segments, place);
    this.totals[from].add(segment);
    const to = from === 'client' ? 'server' : 'client';
    if (acknowledges !== undefined) this.#acknowledgedIn[to].add(acknowledges.afterMs);
  }

  #sideOf(end: End): Side {
    return end === this.client ? 'client' : 'server';
  }

  /**
   * The states before the first segment, by what the rest shows: a port that refuses has no listener, and neither has
   * an end that opens by itself.
   */
  #startStates(): States {
    const { flags } = this.flow.packets[0]!.tcp.header;
    if ((flags & Flag.syn) === 0) return { client: 'ESTABLISHED', server: 'ESTABLISHED' };
    if (flags & Flag.ack) return { client: 'SYN-SENT', server: 'SYN-RECEIVED' };
    const answer = this.#answer?.flags;
    if (answer === undefined) return { client: 'CLOSED', server: 'UNKNOWN' };
    const listens = (answer & Flag.rst) === 0 && (answer & (Flag.syn | Flag.ack)) !== Flag.syn;
    return { client: 'CLOSED', server: listens ? 'LISTEN' : 'CLOSED' };
  }
}
