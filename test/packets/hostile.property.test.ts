import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { conversationText } from '../../src/packets/conversation-text.ts';
import { mergeCaptures } from '../../src/packets/file/merge-captures.ts';
import { readCapture } from '../../src/packets/read-capture.ts';
import {
  captureBytes,
  captureNames,
  framesOf,
  packetsOf,
  pcapngOf,
  pcapOf,
  type MadeSegment,
} from '../helpers/packets/capture-files.ts';
import { datagramOf, fragmentsOf, frameOfIp, icmpOf, ipOf } from '../helpers/packets/ip-packets.ts';

/** Whatever the bytes are: it ends, nothing is thrown, and what comes out holds together. */
function assertSound(bytes: Uint8Array): void {
  const reading = readCapture(bytes);
  const segments = reading.conversations.flatMap(({ conversation }) => conversation.segments);
  assert.equal(
    segments.length +
      reading.datagramPackets +
      reading.icmpPackets +
      reading.arpPackets +
      reading.otherPackets +
      reading.fragments +
      reading.joinedFragments +
      reading.malformed,
    reading.packets,
    'every packet is accounted for',
  );
  assert.equal(new Set(segments.map(({ packet }) => packet)).size, segments.length);
  for (const { datagrams, sent, durationMs, answered } of reading.datagrams) {
    assert.ok(datagrams.length > 0 && durationMs >= 0 && answered <= sent.client.datagrams);
    for (const { length, text, pieces, number } of datagrams)
      assert.ok(length >= 0 && text.length <= 200 && pieces > 0 && number > 0);
  }
  for (const traced of reading.conversations) {
    const { conversation } = traced;
    assert.ok(conversation.segments.length > 0);
    for (const { length, ack, flags, window, text } of conversation.segments) {
      assert.ok(length >= 0 && window >= 0 && (ack === undefined) === !flags.includes('ACK') && text.length <= 200);
    }
    assert.ok(
      traced.payload('client').bytes.byteLength <= bytes.byteLength &&
        traced.payload('server').bytes.byteLength <= bytes.byteLength,
    );
    assert.ok(!/[\0-\x09\x0b-\x1f\x7f-\x9f]/.test(conversationText(conversation)), 'nothing drives the terminal');
  }
  mergeCaptures([
    { bytes, offsetMs: 5 },
    { bytes: captureBytes('refused'), offsetMs: 0 },
  ]);
}

const options = { numRuns: 300 };

test('arbitrary bytes are read without an error', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), assertSound), options);
});

test('arbitrary bytes behind the header of a capture file are read without an error', () => {
  const headers = [
    pcapOf([]),
    pcapOf([], { bigEndian: true }),
    pcapOf([], { linkType: 276 }),
    pcapngOf([]),
    pcapngOf([], { bigEndian: true }),
  ];
  fc.assert(
    fc.property(fc.constantFrom(...headers), fc.uint8Array({ maxLength: 400 }), (header, bytes) =>
      assertSound(Buffer.concat([header, bytes])),
    ),
    options,
  );
});

test('arbitrary packets of every link type are read without an error', () => {
  const linkType = fc.constantFrom(0, 1, 12, 101, 108, 113, 228, 229, 276);
  const packet = fc.tuple(
    fc.constantFrom('', '0800450000', '86dd60', '81000001', '45000028', '60000000'),
    fc.uint8Array({ maxLength: 120 }),
  );
  fc.assert(
    fc.property(linkType, fc.array(packet, { maxLength: 8 }), fc.nat(20), (type, made, shift) => {
      const packets = made.map(([start, rest], index) => ({
        timeMs: index,
        data: Buffer.concat([Buffer.alloc(shift), Buffer.from(start, 'hex'), rest]),
        originalLength: 60,
      }));
      assertSound(pcapOf(packets, { linkType: type }));
    }),
    options,
  );
});

test('real captures with damaged bytes are read without an error', () => {
  const small = captureNames.filter((name) => captureBytes(name).byteLength < 10_000);
  const damage = fc.array(fc.tuple(fc.nat(10_000), fc.nat(255)), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(fc.constantFrom(...small), fc.boolean(), damage, (name, asPcapng, changes) => {
      const packets = packetsOf(captureBytes(name));
      const bytes = Buffer.from(asPcapng ? pcapngOf(packets) : pcapOf(packets));
      for (const [at, value] of changes) bytes[at % bytes.byteLength] = value;
      assertSound(bytes);
    }),
    options,
  );
});

