import type { CountRange, DatagramErrorName, DatagramName } from '../../core/packet-problem.ts';
import { countOf, formatDuration } from '../../core/text/amounts.ts';
import { packetWords } from './packet-words.ts';

/** What a `tcp` or `udp` step wanted and found, in English. */
export const packets = packetWords({
  wish: {
    connections: ({ count }) => countOf(count, 'connection'),
    'no-connection': () => 'no connection to come about',
    handshake: () => 'a complete handshake',
    close: ({ by, how }) => {
      if (how === 'open') return 'the connection to be open still';
      const kind = how === undefined ? '' : ` with ${how.toUpperCase()}`;
      const first = by === undefined ? '' : ` first by the ${by}`;
      return `the connection to be closed${by === 'both' ? ' by both at once' : first}${kind}`;
    },
    reset: ({ by }) => (by === 'none' ? 'no RST' : by === 'any' ? 'a RST' : `a RST of the ${by}`),
    retransmissions: ({ count }) =>
      count === 'some' || count === 0
        ? `${count === 0 ? 'no' : 'some'} retransmission`
        : countOf(count, 'retransmission'),
    'zero-windows': ({ count }) =>
      `${count === 'some' ? 'some segment' : count === 0 ? 'no segment' : countOf(count, 'segment')} with a window of 0 bytes`,
    payload: ({ side, pattern }) => `${pattern} in what the ${side} sends`,
    datagrams: ({ side, count }) => ranged(count, ['datagram', 'datagrams'], ` of the ${side}`),
    answered: ({ count }) => ranged(count, ['answered datagram', 'answered datagrams'], ' of the client'),
    'datagram-fate': ({ fate, count }) => ranged(count, ['datagram', 'datagrams'], fates[fate]),
    unreachable: ({ count }) => ranged(count, ['error of ICMP', 'errors of ICMP'], ' about datagrams'),
  },
  found: (packet) => ({
    nobody: () => 'the capture has no connection',
    connections: ({ count, first }) =>
      thereAre(
        count,
        first.map(({ end, packet: number }) => `from ${end} (packet ${number})`),
      ),
    connected: ({ end, packet: name }) => `${end} connected: ${packet(name)} completes the handshake`,
    refused: ({ place, packet: name }) =>
      `${packet(name)} refuses the connection, as where nothing listens on ${place}`,
    unanswered: ({ lacks, packet: name }) => `no ${lacks} follows ${packet(name)}`,
    open: ({ packet: name }) => `it is open still after ${packet(name)}`,
    ended: ({ packet: name }) => `${packet(name)} ends it`,
    'ended-by-both': ({ packet: name, other }) => `${packet(name)} crosses ${packet(other)}: both end it at once`,
    'no-fin': ({ side, packet: name }) => `the ${side} has sent no FIN after ${packet(name)}`,
    'fin-not-acknowledged': ({ packet: name }) => `not both FINs are acknowledged after ${packet(name)}`,
    packet: ({ packet: name, isOnly }) => `${isOnly ? 'only ' : ''}${packet(name)}`,
    none: () => 'there is none',
    packets: ({ count, first }) => thereAre(count, first.map(packet)),
    'sent-nothing': ({ side }) => `the ${side} sent nothing`,
    sent: ({ firstPacket: first, lastPacket: last, text, isCutBefore, isCutAfter }) => {
      const where = first === last ? `packet ${first}` : `packets ${first} to ${last}`;
      return `in ${where} it sent ${isCutBefore ? '…' : ''}${JSON.stringify(text)}${isCutAfter ? '…' : ''}`;
    },
    'no-datagrams': () => 'the capture has no datagram',
    datagrams: ({ count, first }) => thereAre(count, first.map(datagram)),
    answered: ({ count, of, unanswered }) =>
      `of ${countOf(of, 'datagram')} ${count} ${count === 1 ? 'was' : 'were'} answered` +
      (unanswered.length === 0 ? '' : `; no answer follows ${unanswered.map(datagram).join(', ')}`) +
      (of - count > unanswered.length ? ', …' : ''),
    'datagram-errors': ({ count, first }) =>
      thereAre(
        count,
        first.map(
          ({ packet: number, by, reason, place }) => `packet ${number} (ICMP of ${by}: ${reasons[reason](place)})`,
        ),
      ),
  }),
  packet: ({ number, flags, from, afterMs }) =>
    `packet ${number} (${flags || 'no flags'} of the ${from}, ${shortDuration(afterMs)} after the first)`,
  beforeCapture: 'a packet before the capture',
  colon: ':',
  semicolon: ';',
});

const fates = {
  lost: ' that did not arrive',
  duplicated: ' that came twice',
  reordered: ' that came out of order',
  fragmented: ' in fragments',
} as const;

const reasons = {
  network: (place) => `there is no way to ${place}`,
  host: (place) => `the machine of ${place} does not answer`,
  protocol: (place) => `there is no UDP at ${place}`,
  port: (place) => `no program has UDP port ${place}`,
  prohibited: (place) => `a firewall forbids ${place}`,
  hops: (place) => `there are too many routers on the way to ${place}`,
  reassembly: (place) => `a fragment for ${place} did not come`,
  other: (place) => `${place} was not reached`,
} as const satisfies Record<DatagramErrorName['reason'], (place: string) => string>;

/** `packet 3 (12 bytes of the client, 1.50 ms after the first)`. */
function datagram({ number, from, length, afterMs }: DatagramName): string {
  return `packet ${number} (${countOf(length, 'byte')} of the ${from}, ${shortDuration(afterMs)} after the first)`;
}

/** `at least 8 datagrams of the client`. */
function ranged({ least, most }: CountRange, [one, many]: readonly [string, string], of: string): string {
  const counted = (count: number): string => `${count} ${count === 1 ? one : many}`;
  if (most === 0) return `no ${one}${of}`;
  if (least === most) return `${counted(least)}${of}`;
  if (most === undefined) return `at least ${counted(least)}${of}`;
  return least === 0 ? `at most ${counted(most)}${of}` : `${least} to ${counted(most)}${of}`;
}

/** `there are 7: a, b, c, …`: the first few of a list that is not empty. */
function thereAre(count: number, first: readonly string[]): string {
  return `there ${count === 1 ? 'is 1' : `are ${count}`}: ${first.join(', ')}${count > first.length ? ', …' : ''}`;
}

/** `0.29 ms`, `212 ms`, `1.5 s`: packets of one network follow each other within microseconds. */
function shortDuration(ms: number): string {
  return ms < 10 ? `${ms.toFixed(2)} ms` : formatDuration(ms);
}
