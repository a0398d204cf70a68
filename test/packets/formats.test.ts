import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CaptureReading } from '../../src/packets/capture-reading.ts';
import { readCapture, readConversations } from '../../src/packets/read-capture.ts';
import { captureBytes, packetsOf, pcapngOf, pcapOf, type MadePacket } from '../helpers/packets/capture-files.ts';

const packets = packetsOf(captureBytes('normal'));
const expected = readConversations(captureBytes('normal'));

/** The same packets with other bytes before their IP header. */
function behind(header: (etherType: number) => readonly number[]): MadePacket[] {
  return packets.map(({ timeMs, data }) => ({
    timeMs,
    data: Buffer.concat([Buffer.from(header(data[12]! * 256 + data[13]!)), data.subarray(14)]),
  }));
}

const bytes = (etherType: number): readonly number[] => [etherType >> 8, etherType & 255];
const zeros = (count: number): readonly number[] => Array<number>(count).fill(0);

function facts(reading: CaptureReading): Omit<CaptureReading, 'conversations'> & { readonly conversations: number } {
  return { ...reading, conversations: reading.conversations.length };
}

test('every file format and byte order gives the same conversations', () => {
  const files = {
    'big-endian pcap': pcapOf(packets, { bigEndian: true }),
    'nanosecond pcap': pcapOf(packets, { nanoseconds: true }),
    'big-endian nanosecond pcap': pcapOf(packets, { bigEndian: true, nanoseconds: true }),
    pcapng: pcapngOf(packets),
    'big-endian pcapng': pcapngOf(packets, { bigEndian: true }),
    'two sections of different byte order': Buffer.concat([
      pcapngOf(packets.slice(0, 5)),
      pcapngOf(packets.slice(5), { bigEndian: true }),
    ]),
  };
  for (const [name, file] of Object.entries(files)) assert.deepEqual(readConversations(file), expected, name);
});

test('every link layer gives the same conversations', () => {
  const files = {
    'Ethernet with a VLAN tag': pcapOf(behind((type) => [...zeros(12), 0x81, 0, 0, 5, ...bytes(type)])),
    'Ethernet with two VLAN tags': pcapOf(
      behind((type) => [...zeros(12), 0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, ...bytes(type)]),
    ),
    'Linux cooked': pcapOf(
      behind((type) => [...zeros(14), ...bytes(type)]),
      { linkType: 113 },
    ),
    'Linux cooked 2': pcapOf(
      behind((type) => [...bytes(type), ...zeros(18)]),
      { linkType: 276 },
    ),
    'raw IP': pcapOf(
      behind(() => []),
      { linkType: 101 },
    ),
    'raw IPv4': pcapOf(
      behind(() => []),
      { linkType: 228 },
    ),
    'BSD loopback': pcapOf(
      behind(() => [2, 0, 0, 0]),
      { linkType: 0 },
    ),
    'pcapng of raw IP': pcapngOf(
      behind(() => []),
      { linkType: 101 },
    ),
  };
  for (const [name, file] of Object.entries(files)) assert.deepEqual(readConversations(file), expected, name);
});

/** What a reading says of packets that are no TCP, where there are none. */
const nothingElse = {
  places: [],
  datagrams: [],
  icmp: [],
  datagramPackets: 0,
  icmpPackets: 0,
  arp: [],
  arpPackets: 0,
  joinedFragments: 0,
};

test('packets of an unknown link layer are counted, not guessed at', () => {
  assert.deepEqual(facts(readCapture(pcapOf(packets, { linkType: 195 }))), {
    format: 'pcap',
    cutShort: false,
    conversations: 0,
    packets: 14,
    otherPackets: 14,
    fragments: 0,
    malformed: 0,
    truncated: 0,
    ...nothingElse,
  });
});