const datagramPackets = [
  ipOf(datagramOf({ from: '10.0.0.1', to: '10.0.0.2', ports: [4000, 7999], data: 'hello', id: 1 })),
  ...fragmentsOf(
    datagramOf({ from: '10.0.0.1', to: '10.0.0.2', ports: [4000, 7999], data: 'x'.repeat(90), id: 2 }),
    24,
  ),
  ...fragmentsOf(datagramOf({ from: 'fd00::1', to: 'fd00::2', ports: [4000, 7999], data: 'x'.repeat(90), id: 2 }), 24),
];
const messages = [
  ...[3, 8, 11, 5].map((type) =>
    icmpOf({ from: '10.0.0.2', to: '10.0.0.1', type, code: 3, body: datagramPackets[0]! }),
  ),
  ...[1, 2, 3, 128, 134, 135, 136].map((type) =>
    icmpOf({ from: 'fd00::2', to: 'fd00::1', type, body: datagramPackets.at(-1)! }),
  ),
].map(ipOf);

test('datagrams, fragments and messages with damaged bytes, in any order, are read without an error', () => {
  const all = [...datagramPackets, ...messages];
  const damage = fc.array(fc.tuple(fc.nat(150), fc.nat(255)), { maxLength: 3 });
  const packet = fc.tuple(fc.constantFrom(...all), damage, fc.nat(40));
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 20 }), (made) => {
      const packets = made.map(([bytes, changes, cut], index) => {
        const copy = Buffer.from(bytes);
        for (const [at, value] of changes) copy[at % copy.byteLength] = value;
        const frame = frameOfIp(copy, index);
        return cut === 0 ? { ...frame, data: frame.data.subarray(0, 30), originalLength: 60 } : frame;
      });
      assertSound(pcapOf(packets));
    }),
    options,
  );
});

test('segments with arbitrary numbers and flags are read without an error', () => {
  const number = fc.oneof(
    fc.integer({ min: 0, max: 0xffff_ffff }),
    fc.constantFrom(0, 1, 2, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff),
  );
  const segment = fc.record({
    from: fc.constantFrom('client', 'server'),
    flags: fc.subarray(['F', 'S', 'R', 'P', 'A', 'U']).map((flags) => flags.join('')),
    seq: number,
    ack: number,
    payload: fc.string({ maxLength: 5 }),
    window: fc.nat(65_535),
  });
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 30 }), (segments) =>
      assertSound(pcapOf(framesOf(segments as MadeSegment[]))),
    ),
    options,
  );
});

test('a capture that is made to be slow is not', () => {
  const hostile: Record<string, MadeSegment[]> = {
    'nothing is ever acknowledged, in no order': Array.from({ length: 40_000 }, (_, index): MadeSegment => ({
      from: index % 2 === 0 ? 'client' : 'server',
      flags: 'A',
      seq: 1e6 + ((index * 7919) % 90_000) * 3,
      ack: 1,
      payload: 'abc',
    })),
    'every byte comes before its turn': Array.from({ length: 40_000 }, (_, index): MadeSegment => ({
      from: 'client',
      flags: 'A',
      seq: 1e6 - 2 * index,
      ack: 1,
      payload: 'a',
    })),
    'every packet is a conversation': Array.from({ length: 40_000 }, (_, index): MadeSegment => ({
      from: 'client',
      flags: 'S',
      seq: index * 10,
      clientPort: index,
    })),
  };
  for (const [name, segments] of Object.entries(hostile)) {
    const bytes = pcapOf(framesOf(segments));
    const started = performance.now();
    assert.equal(readCapture(bytes).packets, 40_000);
    // A quadratic reader takes minutes.
    assert.ok(performance.now() - started < 20_000, name);
  }
});

test('the speed of the decoder, for the record', (context) => {
  const line = 'All work and no play makes Jack a dull boy\n'.repeat(34).slice(0, 1448);
  const segments = Array.from({ length: 20_000 }, (_, index): MadeSegment[] => [
    { from: 'client', flags: 'A', seq: index * 1448, ack: 1, payload: line },
    ...(index % 2 === 0 ? [] : [{ from: 'server' as const, flags: 'A', seq: 1, ack: (index + 1) * 1448 }]),
  ]).flat();
  const bytes = pcapOf(framesOf(segments));
  const times = Array.from({ length: 3 }, () => {
    const started = performance.now();
    readCapture(bytes);
    return performance.now() - started;
  });
  const best = Math.min(...times);
  context.diagnostic(
    `${(bytes.byteLength / 1e3 / best).toFixed(0)} MB/s, ${(segments.length / best).toFixed(0)} packets a millisecond`,
  );
});
