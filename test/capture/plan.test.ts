import { findTool } from '../../src/host/tools.ts';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { mergeCaptures } from '../../src/packets/file/merge-captures.ts';
import { planCapture } from '../../src/capture/capture-plan.ts';
import { readCapture, readConversations } from '../../src/packets/read-capture.ts';
import { captureBytes, packetsOf, pcapOf, type MadePacket } from '../helpers/packets/capture-files.ts';
import { labOf, TWO_MACHINES } from '../helpers/scenario-lab.ts';

async function planOf(programs: string): Promise<ReturnType<typeof planCapture>> {
  const lab = await labOf(`${TWO_MACHINES}programs:\n${programs}`);
  return planCapture(lab, [...lab.programs.keys()]);
}

test('the machine of the program that listens captures its ports', async () => {
  const plan = await planOf(
    '  server: { on: vm1, command: [cat], listens: [7999, 8000] }\n  client: { on: vm2, command: [cat] }\n',
  );
  assert.deepEqual(plan, [
    { machine: 'vm1', interfaces: ['eth0'], hasDatagrams: false, filter: 'tcp port 7999 or tcp port 8000' },
  ]);
});

test('where client and server are on one machine, its loopback is captured too', async () => {
  const [only] = await planOf(
    '  server: { on: vm1, command: [cat], listens: 7999 }\n  client: { on: vm1, command: [cat] }\n',
  );
  assert.deepEqual(only!.interfaces, ['lo', 'eth0']);
});

test('two machines that listen on the same port do not both capture what one says to the other', async () => {
  const plan = await planOf(
    '  a: { on: vm1, command: [cat], listens: 7999 }\n  b: { on: vm2, command: [cat], listens: 7999 }\n',
  );
  assert.deepEqual(
    plan.map(({ filter }) => filter),
    [
      '((tcp port 7999) and not ((dst host 192.168.100.5 and tcp dst port 7999) or (src host 192.168.100.5 and tcp src port 7999)))',
      '((tcp port 7999) and not ((dst host 192.168.100.4 and tcp dst port 7999) or (src host 192.168.100.4 and tcp src port 7999)))',
    ],
  );
});

/** What tcpdump itself takes of a filter, by the number of packets that pass it. */
function passing(filter: string, packets: readonly MadePacket[]): number {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-filter-'));
  const [given, passed] = [join(folder.path, 'given.pcap'), join(folder.path, 'passed.pcap')];
  writeFileSync(given, pcapOf(packets));
  execFileSync(tcpdump.path, ['-Z', 'root', '-r', given, '-w', passed, '--', filter], {
    stdio: 'pipe',
    env: tcpdump.env,
  });
  return packetsOf(readFileSync(passed)).length;
}
const tcpdump = findTool('tcpdump')!;

/** A frame of Ethernet with a packet of IPv4 (`20` after its length) or IPv6 in it, by its parts in hexadecimal. */
const frame = (type: string, ...parts: readonly string[]): MadePacket => ({
  timeMs: 0,
  data: Buffer.concat([Buffer.alloc(12), Buffer.from([type, ...parts].join('').replaceAll(' ', ''), 'hex')]),
});
const A4 = 'c0a86404';
const B4 = 'c0a86405';
const C4 = 'c0a86406';
const arp = (from: string, to: string): MadePacket =>
  frame('0806', '0001 0800 0604 0001', '02'.repeat(6), from, '00'.repeat(6), to);
const old = (flags: string, protocol: string, content: string): string =>
  `4500 0040 0001 ${flags} 40 ${protocol} 0000 ${B4} ${A4} ${content}`;
const A6 = 'fd00 0000 0000 0000 0000 0000 0000 0004';
const B6 = 'fd00 0000 0000 0000 0000 0000 0000 0005';
const now = (next: string, content: string): string => `6000 0000 0040 ${next} 40 ${B6} ${A6} ${content}`;
const toPort = (port: number): string => `9c40 ${port.toString(16).padStart(4, '0')} 0028 0000 ${'00'.repeat(32)}`;

