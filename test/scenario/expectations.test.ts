import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PacketProblem } from '../../src/core/packet-problem.ts';
import { readCapture } from '../../src/packets/read-capture.ts';
import { packets } from '../../src/report/language/packets-en.ts';
import { checkTcp, type TcpExpectation } from '../../src/scenario/tcp/tcp-expectation.ts';
import { captureBytes, framesOf, pcapOf } from '../helpers/packets/capture-files.ts';

function worded({ wanted, found }: PacketProblem): string {
  return `${packets.wishes([wanted])} | ${packets.found([{ wanted, found }], '')}`;
}

/** What is not met, each as `expected | seen`, with `!` where no later packet can change it. */
function findings(name: string | undefined, expectation: TcpExpectation): string[] {
  const bytes = name === undefined ? pcapOf([]) : captureBytes(name);
  return checkTcp(expectation, readCapture(bytes).conversations).map(
    ({ isFinal, ...problem }) => `${isFinal ? '!' : ''}${worded(problem)}`,
  );
}

function met(name: string | undefined, expectation: TcpExpectation): void {
  assert.deepEqual(findings(name, expectation), []);
}

test('a normal exchange meets everything that the course says of it', () => {
  met('normal', {
    handshake: true,
    close: { by: 'client', kind: 'fin' },
    reset: 'none',
    retransmissions: 0,
    connections: 1,
    port: 7001,
    payload: [
      { side: 'client', pattern: { text: 'Hello vm1\nOù' } },
      { side: 'server', pattern: { regex: /^exit$/ } },
    ],
  });
});

test('a regular expression that would be searched for for ever in what was sent is named', () => {
  assert.throws(
    () =>
      findings('normal', {
        payload: [{ side: 'client', pattern: { regex: /^(?:.|\w)*(?:.|\w)*(?:.|\w)*(?:.|\w)*(?:.|\w)*\0$/s } }],
      }),
    { code: 'slow-pattern' },
  );
});

test('the number of connections is exact; attempts that failed are none', () => {
  met('several', { connections: 5 });
  met('refused', { connections: 0 });
  met(undefined, { connections: 0 });
  assert.deepEqual(findings('normal', { connections: 2 }), [
    '2 connections | there is 1: from 10.9.0.1:43864 (packet 1)',
  ]);
  assert.deepEqual(findings('port-reused', { connections: 1 }), [
    '!1 connection | there are 2: from 10.9.0.1:40014 (packet 1), from 10.9.0.1:40014 (packet 9)',
  ]);
  assert.deepEqual(findings(undefined, { connections: 1 }), ['1 connection | the capture has no connection']);
  assert.deepEqual(findings('normal', { connections: 1, port: 80 }), ['1 connection | the capture has no connection']);
});

test('a handshake that is not complete names the packet after which it stopped', () => {
  met('refused', { handshake: false });
  assert.deepEqual(findings('refused', { handshake: true }), [
    '!a complete handshake | packet 2 (RST ACK of the server, 0.01 ms after the first) refuses the connection, as where nothing listens on 10.9.0.2:7006',
  ]);
  assert.deepEqual(findings('unanswered', { handshake: true }), [
    'a complete handshake | no SYN ACK follows packet 2 (SYN of the client, 1 s after the first)',
  ]);
  assert.deepEqual(findings('normal', { handshake: false }), [
    '!no connection to come about | 10.9.0.1:43864 connected: packet 3 (ACK of the client, 0.05 ms after the first) completes the handshake',
  ]);
  assert.deepEqual(findings(undefined, { handshake: true }), ['a complete handshake | the capture has no connection']);
});

test('a close by the wrong end, or of the wrong kind, names the packet that made it', () => {
  met('server-closes', { close: { by: 'server', kind: 'fin' } });
  met('reset', { close: { by: 'client', kind: 'rst' } });
  met('unread', { close: { by: undefined, kind: 'rst' } });
  assert.deepEqual(findings('server-closes', { close: { by: 'client', kind: 'fin' } }), [
    '!the connection to be closed first by the client with FIN | packet 6 (FIN ACK of the server, 0.16 ms after the first) ends it',
  ]);
  assert.deepEqual(findings('reset', { close: { by: undefined, kind: 'fin' } }), [
    '!the connection to be closed with FIN | packet 8 (RST ACK of the client, 0.33 ms after the first) ends it',
  ]);
  assert.deepEqual(findings('normal', { close: { by: undefined, kind: 'open' } }), [
    '!the connection to be open still | packet 12 (FIN ACK of the client, 0.30 ms after the first) ends it',
  ]);
});