test('IPv6 extension headers before TCP are passed over', () => {
  const ipv6 = packetsOf(captureBytes('ipv6'));
  const extended = ipv6.map(({ timeMs, data }): MadePacket => {
    const headers = Buffer.from([60, 1, ...zeros(14), 51, 0, ...zeros(6), 6, 2, ...zeros(14)]);
    const copy = Buffer.concat([data.subarray(0, 54), headers, data.subarray(54)]);
    copy.writeUInt16BE(copy.readUInt16BE(18) + headers.byteLength, 18);
    copy[20] = 0;
    return { timeMs, data: copy };
  });
  assert.deepEqual(readConversations(pcapOf(extended)), readConversations(captureBytes('ipv6')));
  assert.equal(readConversations(captureBytes('ipv6'))[0]!.server.address, 'fd09::2');
});

test('addresses are written as RFC 5952 wants', () => {
  const [packet] = packetsOf(captureBytes('ipv6'));
  const addressed = (address: string): string => {
    const data = Buffer.from(packet!.data);
    Buffer.from(address.replaceAll(' ', ''), 'hex').copy(data, 38);
    return readConversations(pcapOf([{ timeMs: 0, data }]))[0]!.server.address;
  };
  assert.equal(addressed('2001 0db8 0000 0000 0001 0000 0000 0001'), '2001:db8::1:0:0:1');
  assert.equal(addressed('2001 0db8 0000 0001 0001 0001 0001 0001'), '2001:db8:0:1:1:1:1:1');
  assert.equal(addressed('0000 0000 0000 0000 0000 0000 0000 0000'), '::');
  assert.equal(addressed('0000 0000 0000 0000 0000 ffff c0a8 6404'), '::ffff:192.168.100.4');
});

test('fragments of IP packets are reported, and not taken for segments', () => {
  const fragmented = packets.map(({ timeMs, data }, index): MadePacket => {
    const copy = Buffer.from(data);
    if (index === 3) copy[20] = 0x20;
    if (index === 5) copy[21] = 7;
    return { timeMs, data: copy };
  });
  const reading = readCapture(pcapOf(fragmented));
  assert.deepEqual([reading.fragments, reading.conversations[0]!.conversation.segments.length], [2, 12]);
});

test('packets that the capture cut keep their length, and say that they are cut', () => {
  const cut = packets.map(({ timeMs, data }): MadePacket => ({
    timeMs,
    data: data.subarray(0, 70),
    originalLength: data.byteLength,
  }));
  const reading = readCapture(pcapOf(cut));
  const [{ conversation }] = reading.conversations as [CaptureReading['conversations'][0]];
  assert.deepEqual(
    conversation.segments.map(({ length }) => length),
    expected[0]!.segments.map(({ length }) => length),
  );
  assert.deepEqual(
    [reading.truncated, conversation.segments[3]!.truncated, conversation.segments[3]!.text],
    [8, true, 'Hell'],
  );
});

test('padding behind a short segment is no payload', () => {
  const padded = packets.map(({ timeMs, data }): MadePacket => ({
    timeMs,
    data: Buffer.concat([data, Buffer.from('padding')]),
  }));
  assert.deepEqual(readConversations(pcapOf(padded)), expected);
});

test('a file that is still being written, or was cut, is read as far as it goes', () => {
  for (const file of [pcapOf(packets), pcapngOf(packets)]) {
    for (const missing of [1, 7, 30, 120]) {
      const reading = readCapture(file.subarray(0, file.byteLength - missing));
      assert.ok(reading.cutShort && reading.packets < 14 && reading.packets >= 12, `${missing} bytes are missing`);
    }
    assert.equal(readCapture(file).cutShort, false);
  }
});

test('what is no capture has no packets and no format', () => {
  for (const file of [
    Buffer.alloc(0),
    Buffer.from('abc'),
    Buffer.from('#!/bin/sh\necho hello\n'),
    Buffer.alloc(1000, 255),
  ]) {
    assert.deepEqual(facts(readCapture(file)), {
      format: undefined,
      cutShort: false,
      conversations: 0,
      packets: 0,
      otherPackets: 0,
      fragments: 0,
      malformed: 0,
      truncated: 0,
      ...nothingElse,
    });
  }
});