test('of a program that gets datagrams, their fragments and the errors that cite them are captured, too', async () => {
  const [plan] = await planOf(
    '  server: { on: vm1, command: [cat], listens: [7999/udp] }\n  client: { on: vm2, command: [cat] }\n',
  );
  const filter = plan!.filter;
  const cited = (port: number): string => `0303 0000 0000 0000 ${old('0000', '11', toPort(port))}`;
  const cited6 = (type: string, port: number): string => `${type} 0000 0000 0000 ${now('11', toPort(port))}`;
  const fragment = (place: string, next: string): string => `${next}00 ${place} 0000 0001 ${toPort(7999)}`;
  const wanted = {
    datagram: frame('0800', old('0000', '11', toPort(7999))),
    'first fragment': frame('0800', old('2000', '11', toPort(7999))),
    'later fragment': frame('0800', old('00b9', '11', 'aa'.repeat(40))),
    'port unreachable': frame('0800', old('0000', '01', cited(7999))),
    'datagram of IPv6': frame('86dd', now('11', toPort(7999))),
    'first fragment of IPv6': frame('86dd', now('2c', fragment('0001', '11'))),
    'later fragment of IPv6': frame('86dd', now('2c', fragment('05a8', '11'))),
    'port unreachable of IPv6': frame('86dd', now('3a', cited6('0104', 7999))),
    'a question for it': arp(B4, A4),
    'its answer': arp(A4, B4),
    'too big of IPv6': frame('86dd', now('3a', cited6('0200', 7999))),
  };
  const others = {
    'another port': frame('0800', old('0000', '11', toPort(53))),
    'an error about another port': frame('0800', old('0000', '01', cited(53))),
    'TCP of that port': frame('0800', old('0000', '06', toPort(7999))),
    'a fragment of TCP': frame('0800', old('00b9', '06', 'aa'.repeat(40))),
    'an echo request': frame('0800', old('0000', '01', `0800 0000 0000 0000 ${'00'.repeat(32)}`)),
    'a fragment of TCP over IPv6': frame('86dd', now('2c', fragment('05a8', '06'))),
    'an error about another port of IPv6': frame('86dd', now('3a', cited6('0104', 53))),
    'a question of others': arp(B4, C4),
    'a question for a neighbour, without IPv6': frame(
      '86dd',
      now('3a', `8700 0000 0000 0000 ${A6} ${'00'.repeat(16)}`),
    ),
  };
  const counts = (packets: Record<string, MadePacket>): Record<string, number> =>
    Object.fromEntries(Object.entries(packets).map(([name, packet]) => [name, passing(filter, [packet])]));
  assert.deepEqual(
    Object.values(counts(wanted)),
    Object.values(wanted).map(() => 1),
    JSON.stringify(counts(wanted)),
  );
  assert.deepEqual(
    Object.values(counts(others)),
    Object.values(others).map(() => 0),
    JSON.stringify(counts(others)),
  );
});

test('datagrams are captured at both ends, connections at one', async () => {
  const plan = await planOf(
    '  server: { on: vm1, command: [cat], listens: [7999/udp, 80] }\n  client: { on: vm2, command: [cat] }\n',
  );
  const datagram = frame('0800', old('0000', '11', toPort(7999)));
  const segment = frame('0800', old('0000', '06', toPort(80)));
  assert.deepEqual(
    plan.map(({ machine, filter }) => [machine, passing(filter, [datagram]), passing(filter, [segment])]),
    [
      ['vm1', 1, 1],
      ['vm2', 1, 0],
    ],
  );
});

test('without a program that listens there is nothing to capture', async () => {
  assert.deepEqual(await planOf('  client: { on: vm2, command: [cat] }\n'), []);
});

test('captures of several machines become one file in the order of time, by one clock', () => {
  const late = packetsOf(captureBytes('reset')).map(({ timeMs, data }): MadePacket => ({
    timeMs: timeMs + 5000,
    data,
  }));
  const merged = mergeCaptures([
    { bytes: pcapOf(late), offsetMs: 5000 },
    { bytes: captureBytes('normal'), offsetMs: 0 },
  ]);
  const times = packetsOf(merged).map(({ timeMs }) => timeMs);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  assert.deepEqual(shapes(merged), [...shapes(captureBytes('reset')), ...shapes(captureBytes('normal'))].toSorted());
});

/** Port and number of segments of each conversation. */
function shapes(bytes: Uint8Array): string[] {
  return readConversations(bytes)
    .map(({ server, segments }) => `${server.port}: ${segments.length}`)
    .toSorted();
}

test('captures of different link layers are joined from their IP headers on', () => {
  const cooked = packetsOf(captureBytes('reset')).map(({ timeMs, data }): MadePacket => ({
    timeMs,
    data: Buffer.concat([Buffer.alloc(14), data.subarray(12)]),
  }));
  const merged = mergeCaptures([
    { bytes: pcapOf(cooked, { linkType: 113 }), offsetMs: 0 },
    { bytes: captureBytes('ipv6'), offsetMs: 0 },
  ]);
  const reading = readCapture(merged);
  assert.deepEqual([reading.packets, reading.otherPackets, reading.conversations.length], [18, 0, 2]);
});

test('nothing to join is an empty capture that Wireshark opens', () => {
  assert.deepEqual(readCapture(mergeCaptures([])).format, 'pcap');
});
