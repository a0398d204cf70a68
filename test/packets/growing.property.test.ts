import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CaptureDecoder } from '../../src/packets/capture-decoder.ts';
import type { CaptureReading } from '../../src/packets/capture-reading.ts';
import type { CaptureFile } from '../../src/packets/file/captured-packet.ts';
import { GrowingFile } from '../../src/packets/file/capture-file.ts';
import { mergeCaptures } from '../../src/packets/file/merge-captures.ts';
import { MergedFeed } from '../../src/packets/file/merged-feed.ts';
import { FileFeed } from '../../src/packets/file/packet-feed.ts';
import { readCapture } from '../../src/packets/read-capture.ts';
import {
  captureBytes,
  captureNames,
  framesOf,
  packetsOf,
  pcapngOf,
  pcapOf,
  type MadePacket,
  type MadeSegment,
} from '../helpers/packets/capture-files.ts';
import { datagramOf, fragmentsOf, frameOfIp, icmpOf, ipOf } from '../helpers/packets/ip-packets.ts';

const hints = {
  machines: new Map([
    ['10.0.0.1', 'vm2'],
    ['10.0.0.2', 'vm1'],
    ['fd00::1', 'vm2'],
  ]),
  listeningPorts: new Set([7999]),
  datagramPorts: new Set([7999]),
};

/** A reading as plain data, with what each side sent. */
function plain({ conversations, ...counts }: CaptureReading): unknown {
  return {
    ...counts,
    conversations: conversations.map(({ conversation, payload }) => ({
      conversation,
      client: payload('client'),
      server: payload('server'),
    })),
  };
}

/** In pieces of these sizes, in turn; the rest is the last piece. */
function piecesOf(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let offset = 0;
  for (const size of sizes) {
    pieces.push(bytes.subarray(offset, offset + size));
    offset += size;
  }
  return [...pieces, bytes.subarray(offset)].filter((piece) => piece.byteLength > 0);
}

const sequenceNumber = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 95, max: 110 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff) },
);

/** Segments that a real connection might have in this or another order, and some that none would. */
const segment = fc.record({
  from: fc.constantFrom<MadeSegment['from']>('client', 'server'),
  flags: fc.constantFrom('S', 'SA', 'A', 'PA', 'FA', 'F', 'R', 'RA', '', 'SF'),
  seq: sequenceNumber,
  ack: sequenceNumber,
  payload: fc.constantFrom('', '', 'a', 'hello', 'déjà vu'),
  window: fc.constantFrom(0, 1000, 1000, 65_535),
  clientPort: fc.constantFrom(40_000, 40_000, 40_001, 7999),
  sack: fc.constantFrom<MadeSegment['sack']>(undefined, undefined, undefined, [100, 110]),
  timeMs: fc.integer({ min: -20, max: 40 }),
});

const madePackets = fc
  .array(segment, { maxLength: 25 })
  .map((segments): MadePacket[] =>
    framesOf(segments.map((one, index) => ({ ...one, timeMs: 5 * index + one.timeMs }))),
  );
/** Datagrams, whole and in pieces, and messages about them: in any order, and some twice. */
const madeDatagrams = fc
  .array(
    fc.record({
      data: fc.constantFrom('', 'hello', 'x'.repeat(40), 'déjà vu'),
      id: fc.constantFrom(0, 0, 1, 2),
      isAnswer: fc.boolean(),
      isV6: fc.boolean(),
      size: fc.constantFrom(0, 0, 16, 24),
      isRefused: fc.boolean(),
      timeMs: fc.integer({ min: -20, max: 40 }),
      repeats: fc.constantFrom(1, 1, 1, 2),
    }),
    { maxLength: 10 },
  )
  .map((datagrams): MadePacket[] =>
    datagrams.flatMap(({ data, id, isAnswer, isV6, size, isRefused, timeMs, repeats }, index) => {
      const [near, far] = isV6 ? ['fd00::1', 'fd00::2'] : ['10.0.0.1', '10.0.0.2'];
      const made = datagramOf({
        ...(isAnswer ? { from: far, to: near, ports: [7999, 40_000] } : { from: near, to: far, ports: [40_000, 7999] }),
        data,
        id,
      });
      const pieces = size === 0 ? [ipOf(made)] : fragmentsOf(made, size);
      const refused = isRefused
        ? [ipOf(icmpOf({ from: far, to: near, type: isV6 ? 1 : 3, code: 3, body: ipOf(made) }))]
        : [];
      const all = Array.from({ length: repeats }, () => [...pieces, ...refused]).flat();
      return all.map((bytes, at) => frameOfIp(bytes, 5 * index + at + timeMs));
    }),
  );
