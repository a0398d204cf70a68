import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CaptureReading } from '../../src/packets/capture-reading.ts';
import type { ArpMessage } from '../../src/packets/arp/arp-message.ts';
import type { ChecksumState, IcmpMessage } from '../../src/packets/icmp/icmp-message.ts';
import { readCapture } from '../../src/packets/read-capture.ts';
import type { Datagram, DatagramConversation } from '../../src/packets/udp/datagram-conversation.ts';
import { pcapOf, type MadePacket } from '../helpers/packets/capture-files.ts';
import {
  arpFrame,
  datagramOf,
  fragmentsOf,
  frameOfIp,
  icmpOf,
  ipOf,
  type MadeIcmp,
} from '../helpers/packets/ip-packets.ts';
import { captureTraffic, noTraffic } from '../helpers/packets/real-traffic.ts';
import { noTshark, tsharkFields } from '../helpers/packets/tshark.ts';

/** What is compared of each packet, in tshark's notation; a field that a packet does not have is empty. */
const fields = [
  'frame.number',
  'ip.src',
  'ip.dst',
  'ipv6.src',
  'ipv6.dst',
  'ip.fragment.count',
  'ipv6.fragment.count',
  'udp.stream',
  'udp.srcport',
  'udp.dstport',
  'udp.length',
  'udp.checksum.status',
  'udp.payload',
  'icmp.type',
  'icmp.code',
  'icmp.checksum.status',
  'icmp.ident',
  'icmp.seq',
  'icmp.mtu',
  'icmpv6.type',
  'icmpv6.code',
  'icmpv6.checksum.status',
  'icmpv6.echo.identifier',
  'icmpv6.echo.sequence_number',
  'icmpv6.mtu',
  'icmpv6.nd.ns.target_address',
  'icmpv6.nd.na.target_address',
  'icmpv6.opt.linkaddr',
  'arp.opcode',
  'arp.src.hw_mac',
  'arp.src.proto_ipv4',
  'arp.dst.hw_mac',
  'arp.dst.proto_ipv4',
  'arp.isprobe',
  'arp.isgratuitous',
] as const;

type Row = Readonly<Partial<Record<(typeof fields)[number], string>>>;

/** For tshark a checksum that the network card has not put in yet is a wrong one. */
const checksumStatus: Readonly<Record<ChecksumState, string>> = {
  wrong: '0',
  offloaded: '0',
  right: '1',
  unknown: '2',
  none: '3',
};

function datagramRow({ index, client, server }: DatagramConversation, datagram: Datagram): Row {
  const { from, length, checksum, pieces, packet, text } = datagram;
  const [source, destination] = from === 'client' ? [client, server] : [server, client];
  const ip = source.address.includes(':') ? 'ipv6' : 'ip';
  return {
    'frame.number': String(packet),
    [`${ip}.src`]: source.address,
    [`${ip}.dst`]: destination.address,
    ...(pieces > 1 && { [`${ip}.fragment.count`]: String(pieces) }),
    'udp.stream': String(index),
    'udp.srcport': String(source.port),
    'udp.dstport': String(destination.port),
    'udp.length': String(length + 8),
    'udp.checksum.status': checksumStatus[checksum],
    'udp.payload': text,
  };
}

/** Addresses of the message, and those of the packet that it cites. */
function both(outer: string, inner: string | undefined): string {
  return [outer, ...(inner === undefined ? [] : [inner])].join();
}

function icmpRow(message: IcmpMessage): Row {
  const { packet, family, from, to, cited, type, code, checksum, echo, mtu, kind, target, linkAddress } = message;
  const name = family === 4 ? 'icmp' : 'icmpv6';
  const ip = family === 4 ? 'ip' : 'ipv6';
  const [identifier, sequence] =
    family === 4 ? ['icmp.ident', 'icmp.seq'] : ['icmpv6.echo.identifier', 'icmpv6.echo.sequence_number'];
  return {
    'frame.number': String(packet),
    [`${ip}.src`]: both(from.address, cited?.from.address),
    [`${ip}.dst`]: both(to.address, cited?.to.address),
    [`${name}.type`]: String(type),
    [`${name}.code`]: String(code),
    [`${name}.checksum.status`]: checksumStatus[checksum],
    ...(echo && { [identifier]: String(echo.identifier), [sequence]: String(echo.sequence) }),
    ...(mtu !== undefined && { [`${name}.mtu`]: String(mtu) }),
    ...(cited?.protocol === 17 && {
      'udp.srcport': String(cited.sourcePort),
      'udp.dstport': String(cited.destinationPort),
    }),
    ...(target !== undefined && {
      [kind === 'neighbour-solicitation' ? 'icmpv6.nd.ns.target_address' : 'icmpv6.nd.na.target_address']: target,
    }),
    ...(linkAddress !== undefined && { 'icmpv6.opt.linkaddr': linkAddress }),
  };
}

