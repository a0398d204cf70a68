import type { Sighting } from './sighting.ts';

/** A datagram on its way. At least one of both is known. */
export interface Journey {
  /** Where it was seen first: at its sender, if that was captured. */
  readonly first: Sighting;
  /** At its receiver, where both ends were captured. */
  readonly arrival: Sighting | undefined;
  /** It was sent once, and came once more: this is not the first time. */
  readonly isDuplicate: boolean;
}

/** By so much the clocks of two machines may differ though they were compared. */
const CLOCK_ERROR_MS = 100;

/** Pairs what left one end with what came to the other, in the order of leaving; what was not seen to leave comes last. */
export function journeysOf(departures: readonly Sighting[], arrivals: readonly Sighting[]): Journey[] {
  const arrivalOf = new Map<Sighting, Sighting>();
  const extras: Sighting[] = [];
  const came = Map.groupBy(arrivals, ({ mark }) => mark);
  const left = Map.groupBy(departures, ({ mark }) => mark);
  for (const [mark, some] of came) extras.push(...pair(left.get(mark) ?? [], some, arrivalOf));
  return [
    ...departures.map((first): Journey => ({ first, arrival: arrivalOf.get(first), isDuplicate: false })),
    ...extras.map((first): Journey => ({ first, arrival: first, isDuplicate: left.has(first.mark) })),
  ];
}

/** Pairs datagrams that look the same; returns the arrivals that are left over. */
function pair(
  departures: readonly Sighting[],
  arrivals: readonly Sighting[],
  arrivalOf: Map<Sighting, Sighting>,
): Sighting[] {
  // The first that comes of one datagram is that datagram, and the others are its duplicates.
  const [only, ...more] = departures;
  if (only !== undefined && more.length === 0) {
    arrivalOf.set(only, arrivals[0]!);
    return arrivals.slice(1);
  }
  const exact = latestFirst(departures, arrivals, 0);
  const pairs = exact.left.length === 0 ? exact : latestFirst(departures, arrivals, CLOCK_ERROR_MS);
  for (const [departure, arrival] of pairs.of) arrivalOf.set(departure, arrival);
  return pairs.left;
}

/**
 * From the last arrival on, each belongs to the latest departure before it that is left: that keeps their order, and
 * what was lost between two that came is found where it was lost.
 */
function latestFirst(
  departures: readonly Sighting[],
  arrivals: readonly Sighting[],
  slackMs: number,
): { readonly of: readonly (readonly [Sighting, Sighting])[]; readonly left: Sighting[] } {
  const of: (readonly [Sighting, Sighting])[] = [];
  const left: Sighting[] = [];
  let at = departures.length - 1;
  for (const arrival of arrivals.toReversed()) {
    const { timeMs } = arrival.udp.packet;
    while (at >= 0 && departures[at]!.udp.packet.timeMs > timeMs + slackMs) at -= 1;
    if (at < 0) left.unshift(arrival);
    else of.push([departures[at--]!, arrival]);
  }
  return { of, left };
}

/** The journeys whose datagram arrived after one that left later (RFC 4737, section 3.3). */
export function reordered(journeys: readonly Journey[]): ReadonlySet<Journey> {
  const found = new Set<Journey>();
  const arrived = journeys
    .map((journey, place) => ({ journey, place }))
    .filter(({ journey: { arrival, isDuplicate } }) => arrival !== undefined && !isDuplicate)
    .toSorted((a, b) => a.journey.arrival!.udp.packet.number - b.journey.arrival!.udp.packet.number);
  let latest = -1;
  for (const { journey, place } of arrived) {
    if (place < latest) found.add(journey);
    latest = Math.max(latest, place);
  }
  return found;
}
