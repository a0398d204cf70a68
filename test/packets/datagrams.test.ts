import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CaptureReading } from '../../src/packets/capture-reading.ts';
import { mergeCaptures } from '../../src/packets/file/merge-captures.ts';
import { readCapture } from '../../src/packets/read-capture.ts';
import type { DatagramConversation } from '../../src/packets/udp/datagram-conversation.ts';
import { pcapOf } from '../helpers/packets/capture-files.ts';
import { datagramOf, fragmentsOf, frameOfIp, icmpOf, ipOf, type MadeIp } from '../helpers/packets/ip-packets.ts';

const client = '10.0.0.1';
const server = '10.0.0.2';
const hints = {
  machines: new Map([
    [client, 'vm2'],
    [server, 'vm1'],
  ]),
  datagramPorts: new Set([7999]),
};

function fromClient(data: string, id = 0): MadeIp {
  return datagramOf({ from: client, to: server, ports: [40_000, 7999], data, id });
}

function fromServer(data: string, id = 0): MadeIp {
  return datagramOf({ from: server, to: client, ports: [7999, 40_000], data, id });
}

/** When a packet passed by, in milliseconds, and its bytes. */
type Passing = readonly [timeMs: number, packet: MadeIp | Buffer];

function fileOf(passings: readonly Passing[]): Uint8Array {
  return pcapOf(passings.map(([timeMs, packet]) => frameOfIp('from' in packet ? ipOf(packet) : packet, timeMs)));
}

function only({ datagrams }: CaptureReading): DatagramConversation {
  assert.equal(datagrams.length, 1);
  return datagrams[0]!;
}

/** As one machine captured it. */
function atOnePlace(...passings: Passing[]): DatagramConversation {
  return only(readCapture(fileOf(passings), hints));
}

/** As both machines captured it. */
function atBothEnds(vm2: readonly Passing[], vm1: readonly Passing[], filter = 'udp port 7999'): DatagramConversation {
  const captures = Object.entries({ vm2, vm1 }).map(([machine, passings]) => ({
    bytes: fileOf(passings),
    offsetMs: 0,
    place: { machine, interface: 'eth0', filter },
  }));
  return only(readCapture(mergeCaptures(captures), hints));
}

test('the server has the port that the lab declares, though it spoke first; else the first to send is the client', () => {
  const { sidesKnownBy, client: one } = atOnePlace([0, fromServer('who is there?')], [1, fromClient('me')]);
  assert.deepEqual([sidesKnownBy, one.machine, one.port], ['listening-port', 'vm2', 40_000]);
  const unknown = only(readCapture(fileOf([[0, fromServer('hello')]])));
  assert.deepEqual(
    [unknown.sidesKnownBy, unknown.client.address, unknown.client.machine],
    ['first-datagram', server, undefined],
  );
});

test('an answer belongs to the request whose text it repeats, or to the oldest that was sent with the latest', () => {
  const answered = (...passings: Passing[]): (number | undefined)[] => {
    const { datagrams } = atOnePlace(...passings);
    return datagrams
      .filter(({ from }) => from === 'client')
      .map(({ answeredBy }) => datagrams.findIndex(({ packet }) => packet === answeredBy?.packet))
      .map((place) => (place < 0 ? undefined : datagrams[place]!.number));
  };
  const inTurn: Passing[] = [
    [0, fromClient('one')],
    [1, fromServer('1')],
    [500, fromClient('two')],
    [501, fromServer('2')],
  ];
  assert.deepEqual(answered(...inTurn), [1, 2]);
  const atOnce: Passing[] = [
    [0, fromClient('one')],
    [1, fromClient('two')],
    [40, fromServer('1')],
    [41, fromServer('2')],
  ];
  assert.deepEqual(answered(...atOnce), [1, 2]);
  const repeated: Passing[] = [
    [0, fromClient('one')],
    [1000, fromClient('one')],
    [1001, fromServer('1')],
  ];
  assert.deepEqual(answered(...repeated), [undefined, 1], 'the first was not answered for a second');
  const echo: Passing[] = [
    [0, fromClient('one')],
    [1, fromClient('two')],
    [2, fromServer('echo two')],
  ];
  assert.deepEqual(answered(...echo), [undefined, 1]);
  const talkative: Passing[] = [
    [0, fromClient('list')],
    [1, fromServer('a')],
    [2, fromServer('b')],
    [3, fromClient('x')],
  ];
  assert.deepEqual(answered(...talkative), [1, undefined], 'one answer each');
});