const opcodes: Readonly<Record<ArpMessage['operation'], string>> = { request: '1', reply: '2', other: '3' };

function arpRow({ packet, operation, purpose, from, to }: ArpMessage): Row {
  return {
    'frame.number': String(packet),
    'arp.opcode': opcodes[operation],
    'arp.src.hw_mac': from.linkAddress,
    'arp.src.proto_ipv4': from.address,
    'arp.dst.hw_mac': to.linkAddress,
    'arp.dst.proto_ipv4': to.address,
    ...(purpose === 'probe' && { 'arp.isprobe': '1' }),
    ...(purpose === 'announcement' && { 'arp.isgratuitous': '1' }),
  };
}

function ours({ datagrams, icmp, arp }: CaptureReading): Row[] {
  const rows = [
    ...datagrams.flatMap((conversation) => conversation.datagrams.map((one) => datagramRow(conversation, one))),
    ...icmp.map(icmpRow),
    ...arp.map(arpRow),
  ];
  return rows.toSorted((a, b) => Number(a['frame.number']) - Number(b['frame.number'])).map(withoutEmpty);
}

/** What tshark says of the cited datagram besides its ports depends on how much of it is cited. */
const notCompared: readonly (keyof Row)[] = ['udp.stream', 'udp.length', 'udp.checksum.status', 'udp.payload'];

function tsharks(file: string): Row[] {
  const options = { filter: 'udp or icmp or icmpv6 or arp', preferences: ['udp.check_checksum:TRUE'] };
  return tsharkFields(file, fields, options).map((row) => {
    const isIcmp = row['icmp.type'] !== '' || row['icmpv6.type'] !== '';
    const text = Buffer.from(row['udp.payload'] ?? '', 'hex')
      .toString()
      .slice(0, 200);
    const kept = isIcmp ? notCompared.map((field) => [field, ''] as const) : [['udp.payload', text] as const];
    const hex = row['icmpv6.echo.identifier'] ?? '';
    const identifier = hex === '' ? '' : String(Number(hex));
    return withoutEmpty({ ...row, 'icmpv6.echo.identifier': identifier, ...Object.fromEntries(kept) });
  });
}

function withoutEmpty(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== ''));
}

async function assertAgreement(bytes: Uint8Array): Promise<CaptureReading> {
  const folder = mkdtempSync(join(tmpdir(), 'lab-datagrams-'));
  try {
    const file = join(folder, 'test.pcap');
    writeFileSync(file, bytes);
    const reading = readCapture(bytes);
    assert.deepEqual(ours(reading), tsharks(file));
    return reading;
  } finally {
    await rm(folder, { recursive: true });
  }
}

const families = [
  { near: '10.9.0.1', router: '10.9.0.254', far: '10.8.0.2', errors: { unreachable: 3, exceeded: 11 } },
  { near: 'fd09::1', router: 'fd09::fe', far: 'fd08::2', errors: { unreachable: 1, exceeded: 3 } },
] as const;

/** A solicitation or an advertisement: the address that is meant, and an option with a link address. */
function neighbours(type: number, option: number): MadeIcmp {
  const target = 'fe80000000000000000000000000000f';
  return {
    from: 'fe80::1',
    to: 'ff02::1:ff00:f',
    type,
    body: Buffer.from(`${target}${option === 0 ? '' : `0${option}01020000000002`}`, 'hex'),
  };
}