const storedPackets = fc.constantFrom(...captureNames).map((name) => packetsOf(captureBytes(name)));
const packets = fc.oneof(madePackets, madeDatagrams, storedPackets);

const asFile = fc.constantFrom<(packets: readonly MadePacket[]) => Uint8Array>(
  (all) => pcapOf(all),
  (all) => pcapOf(all, { bigEndian: true, nanoseconds: true }),
  (all) => pcapOf(all, { linkType: 113 }),
  (all) => pcapngOf(all),
  (all) => Buffer.concat([pcapngOf(all), pcapngOf(all.slice(1), { bigEndian: true, linkType: 101 })]),
);
const damage = fc.array(fc.tuple(fc.nat(20_000), fc.nat(255)), { maxLength: 3 });

/** A capture file, as a rule a sound one. */
const file = fc
  .tuple(packets, asFile, fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: damage }))
  .map(([all, write, changes]) => {
    const bytes = Buffer.from(write(all));
    for (const [at, value] of changes) bytes[at % bytes.byteLength] = value;
    return bytes;
  });
const sizes = fc.array(fc.oneof(fc.nat(30), fc.nat(400), fc.nat(4000)), { maxLength: 12 });

test('a capture that comes in pieces, cut anywhere, is at each look what the whole decoder says of it so far', () => {
  fc.assert(
    fc.property(file, sizes, (bytes, cuts) => {
      const growing = new GrowingFile();
      const decoder = new CaptureDecoder(new FileFeed(growing), hints);
      for (const piece of piecesOf(bytes, cuts)) {
        growing.append(piece);
        assert.deepEqual(plain(decoder.look()), plain(readCapture(growing.bytes, hints)));
      }
    }),
    { numRuns: 400 },
  );
});

const places = ['vm1', 'vm2', 'r'].map((machine) => ({ machine, interface: 'eth0', filter: 'udp port 7999' }));

test('captures of several machines that come in pieces are at each look what the whole decoder says of them when they are joined', () => {
  /** What each machine captured of all packets, how far its clock is ahead, and how its file comes. */
  const machine = fc.record({ offsetMs: fc.constantFrom(0, 0, 7, -1000.5), write: asFile, cuts: sizes });
  fc.assert(
    fc.property(
      packets,
      fc.array(machine, { minLength: 1, maxLength: 3 }),
      fc.record({ whose: fc.array(fc.nat(2), { minLength: 1, maxLength: 60 }), placed: fc.boolean() }),
      fc.array(fc.nat(2), { maxLength: 60 }),
      (all, machines, { whose, placed }, turns) => {
        const files = machines.map(({ offsetMs, write, cuts }, index) => {
          const own = all.filter((_, at) => whose[at % whose.length]! % machines.length === index);
          const ahead = own.map((one) => Object.assign({}, one, { timeMs: one.timeMs + offsetMs }));
          return {
            offsetMs,
            place: placed ? places[index] : undefined,
            file: new GrowingFile(),
            pieces: piecesOf(write(ahead), cuts),
          };
        });
        const decoder = new CaptureDecoder(new MergedFeed(files), hints);
        const check = (): void => {
          const joined = mergeCaptures(files.map((one) => ({ ...one, bytes: one.file.bytes })));
          assert.deepEqual(plain(decoder.look()), plain(readCapture(joined, hints)));
        };
        for (const turn of turns) {
          const { file: grows, pieces } = files[turn % files.length]!;
          grows.append(pieces.shift() ?? new Uint8Array(0));
          check();
        }
        for (const { file: grows, pieces } of files) for (const piece of pieces) grows.append(piece);
        check();
      },
    ),
    { numRuns: 400 },
  );
});

test('states of a connection whose FIN comes before the answer to its SYN are right at each look', () => {
  const growing = new GrowingFile();
  const decoder = new CaptureDecoder(new FileFeed(growing), hints);
  growing.append(pcapOf([]));
  const segments: readonly MadeSegment[] = [
    { from: 'client', flags: 'S', seq: 99 },
    { from: 'client', flags: 'F', seq: 100 },
    { from: 'server', flags: 'SA', seq: 499, ack: 101 },
    { from: 'server', flags: 'FA', seq: 500, ack: 101 },
    { from: 'client', flags: 'A', seq: 101, ack: 501 },
  ];
  for (const frame of framesOf(segments)) {
    growing.append(pcapOf([frame]).subarray(24));
    assert.deepEqual(plain(decoder.look()), plain(readCapture(growing.bytes, hints)));
  }
});