test('at both ends it is known what was lost, in both directions, and what is lost is not answered', () => {
  const { sent, answered, datagrams, isSeenAtBothEnds } = atBothEnds(
    [
      [0, fromClient('a', 1)],
      [10, fromClient('b', 2)],
      [20, fromClient('c', 3)],
      [22, fromServer('C', 8)],
    ],
    [
      [1, fromClient('a', 1)],
      [2, fromServer('A', 7)],
      [21, fromClient('c', 3)],
      [21, fromServer('C', 8)],
    ],
  );
  assert.ok(isSeenAtBothEnds);
  assert.deepEqual([sent.client.datagrams, sent.client.lost, sent.server.datagrams, sent.server.lost], [3, 1, 2, 1]);
  assert.equal(answered, 1);
  assert.deepEqual(
    datagrams.map(({ from, number, marks }) => `${from} ${number} ${marks.join()}`),
    ['client 1 ', 'server 1 lost', 'client 2 lost', 'client 3 ', 'server 2 '],
  );
  assert.deepEqual(datagrams.at(-1)!.arrival, { packet: 8, timeMs: 1_700_000_000_022 });
});

function pings(...times: number[]): Passing[] {
  return times.map((timeMs) => [timeMs, fromClient('ping')]);
}

function lost(sent: number[], came: number[]): number[] {
  const { datagrams } = atBothEnds(pings(...sent), pings(...came));
  return datagrams.flatMap(({ marks, number }) => (marks.includes('lost') ? [number] : []));
}

test('of datagrams that look the same, the one is lost after which none came', () => {
  assert.deepEqual(lost([0, 1000, 2000], [1, 2001]), [2]);
  assert.deepEqual(lost([0, 1, 2], [50, 51, 52]), []);
  assert.deepEqual(lost([0, 1000], [1]), [2]);
  // The clock of the server is behind.
  assert.deepEqual(lost([0, 1000], [-5, 995]), []);
});

test('a datagram that comes twice counts once, and one that is overtaken is told', () => {
  const { sent, datagrams } = atBothEnds(
    [
      [0, fromClient('a', 1)],
      [1, fromClient('b', 2)],
      [2, fromClient('c', 3)],
    ],
    [
      [5, fromClient('a', 1)],
      [6, fromClient('a', 1)],
      [7, fromClient('c', 3)],
      [8, fromClient('b', 2)],
    ],
  );
  assert.deepEqual(
    [sent.client.datagrams, sent.client.duplicated, sent.client.reordered, sent.client.lost],
    [3, 1, 1, 0],
  );
  assert.deepEqual(
    datagrams.map(({ number, marks }) => `${number} ${marks.join()}`),
    ['1 ', '2 reordered', '3 ', '1 duplicate'],
  );
});

test('at one place a duplicate is known by the number that its sender gave it, and a loss is not known', () => {
  const twice = atOnePlace([0, fromClient('a', 9)], [1, fromClient('a', 9)]);
  assert.deepEqual(
    [twice.sent.client.datagrams, twice.sent.client.duplicated, twice.sent.client.lost],
    [1, 1, undefined],
  );
  const alike = atOnePlace([0, fromClient('a')], [1, fromClient('a')]);
  assert.deepEqual([alike.sent.client.datagrams, alike.sent.client.duplicated], [2, 0]);
});

test('nothing is lost where a place does not capture these datagrams', () => {
  const { isSeenAtBothEnds, sent } = atBothEnds([[0, fromClient('a')]], [], 'tcp port 7999 or udp port 5000');
  assert.deepEqual([isSeenAtBothEnds, sent.client.datagrams, sent.client.lost], [false, 1, undefined]);
});

test('an ICMP message is told with the datagram that it is about', () => {
  const nobody = fromClient('nobody', 4);
  const about = (type: number, code: number, rest = 0): Buffer =>
    ipOf(icmpOf({ from: server, to: client, type, code, rest, body: ipOf(nobody).subarray(0, 28) }));
  const { errors, datagrams, sent } = atOnePlace(
    [0, fromClient('nobody', 3)],
    [1, nobody],
    [2, about(3, 3)],
    [3, about(3, 4, 1400)],
  );
  assert.deepEqual(
    errors.map(({ message: { kind, reason, mtu }, about: packet }) => [kind, reason, mtu, packet]),
    [
      ['unreachable', 'port', undefined, 2],
      ['packet-too-big', undefined, 1400, undefined],
    ],
  );
  assert.deepEqual([datagrams[0]!.refusedBy, datagrams[1]!.refusedBy, sent.client.refused], [undefined, 3, 1]);
});

