import { addressText } from '../address-text.ts';
import type { Side } from '../conversation.ts';
import { seesDatagrams } from '../file/capture-place.ts';
import type { CapturePlace } from '../file/captured-packet.ts';
import type { IcmpPacket } from '../layers/icmp-packet.ts';
import type { IcmpMessage } from '../icmp/icmp-message.ts';
import type { LabHints } from '../lab-hints.ts';
import { other, type End } from '../end.ts';
import { answersOf } from './answers.ts';
import type { DatagramFlow } from './datagram-table.ts';
import type {
  Datagram,
  DatagramConversation,
  DatagramEnd,
  DatagramError,
  DatagramMark,
} from './datagram-conversation.ts';
import { aboutOf } from './datagram-errors.ts';
import { datagramTotals } from './datagram-totals.ts';
import { journeysOf, reordered, type Journey } from './journeys.ts';
import { identification, type Sighting } from './sighting.ts';
import { packetOf, timeOf, type Traced } from './traced.ts';

/** What is known in addition to the datagrams themselves. */
export interface TraceFacts {
  readonly index: number;
  readonly places: readonly CapturePlace[];
  /** ICMP messages about datagrams of these ends, and what they say. */
  readonly errors: readonly { readonly icmp: IcmpPacket; readonly message: IcmpMessage }[];
}

/** Rebuilds what went between two ends. */
export class DatagramTrace {
  readonly #flow: DatagramFlow;
  readonly #hints: LabHints;
  #known: { readonly version: string; readonly conversation: DatagramConversation } | undefined;

  /** `flow` has at least one datagram. */
  constructor(flow: DatagramFlow, hints: LabHints) {
    this.#flow = flow;
    this.#hints = hints;
  }

  /** The conversation so far: the same object while nothing has come. */
  traced(facts: TraceFacts): DatagramConversation {
    const { sightings } = this.#flow;
    const last = facts.errors.at(-1)?.message.packet;
    // An insertion before any of its packets raises the number of the last.
    const version = [
      facts.index,
      facts.places.length,
      sightings.length,
      numberOf(sightings.at(-1)!),
      facts.errors.length,
      last,
    ];
    const text = version.join(' ');
    if (this.#known?.version !== text) this.#known = { version: text, conversation: this.#trace(facts) };
    return this.#known.conversation;
  }

  #trace({ index, places, errors }: TraceFacts): DatagramConversation {
    const { client, server, clientEnd, sidesKnownBy } = this.#sides();
    const ways = { client, server };
    const isSeenAtBothEnds = seenAtBoth(client, server, places);
    const traced = (['client', 'server'] as const).flatMap((side) => {
      const own = this.#flow.sightings.filter(({ from }) => (from === clientEnd) === (side === 'client'));
      return tracedOf(side, own, { ends: ways, places, isSeenAtBothEnds });
    });
    const order = traced.toSorted((a, b) => timeOf(a) - timeOf(b) || packetOf(a) - packetOf(b));
    pairAnswers(order);
    const told: DatagramError[] = errors.map(({ icmp, message }) => {
      const about = aboutOf(icmp, message.timeMs, order);
      if (about !== undefined) about.refusedBy = message.packet;
      return { message, about: about && packetOf(about) };
    });
    const datagrams = order.map(datagramOf);
    const [first, last] = [datagrams[0]!, datagrams.at(-1)!];
    return {
      index,
      client,
      server,
      sidesKnownBy,
      startMs: first.timeMs,
      durationMs: last.timeMs - first.timeMs,
      datagrams,
      errors: told,
      sent: datagramTotals(datagrams, isSeenAtBothEnds),
      answered: datagrams.filter(({ answeredBy }) => answeredBy !== undefined).length,
      isSeenAtBothEnds,
    };
  }

  #sides(): {
    readonly client: DatagramEnd;
    readonly server: DatagramEnd;
    readonly clientEnd: End;
    readonly sidesKnownBy: DatagramConversation['sidesKnownBy'];
  } {
    const { datagramPorts } = this.#hints;
    // Of two clocks, that of the receiver may be behind: the first sighting is not always at the sender.
    const { udp, from } = this.#flow.sightings[0]!;
    const [source, destination] = [this.#end(udp, 'source'), this.#end(udp, 'destination')];
    const [sourceListens, destinationListens] = [source, destination].map(
      ({ port }) => datagramPorts?.has(port) ?? false,
    );
    const sidesKnownBy = sourceListens === destinationListens ? 'first-datagram' : 'listening-port';
    return sidesKnownBy === 'listening-port' && sourceListens
      ? { client: destination, server: source, clientEnd: other(from), sidesKnownBy }
      : { client: source, server: destination, clientEnd: from, sidesKnownBy };
  }

  #end(
    { file: { view }, ip, sourcePort, destinationPort }: Sighting['udp'],
    end: 'source' | 'destination',
  ): DatagramEnd {
    const address = addressText(view, ip.addressOffset + (end === 'source' ? 0 : ip.addressBytes), ip.addressBytes);
    return {
      address,
      port: end === 'source' ? sourcePort : destinationPort,
      machine: this.#hints.machines?.get(address),
    };
  }
}