test('a look without new packets is the look before', () => {
  const growing = new GrowingFile();
  const decoder = new CaptureDecoder(new FileFeed(growing), hints);
  growing.append(captureBytes('normal'));
  const first = decoder.look();
  assert.equal(decoder.look(), first);
  growing.append(captureBytes('normal').subarray(24, 30));
  assert.deepEqual([decoder.look().cutShort, decoder.look().conversations[0]], [true, first.conversations[0]]);
});

/** Counts how often a byte of a file is asked for. */
class CountedFile extends GrowingFile implements CaptureFile {
  reads = 0;

  override append(chunk: Uint8Array): void {
    super.append(chunk);
    this.view = new Proxy(this.view, {
      get: (view, name) => {
        const value = Reflect.get(view, name, view) as unknown;
        if (typeof value !== 'function') return value;
        this.reads += 1;
        return value.bind(view) as unknown;
      },
    });
  }
}

/** A connection of which each third segment is the acknowledgement of the two before. */
function longTalk(count: number, clientPort: number): MadeSegment[] {
  const lines = Array.from({ length: count }, (_, index): MadeSegment => {
    const sent = 1 + 10 * Math.floor(index / 3) * 2;
    return index % 3 === 2
      ? { from: 'server', flags: 'A', seq: 500, ack: sent + 20, clientPort }
      : { from: 'client', flags: 'PA', seq: sent + 10 * (index % 3), ack: 500, payload: 'All work. ', clientPort };
  });
  return [
    { from: 'client', flags: 'S', seq: 0, clientPort },
    { from: 'server', flags: 'SA', seq: 499, ack: 1, clientPort },
    { from: 'client', flags: 'A', seq: 1, ack: 500, clientPort },
    ...lines,
  ];
}

test('a look decodes only the packets that are new: however many looks there are, each is decoded once', () => {
  const all = framesOf(longTalk(600, 40_000));
  const reads = (packetsAtOnce: number): number => {
    const counted = new CountedFile();
    counted.append(pcapOf([]));
    const decoder = new CaptureDecoder(new FileFeed(counted), {});
    let segments: readonly unknown[] = [];
    for (let at = 0; at < all.length; at += packetsAtOnce) {
      counted.append(pcapOf(all.slice(at, at + packetsAtOnce)).subarray(24));
      const { conversation } = decoder.look().conversations[0]!;
      // The states of the handshake's segments turn out with the packets after them.
      if (at > 5) assert.ok(segments.slice(5).every((one, index) => one === conversation.segments[index + 5]));
      segments = [...conversation.segments];
    }
    assert.equal(segments.length, all.length);
    return counted.reads;
  };
  const [once, each] = [reads(all.length), reads(1)];
  // Besides each packet a look asks for the header of the file and the two addresses.
  assert.ok(each < once + 40 * all.length, `${each} reads for ${all.length} looks, ${once} for one`);
});

test('packets that come late from another machine move those behind them, and decode nothing again', () => {
  const files = [new CountedFile(), new CountedFile()];
  const decoder = new CaptureDecoder(new MergedFeed(files.map((one) => ({ file: one, offsetMs: 0 }))), {});
  const talks = [framesOf(longTalk(400, 40_000)), framesOf(longTalk(400, 40_001))];
  for (const one of files) one.append(pcapOf([]));
  // The second machine is always five packets behind.
  for (let at = 0; at < 405; at++) {
    for (const [index, one] of files.entries()) {
      const packet = talks[index]![at - 5 * index];
      if (packet !== undefined) one.append(pcapOf([packet]).subarray(24));
    }
    decoder.look();
  }
  const looks = files[0]!.reads;
  const joined = mergeCaptures(files.map(({ bytes }) => ({ bytes, offsetMs: 0 })));
  assert.deepEqual(plain(decoder.look()), plain(readCapture(joined)));
  const whole = new CountedFile();
  whole.append(files[0]!.bytes);
  new CaptureDecoder(new FileFeed(whole), {}).look();
  assert.ok(looks < whole.reads + 40 * 405, `${looks} reads in looks, ${whole.reads} in one`);
});