test("a close by both at once is neither the client's nor the server's, and names both packets", () => {
  const handshake = [
    { from: 'client', flags: 'S', seq: 1 },
    { from: 'server', flags: 'SA', seq: 1, ack: 2 },
    { from: 'client', flags: 'A', seq: 2, ack: 2 },
  ] as const;
  const closes = [
    { from: 'client', flags: 'FA', seq: 2, ack: 2 },
    { from: 'server', flags: 'FA', seq: 2, ack: 2 },
    { from: 'client', flags: 'A', seq: 3, ack: 3 },
    { from: 'server', flags: 'A', seq: 3, ack: 3 },
  ] as const;
  const seenOf = (by: 'client' | 'server' | 'both', count: number): string[] =>
    checkTcp(
      { close: { by, kind: 'fin' } },
      readCapture(pcapOf(framesOf([...handshake, ...closes.slice(0, count)]))).conversations,
    ).map(({ isFinal, ...problem }) => `${isFinal ? '!' : ''}${worded(problem)}`);
  assert.deepEqual(seenOf('both', 4), []);
  assert.deepEqual(
    seenOf('both', 1),
    [
      'the connection to be closed by both at once with FIN | packet 4 (FIN ACK of the client, 3.00 ms after the first) ends it',
    ],
    'the other FIN may still cross it',
  );
  const crossing =
    'packet 4 (FIN ACK of the client, 3.00 ms after the first) crosses packet 5 (FIN ACK of the server, 4.00 ms after the first): both end it at once';
  for (const by of ['client', 'server'] as const)
    assert.deepEqual(seenOf(by, 4), [`!the connection to be closed first by the ${by} with FIN | ${crossing}`]);
  assert.deepEqual(findings('normal', { close: { by: 'both', kind: undefined } }), [
    '!the connection to be closed by both at once | packet 12 (FIN ACK of the client, 0.30 ms after the first) ends it',
  ]);
});

test('a close that may still come is not certain to be missing', () => {
  const segments = [
    { from: 'client', flags: 'S', seq: 1 },
    { from: 'server', flags: 'SA', seq: 1, ack: 2 },
    { from: 'client', flags: 'A', seq: 2, ack: 2 },
    { from: 'client', flags: 'FA', seq: 2, ack: 2 },
  ] as const;
  const seenOf = (count: number): string[] =>
    checkTcp(
      { close: { by: 'client', kind: 'fin' } },
      readCapture(pcapOf(framesOf(segments.slice(0, count)))).conversations,
    ).map(({ isFinal, ...problem }) => `${isFinal ? '!' : ''}${packets.found([problem], '')}`);
  assert.deepEqual(seenOf(3), ['it is open still after packet 3 (ACK of the client, 2.00 ms after the first)']);
  assert.deepEqual(seenOf(4), [
    'the server has sent no FIN after packet 4 (FIN ACK of the client, 3.00 ms after the first)',
  ]);
});

test('resets and retransmissions are counted, and named', () => {
  met('reset', { reset: 'client' });
  met('reset', { reset: 'any' });
  met('retransmission', { retransmissions: 1 });
  met('lost-behind', { retransmissions: 'some' });
  assert.deepEqual(findings('unread', { reset: 'none' }), [
    '!no RST | packet 6 (RST ACK of the server, 20 ms after the first)',
  ]);
  assert.deepEqual(findings('unread', { reset: 'client' }), [
    'a RST of the client | only packet 6 (RST ACK of the server, 20 ms after the first)',
  ]);
  assert.deepEqual(findings('normal', { reset: 'any', retransmissions: 'some' }), [
    'a RST | there is none',
    'some retransmission | there is none',
  ]);
  assert.deepEqual(findings('retransmission', { retransmissions: 0 }), [
    '!no retransmission | there is 1: packet 5 (PSH ACK of the client, 212 ms after the first)',
  ]);
});

test('segments that say to send nothing more are counted, and named', () => {
  met('normal', { 'zero-windows': 0 });
  met('zero-window', { 'zero-windows': 'some' });
  assert.deepEqual(findings('normal', { 'zero-windows': 'some' }), [
    'some segment with a window of 0 bytes | there is none',
  ]);
  const [found = ''] = findings('zero-window', { 'zero-windows': 0 });
  assert.match(found, /^!no segment with a window of 0 bytes \| there (is|are) \d+: packet \d+ \(ACK of the server/);
});

test('a payload that is missing shows what was sent instead, and in which packets', () => {
  const payload = [{ side: 'client', pattern: { text: 'Bye' } }] as const;
  assert.deepEqual(findings('normal', { payload }), [
    String.raw`"Bye" in what the client sends | in packets 4 to 10 it sent "Hello vm1\nOù es-tu ? ☃\nexit\n"`,
  ]);
  assert.deepEqual(findings('refused', { payload }), ['"Bye" in what the client sends | the client sent nothing']);
  met('several', { payload: [{ side: 'client', pattern: { text: '2 of client 4' } }] });
});
