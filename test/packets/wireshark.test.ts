import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readConversations } from '../../src/packets/read-capture.ts';
import type { Segment, SegmentMark, TcpFlag } from '../../src/packets/conversation.ts';
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
import { captureTraffic, noTraffic } from '../helpers/packets/real-traffic.ts';
import { noTshark, tsharkFields, tsharkVersion } from '../helpers/packets/tshark.ts';

/** What we call the fields `tcp.analysis.…`. */
const analysis: Readonly<Record<SegmentMark, string>> = {
  retransmission: 'retransmission',
  'fast-retransmission': 'fast_retransmission',
  'spurious-retransmission': 'spurious_retransmission',
  'out-of-order': 'out_of_order',
  'lost-before': 'lost_segment',
  'acks-unseen': 'ack_lost_segment',
  'duplicate-ack': 'duplicate_ack',
  'zero-window': 'zero_window',
  'window-full': 'window_full',
  'window-update': 'window_update',
  'zero-window-probe': 'zero_window_probe',
  'zero-window-probe-ack': 'zero_window_probe_ack',
  'keep-alive': 'keep_alive',
  'keep-alive-ack': 'keep_alive_ack',
  'port-reused': 'reused_ports',
};

const flagBits: Readonly<Record<TcpFlag, number>> = {
  FIN: 1,
  SYN: 2,
  RST: 4,
  PSH: 8,
  ACK: 16,
  URG: 32,
  ECE: 64,
  CWR: 128,
};

/** Each field that is compared, and the same of a segment of ours in tshark's notation. */
const fields: Readonly<Record<string, (segment: Segment, stream: number) => string | number>> = {
  'frame.number': ({ packet }) => packet,
  'tcp.stream': (_, stream) => stream,
  // Ours is negative for what was sent before the capture began.
  'tcp.seq': ({ seq }) => seq >>> 0,
  'tcp.seq_raw': ({ rawSeq }) => rawSeq,
  'tcp.len': ({ length }) => length,
  'tcp.window_size': ({ window }) => window,
  'tcp.window_size_value': ({ rawWindow }) => rawWindow,
  'tcp.flags': ({ flags }) =>
    `0x${flags
      .reduce((bits, flag) => bits | flagBits[flag], 0)
      .toString(16)
      .padStart(4, '0')}`,
  'tcp.options.mss_val': ({ options }) => options.mss ?? '',
  'tcp.options.wscale.shift': ({ options }) => options.windowScale ?? '',
  'tcp.options.timestamp.tsval': ({ options }) => options.timestamps?.value ?? '',
  'tcp.options.timestamp.tsecr': ({ options }) => options.timestamps?.echo ?? '',
  'tcp.options.sack_le': ({ options }) => (options.sack ?? []).map(([left]) => left).join(','),
  'tcp.options.sack_re': ({ options }) => (options.sack ?? []).map(([, right]) => right).join(','),
  'tcp.analysis.acks_frame': ({ acknowledges }) => acknowledges?.packet ?? '',
};

/** tshark prints the field also where the flag is not set. */
const acknowledgement = {
  'tcp.ack': ({ ack }: Segment) => ack && ack >>> 0,
  'tcp.ack_raw': ({ rawAck }: Segment) => rawAck,
};

/** A segment as text of all that is compared: what differs is seen in the message of the test. */
type Row = Record<string, string>;

function ours(file: string): Row[] {
  const rows = readConversations(file).flatMap(({ index, segments }) =>
    segments.map((segment): [number, Row] => {
      const plain = Object.entries(fields).map(([field, valueOf]) => [field, String(valueOf(segment, index))] as const);
      const acks = Object.entries(acknowledgement).map(
        ([field, valueOf]) => [field, String(valueOf(segment) ?? '')] as const,
      );
      return [segment.packet, Object.fromEntries([...plain, ...acks, ['marks', marksText(segment.marks)]])];
    }),
  );
  return rows.toSorted(([a], [b]) => a - b).map(([, row]) => row);
}

function tsharks(file: string): Row[] {
  const names = Object.values(analysis).map((name) => `tcp.analysis.${name}`);
  return tsharkFields(file, [...Object.keys(fields), ...Object.keys(acknowledgement), ...names]).map((row) => {
    const marks = Object.entries(analysis)
      .filter(([, name]) => row[`tcp.analysis.${name}`] !== '')
      .map(([mark]) => mark as SegmentMark);
    const hasAck = (Number(row['tcp.flags']) & flagBits.ACK) !== 0;
    const kept = Object.entries(row)
      .filter(([field]) => !names.includes(field))
      .map(([field, value]) => [field, field in acknowledgement && !hasAck ? '' : value]);
    return Object.assign(Object.fromEntries(kept) as Row, { marks: marksText(marks) });
  });
}