test('a message that both machines captured is told once', () => {
  const sent = fromClient('nobody', 4);
  const message = icmpOf({ from: server, to: client, type: 3, code: 3, body: ipOf(sent).subarray(0, 28) });
  const { errors } = atBothEnds(
    [
      [0, sent],
      [3, message],
    ],
    [
      [1, sent],
      [2, message],
    ],
  );
  assert.deepEqual(
    errors.map(({ about, message: { packet } }) => [about, packet]),
    [[1, 3]],
  );
});

/** The fragments of a datagram of 100 bytes, 40 in each. */
const pieces = fragmentsOf(fromClient('x'.repeat(92), 5), 40);

function reassembled(...packets: Buffer[]): [datagrams: number, fragments: number, joined: number] {
  const reading = readCapture(fileOf(packets.map((packet, index) => [index, packet])), hints);
  return [reading.datagramPackets, reading.fragments, reading.joinedFragments];
}

test('fragments make a datagram in any order, and one that comes twice changes nothing', () => {
  const [a, b, c] = pieces as [Buffer, Buffer, Buffer];
  assert.deepEqual(reassembled(a, b, c), [1, 0, 2]);
  assert.deepEqual(reassembled(c, b, a), [1, 0, 2]);
  assert.deepEqual(reassembled(a, a, c, b), [1, 0, 3]);
  assert.deepEqual(reassembled(a, c), [0, 2, 0]);
  const { datagrams } = atOnePlace(...pieces.map((piece, index): Passing => [index, piece]));
  assert.deepEqual(
    [datagrams[0]!.pieces, datagrams[0]!.marks, datagrams[0]!.text],
    [3, ['fragmented'], 'x'.repeat(92)],
  );
});

test('fragments that overlap make nothing, whatever comes after (RFC 5722)', () => {
  for (const made of [
    fromClient('x'.repeat(92), 5),
    datagramOf({ from: 'fd00::1', to: 'fd00::2', ports: [1, 2], data: 'x'.repeat(92), id: 5 }),
  ]) {
    const [a, b, c] = fragmentsOf(made, 40) as [Buffer, Buffer, Buffer];
    const overlap = ipOf({ ...made, payload: made.payload.subarray(32, 72), fragment: { at: 32, more: true } });
    assert.deepEqual(reassembled(a, overlap, b, c), [0, 4, 0]);
    const beyond = ipOf({ ...made, payload: made.payload, fragment: { at: 80, more: true } });
    assert.deepEqual(reassembled(c, beyond, a, b), [0, 4, 0], 'behind the last');
  }
});

test('fragments that come too late, are too long together, or too many, make nothing', () => {
  const [a, b, c] = pieces as [Buffer, Buffer, Buffer];
  const late = readCapture(
    fileOf([
      [0, a],
      [1, b],
      [61_000, c],
    ]),
    hints,
  );
  assert.deepEqual([late.datagramPackets, late.fragments], [0, 3]);
  const ends = ipOf({ ...fromClient('', 6), payload: Buffer.alloc(1400), fragment: { at: 65_528, more: false } });
  assert.deepEqual(reassembled(ends), [0, 1, 0], 'longer than an IP packet can be');
  const many = Array.from({ length: 1500 }, (_, index) => fragmentsOf(fromClient('x'.repeat(92), index), 40)[0]!);
  assert.deepEqual(reassembled(...many, ...pieces.slice(1)), [0, 1502, 0], 'the oldest are given up');
});

test('a TCP segment in fragments is read like any other', () => {
  const segment = Buffer.alloc(60);
  segment.writeUInt16BE(40_000, 0);
  segment.writeUInt16BE(7999, 2);
  segment[12] = 0x50;
  segment[13] = 0x10;
  const made: MadeIp = { from: client, to: server, protocol: 6, payload: segment, id: 3 };
  const { conversations, joinedFragments } = readCapture(
    fileOf(fragmentsOf(made, 24).map((one, at) => [at, one])),
    hints,
  );
  assert.deepEqual(
    [conversations[0]!.conversation.segments.map(({ length, packet }) => [length, packet]), joinedFragments],
    [[[40, 3]], 2],
  );
});
