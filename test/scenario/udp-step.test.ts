import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeCaptures } from '../../src/packets/file/merge-captures.ts';
import { readCapture } from '../../src/packets/read-capture.ts';
import type { CaptureReading } from '../../src/packets/capture-reading.ts';
import { english } from '../../src/report/language/failure-en.ts';
import { isUnmeasured, misfitsOf } from '../../src/scenario/packets/packet-look.ts';
import { parseScenarios } from '../../src/scenario/parse.ts';
import { readStepText } from '../../src/scenario/recheck/step-text.ts';
import { toldUdp } from '../../src/scenario/recheck/told-udp.ts';
import type { UdpExpectation } from '../../src/scenario/udp/udp-expectation.ts';
import { pcapOf } from '../helpers/packets/capture-files.ts';
import { datagramOf, frameOfIp, icmpOf, ipOf, type MadeIp } from '../helpers/packets/ip-packets.ts';
import { labOf, TWO_MACHINES } from '../helpers/scenario-lab.ts';

const PROGRAMS =
  'programs:\n  server: { on: vm1, command: [cat], listens: [7999/udp, 80] }\n  client: { on: vm2, command: [cat] }\n';
const [server, client] = ['192.168.100.4', '192.168.100.5'];
const hints = {
  machines: new Map([
    [server, 'vm1'],
    [client, 'vm2'],
  ]),
  datagramPorts: new Set([7999]),
};

const asks = (data: string, id: number): MadeIp =>
  datagramOf({ from: client, to: server, ports: [40_000, 7999], data, id });
const answers = (data: string, id: number): MadeIp =>
  datagramOf({ from: server, to: client, ports: [7999, 40_000], data, id });

type Passing = readonly [timeMs: number, packet: MadeIp];
const fileOf = (passings: readonly Passing[]): Uint8Array =>
  pcapOf(passings.map(([timeMs, packet]) => frameOfIp(ipOf(packet), timeMs)));

function capturedAt(places: Readonly<Record<string, readonly Passing[]>>): CaptureReading {
  const captures = Object.entries(places).map(([machine, passings]) => ({
    bytes: fileOf(passings),
    offsetMs: 0,
    place: { machine, interface: 'eth0', filter: 'udp port 7999' },
  }));
  return readCapture(mergeCaptures(captures), hints);
}

/** Three questions; the second is lost, the third refused; one answer comes twice. */
const refused = icmpOf({ from: server, to: client, type: 3, code: 3, body: ipOf(asks('three', 3)) });
const questions: readonly Passing[] = [
  [0, asks('one', 1)],
  [1000, asks('two', 2)],
  [2000, asks('three', 3)],
];
const reading = capturedAt({
  vm2: [...questions, [2, answers('echo one', 11)], [3, answers('echo one', 11)], [2001, refused]],
  vm1: [questions[0]!, [1, answers('echo one', 11)], questions[2]!, [2001, refused]],
});

/** What is wrong with a step, in words; it is read as in a lab file, and once more as in a record. */
async function wrongWith(step: string, packets = reading): Promise<string[]> {
  const lab = await labOf(`${TWO_MACHINES}${PROGRAMS}scenarios:\n  s:\n    - start: server\n    - udp: ${step}\n`);
  const { scenarios, problems } = parseScenarios(lab);
  assert.deepEqual(problems, []);
  const meaning = scenarios.get('s')!.steps[1]!;
  const told = readStepText(meaning.text);
  assert.ok(told, meaning.text);
  const expectation = meaning.body as UdpExpectation;
  const misfits = misfitsOf({ udp: expectation }, packets);
  assert.deepEqual(misfitsOf({ udp: toldUdp(told.map) }, packets), misfits, meaning.text);
  return misfits.map(({ wanted, found, isFinal }) => {
    const problems = [{ wanted, found }];
    const expected = { kind: 'packets', wishes: [wanted] } as const;
    return `${english.expected(expected)} | ${english.seen({ expected, seen: { kind: 'packets', problems } })}${isFinal ? ' | final' : ''}`;
  });
}

test('a udp step passes where the datagrams are as it says', async () => {
  for (const step of [
    '{ datagrams: { client: 3 }, answered: 1, unreachable: 1 }',
    '{ datagrams: { client: 3+, server: 1 }, lost: 1, duplicated: 1, reordered: none, fragmented: none }',
    '{ datagrams: { client: ">= 3", server: "<= 1" }, answered: some, lost: "< 2" }',
    '{ port: 7999, datagrams: { client: 2..4 }, answered: "> 0", payload: { client: two, server: /echo \\w+/ } }',
    '{ from: client, unreachable: some }',
    '{ from: vm2, unreachable: some }',
  ])
    assert.deepEqual(await wrongWith(step), [], step);
});

test('a udp step says what is there instead, by packet, and whether more packets can change it', async () => {
  assert.deepEqual(await wrongWith('{ datagrams: { client: 10, server: none }, answered: 8, unreachable: none }'), [
    '10 datagrams of the client | there are 3: packet 1 (3 bytes of the client, 0.00 ms after the first), packet 6 (3 bytes of the client, 1 s after the first), packet 7 (5 bytes of the client, 2 s after the first)',
    'no datagram of the server | there is 1: packet 3 (8 bytes of the server, 1.00 ms after the first) | final',
    '8 answered datagrams of the client | of 3 datagrams 1 was answered; no answer follows packet 6 (3 bytes of the client, 1 s after the first), packet 7 (5 bytes of the client, 2 s after the first)',
    'no error of ICMP about datagrams | there is 1: packet 9 (ICMP of vm1: no program has UDP port vm1:7999) | final',
  ]);
  assert.deepEqual(await wrongWith('{ lost: none, duplicated: none, fragmented: some, payload: { client: four } }'), [
    'no datagram that did not arrive | there is 1: packet 6 (3 bytes of the client, 1 s after the first)',
    'no datagram that came twice | there is 1: packet 5 (8 bytes of the server, 3.00 ms after the first) | final',
    'at least 1 datagram in fragments | there is none',
    '"four" in what the client sends | in packet 7 it sent "three"',
  ]);
  const nothing = capturedAt({ vm1: [], vm2: [] });
  assert.deepEqual(await wrongWith('{ datagrams: { client: 1 }, unreachable: some }', nothing), [
    '1 datagram of the client | the capture has no datagram',
    'at least 1 error of ICMP about datagrams | the capture has no datagram',
  ]);
});

test('what was lost is not measured where one end was captured only', () => {
  const oneEnd = readCapture(fileOf(questions), hints);
  const none = { least: 0, most: 0 };
  assert.equal(isUnmeasured({ udp: { lost: none } }, oneEnd), true);
  assert.equal(isUnmeasured({ udp: { lost: none, from: 'vm3' } }, oneEnd), false);
  assert.equal(isUnmeasured({ udp: { answered: none } }, oneEnd), false);
  assert.equal(isUnmeasured({ udp: { lost: none } }, reading), false);
});
