import assert from 'node:assert/strict';
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
    { machine: 'vm1', interfaces: ['eth0'], ports: [7999, 8000], filter: 'tcp port 7999 or tcp port 8000' },
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
      '(tcp port 7999) and not ((dst host 192.168.100.5 and tcp dst port 7999) or (src host 192.168.100.5 and tcp src port 7999))',
      '(tcp port 7999) and not ((dst host 192.168.100.4 and tcp dst port 7999) or (src host 192.168.100.4 and tcp src port 7999))',
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