/** For tshark a fast retransmission is a retransmission too. Since 4.2 it calls a late segment that it has seen before a retransmission, never out of order. */
function marksText(marks: readonly SegmentMark[]): string {
  const kept = marks.filter(
    (mark) =>
      !(
        mark === 'retransmission' &&
        marks.some((other) => other === 'fast-retransmission' || other === 'spurious-retransmission')
      ),
  );
  const named = tsharkIs40 ? kept : kept.map((mark) => (mark === 'out-of-order' ? 'retransmission' : mark));
  return [...new Set(named)].toSorted().join(' ');
}

const tsharkIs40 = noTshark === false && tsharkVersion().startsWith('4.0.');

function assertAgreement(file: string): void {
  const theirs = tsharks(file);
  assert.ok(theirs.length > 0, 'tshark sees packets');
  assert.deepEqual(ours(file), theirs);
}

test('every field of every packet of the stored captures is as Wireshark reads it', { skip: noTshark }, () => {
  // In one file, since it takes Wireshark some 200 ms to start.
  withFile(pcapOf(captureNames.flatMap((name) => packetsOf(captureBytes(name)))), assertAgreement);
});

test(
  'so it is for traffic that is made now, with lost packets, closed windows, keep-alives and long segments',
  { skip: noTshark || noTraffic },
  async () => {
    const scenarios = [
      'normal',
      'reset',
      'half_close',
      'refused',
      'retransmission',
      'loss',
      'lost_behind',
      'several',
      'ipv6',
      'zero_window',
      'port_reused',
      'plain_options',
      'bulk',
    ];
    using traffic = await captureTraffic(scenarios);
    assertAgreement(traffic.path);
    assert.equal(readConversations(traffic.path).length, 18, 'each connection of the programs is one conversation');
  },
);

test('so it is in every file format', { skip: noTshark }, () => {
  const packets = packetsOf(captureBytes('half-close'));
  const files = [
    pcapOf(packets, { bigEndian: true }),
    pcapOf(packets, { nanoseconds: true }),
    pcapOf(packets, { bigEndian: true, nanoseconds: true }),
    pcapngOf(packets),
    pcapngOf(packets, { bigEndian: true }),
  ];
  for (const bytes of files) withFile(bytes, assertAgreement);
});

test('so it is where the capture began late, has one direction only, or was cut', { skip: noTshark }, () => {
  const packets = packetsOf(captureBytes('lost-behind'));
  const cut = packets.map(({ timeMs, data }): MadePacket => ({
    timeMs,
    data: data.subarray(0, 80),
    originalLength: data.byteLength,
  }));
  const captures = [
    packets.slice(10),
    packets.filter(isFromNear),
    packets.filter((packet) => !isFromNear(packet)),
    cut,
    packets.filter((_, index) => index % 3 !== 1),
  ];
  for (const capture of captures) withFile(pcapOf(capture), assertAgreement);
});

test(
  'so it is after a handshake for segments in any order, with any window, that no kernel would send',
  { skip: noTshark },
  () => {
    const random = sequence(7);
    const conversations = Array.from({ length: 24 }, (_, number) => {
      const segments = Array.from({ length: 100 }, (): MadeSegment => ({
        from: random(2) === 0 ? 'client' : 'server',
        flags: ['A', 'A', 'A', 'PA', 'A', 'FA', 'R', 'RA'][random(number < 12 ? 5 : 8)]!,
        seq: 1001 + random(12),
        ack: 1001 + random(12),
        payload: 'x'.repeat([0, 0, 1, 4][random(4)]!),
        window: [0, 0, 10, 500][random(4)]!,
      }));
      const stepMs = [1, 5, 30][number % 3]!;
      return [...handshake, ...segments].map((segment, index) =>
        Object.assign({}, segment, { timeMs: index * stepMs, clientPort: 40_000 + number }),
      );
    });
    withFile(pcapOf(framesOf(conversations.flat())), assertAgreement);
  },
);

/** Its source address is 10.9.0.1. */
function isFromNear({ data }: MadePacket): boolean {
  return data[29] === 1;
}

const handshake: readonly MadeSegment[] = [
  { from: 'client', flags: 'S', seq: 1000 },
  { from: 'server', flags: 'SA', seq: 1000, ack: 1001 },
  { from: 'client', flags: 'A', seq: 1001, ack: 1001 },
];

function withFile(bytes: Uint8Array, work: (path: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'lab-capture-'));
  try {
    const path = join(folder, 'test.pcap');
    writeFileSync(path, bytes);
    assert.equal(readFileSync(path).byteLength, bytes.byteLength);
    work(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Numbers that look random and are the same each time (Park and Miller's generator). */
function sequence(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}