/** Both ends are machines of which each is a place of capture of these datagrams. */
function seenAtBoth(client: DatagramEnd, server: DatagramEnd, places: readonly CapturePlace[]): boolean {
  const isSeenAt = ({ machine }: DatagramEnd): boolean =>
    machine !== undefined &&
    places.some((place) => place.machine === machine && seesDatagrams(place, [client.port, server.port]));
  return client.machine !== server.machine && isSeenAt(client) && isSeenAt(server);
}

interface Way {
  readonly ends: Readonly<Record<Side, DatagramEnd>>;
  readonly places: readonly CapturePlace[];
  readonly isSeenAtBothEnds: boolean;
}

/** What became of the datagrams of one side. */
function tracedOf(side: Side, sightings: readonly Sighting[], { ends, places, isSeenAtBothEnds }: Way): Traced[] {
  const sender = ends[side].machine;
  const receiver = ends[side === 'client' ? 'server' : 'client'].machine;
  const at = (machine: string | undefined): Sighting[] =>
    sightings.filter(({ udp: { packet } }) => packet.place !== undefined && places[packet.place]?.machine === machine);
  const [departures, arrivals] = isSeenAtBothEnds ? [at(sender), at(receiver)] : [[], []];
  // Seen on the way only, or at one end.
  if (departures.length + arrivals.length === 0) return numbered(side, singleJourneys(oneOf(sightings)));
  const journeys = journeysOf(departures, arrivals);
  const late = reordered(journeys);
  return numbered(side, journeys).map((one) => {
    if (one.journey.arrival === undefined) one.marks.push('lost');
    if (late.has(one.journey)) one.marks.push('reordered');
    return one;
  });
}

/** Of several places that see the datagrams, the one that sees the most. */
function oneOf(sightings: readonly Sighting[]): readonly Sighting[] {
  const byPlace = [...Map.groupBy(sightings, ({ udp }) => udp.packet.place).values()];
  return byPlace.reduce<readonly Sighting[]>((most, some) => (some.length > most.length ? some : most), []);
}

/** Two packets of one number within this time are one that came twice: a sender uses a number again only later. */
const SAME_NUMBER_MS = 2000;

/** Seen at one place: a duplicate has the number of the datagram, where its sender numbers them. */
function singleJourneys(sightings: readonly Sighting[]): Journey[] {
  const lastOf = new Map<string, number>();
  return sightings.map((first): Journey => {
    const { timeMs } = first.udp.packet;
    const before = lastOf.get(first.mark);
    lastOf.set(first.mark, timeMs);
    const isDuplicate = identification(first.udp) !== 0 && before !== undefined && timeMs - before <= SAME_NUMBER_MS;
    return { first, arrival: undefined, isDuplicate };
  });
}

function numbered(side: Side, journeys: readonly Journey[]): Traced[] {
  const numbers = new Map<string, number>();
  let count = 0;
  return journeys.map((journey): Traced => {
    const { mark, udp } = journey.first;
    const number = journey.isDuplicate ? numbers.get(mark)! : (count += 1);
    numbers.set(mark, number);
    const pieces = Math.max(udp.pieces, journey.arrival?.udp.pieces ?? 1);
    const marks: DatagramMark[] = [
      ...(journey.isDuplicate ? ['duplicate' as const] : []),
      ...(pieces > 1 ? ['fragmented' as const] : []),
      ...((journey.arrival?.udp ?? udp).checksum === 'wrong' ? ['wrong-checksum' as const] : []),
    ];
    return { side, journey, number, marks, answeredBy: undefined, answers: undefined, refusedBy: undefined };
  });
}

/** Only what reached the server can be answered, and once. */
function pairAnswers(order: readonly Traced[]): void {
  const own = (side: Side): { timeMs: number; text: string; traced: Traced }[] =>
    order
      .filter(
        (one) => one.side === side && !one.journey.isDuplicate && (side === 'server' || !one.marks.includes('lost')),
      )
      .map((traced) => {
        const { first, arrival } = traced.journey;
        const seen = side === 'client' ? (arrival ?? first) : first;
        return { timeMs: seen.udp.packet.timeMs, text: first.text, traced };
      })
      .toSorted((a, b) => a.timeMs - b.timeMs);
  for (const [answer, request] of answersOf(own('client'), own('server'))) {
    answer.traced.answers = request.traced;
    // Its client did not get an answer that was lost.
    if (!answer.traced.marks.includes('lost')) request.traced.answeredBy = answer.traced;
  }
}

function numberOf({ udp }: Sighting): number {
  return udp.packet.number;
}

function datagramOf(traced: Traced): Datagram {
  const { side, journey, number, marks, answeredBy, answers, refusedBy } = traced;
  const { first, arrival } = journey;
  const { packet, length, checksum, pieces } = first.udp;
  const came = answeredBy && (answeredBy.journey.arrival ?? answeredBy.journey.first).udp.packet;
  return {
    packet: packet.number,
    timeMs: packet.timeMs,
    from: side,
    number,
    length,
    checksum: arrival?.udp.checksum ?? checksum,
    pieces: Math.max(pieces, arrival?.udp.pieces ?? 1),
    marks,
    arrival: arrival && { packet: numberOf(arrival), timeMs: arrival.udp.packet.timeMs },
    answeredBy: came && { packet: packetOf(answeredBy), afterMs: Math.max(0, came.timeMs - packet.timeMs) },
    answers: answers && packetOf(answers),
    refusedBy,
    text: first.text,
    truncated: packet.end - packet.start < packet.originalLength,
  };
}