/** Datagrams of every size, whole and in pieces that come in any order, and every ICMP message that is read. */
function madePackets(): MadePacket[] {
  const all = families.flatMap(({ near, router, far, errors }) => {
    const datagram = (data: string, more: { checksum?: number; id?: number } = {}): Parameters<typeof ipOf>[0] =>
      datagramOf({ from: near, to: far, ports: [40_000, 7999], data, ...more });
    const cited = ipOf(datagram('nobody is there'));
    const about = (type: number, code: number, rest = 0): Buffer =>
      ipOf(icmpOf({ from: router, to: near, type, code, rest, body: cited }));
    const isV6 = near.includes(':');
    return [
      ipOf(datagram('')),
      ipOf(datagram('odd')),
      ipOf(datagram('none', { checksum: isV6 ? 0x1234 : 0 })),
      ipOf(datagram('wrong', { checksum: 0x1234 })),
      ipOf(datagramOf({ from: far, to: near, ports: [7999, 40_000], data: 'answer' })),
      ...fragmentsOf(datagram('a'.repeat(4000), { id: 100 }), 1448),
      ...fragmentsOf(datagram('b'.repeat(4000), { id: 101 }), 1448).toReversed(),
      ...fragmentsOf(datagram('tiny pieces, of eight bytes each', { id: 102 }), 8),
      // One is missing.
      ...fragmentsOf(datagram('c'.repeat(4000), { id: 103 }), 1448).slice(1),
      cited,
      ...[0, 1, 2, 3, 4, 5, 9, 13].map((code) => about(errors.unreachable, code, code === 4 && !isV6 ? 1400 : 0)),
      ...[0, 1].map((code) => about(errors.exceeded, code)),
      ...(isV6 ? [about(2, 0, 1280)] : []),
      ...(isV6 ? [128, 129] : [8, 0]).map((type) =>
        ipOf(icmpOf({ from: near, to: far, type, rest: 0x0007_0003, body: Buffer.from('ping') })),
      ),
    ];
  });
  const extensions = [
    { header: 0, bytes: Buffer.alloc(8) },
    { header: 60, bytes: Buffer.from([0, 1, ...Array<number>(14).fill(0)]) },
  ];
  const [, v6] = families;
  const behind = datagramOf({ from: v6.near, to: v6.far, ports: [1, 2], data: 'd'.repeat(100), id: 104 });
  const discovery = [neighbours(135, 1), neighbours(136, 2), neighbours(136, 0)].map((one) => ipOf(icmpOf(one)));
  return [...all, ipOf({ ...behind, extensions }), ...fragmentsOf({ ...behind, extensions }, 56), ...discovery].map(
    (bytes, index) => frameOfIp(bytes, index),
  );
}

const nobody = '000000000000';

/** A question and its answer, a probe, both ways to announce, and an operation that is neither. */
function arpFrames(): MadePacket[] {
  const [near, far] = [['020000000001', '10.9.0.1'] as const, ['020000000002', '10.9.0.2'] as const];
  return [
    arpFrame({ operation: 1, from: near, to: [nobody, far[1]] }, 9000),
    arpFrame({ operation: 2, from: far, to: near }, 9001),
    arpFrame({ operation: 1, from: [near[0], '0.0.0.0'], to: [nobody, near[1]] }, 9002),
    arpFrame({ operation: 1, from: near, to: [nobody, near[1]] }, 9003),
    arpFrame({ operation: 2, from: near, to: near }, 9004),
    arpFrame({ operation: 3, from: near, to: far }, 9005),
  ];
}

test(
  'datagrams, fragments, ARP and ICMP messages of both families are as Wireshark reads them',
  { skip: noTshark },
  async () => {
    const { datagrams, icmp, arp, fragments } = await assertAgreement(pcapOf([...madePackets(), ...arpFrames()]));
    assert.deepEqual([datagrams.length, icmp.length, arp.length, fragments], [3, 28, 6, 4]);
  },
);

test('so are those of real kernels', { skip: noTshark || noTraffic }, async () => {
  using traffic = await captureTraffic(['datagrams']);
  const { datagrams, icmp } = await assertAgreement(readFileSync(traffic.path));
  assert.deepEqual(
    datagrams.filter(({ server }) => server.port === 7018).map(({ sent, answered }) => [sent.client.longest, answered]),
    [
      [30_001, 4],
      [30_001, 4],
    ],
  );
  assert.equal(icmp.filter(({ reason }) => reason === 'port').length, 2);
  assert.equal(icmp.filter(({ kind }) => kind === 'echo-reply').length, 2);
});
