import { countOf, formatDuration } from '../../core/text/amounts.ts';
import { packetWords } from './packet-words.ts';

/** What a `tcp` step wanted and found, in English. */
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
    payload: ({ side, pattern }) => `${pattern} in what the ${side} sends`,
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
  }),
  packet: ({ number, flags, from, afterMs }) =>
    `packet ${number} (${flags || 'no flags'} of the ${from}, ${shortDuration(afterMs)} after the first)`,
  beforeCapture: 'a packet before the capture',
  colon: ':',
  semicolon: ';',
});

/** `there are 7: a, b, c, …`: the first few of a list that is not empty. */
function thereAre(count: number, first: readonly string[]): string {
  return `there ${count === 1 ? 'is 1' : `are ${count}`}: ${first.join(', ')}${count > first.length ? ', …' : ''}`;
}

/** `0.29 ms`, `212 ms`, `1.5 s`: packets of one network follow each other within microseconds. */
function shortDuration(ms: number): string {
  return ms < 10 ? `${ms.toFixed(2)} ms` : formatDuration(ms);
}
