import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HeldSocket } from '../../src/core/program-look.ts';
import {
  listenerProblem,
  listenerProblemWords,
  type OpenSocket,
  type WantedPort,
} from '../../src/ports/listens-otherwise.ts';
import { splitAddress } from '../../src/core/socket-address.ts';

/** `tcp listen 127.0.0.1:7999`, `udp unconnected [::]:53`, with ` waited` behind. */
function socket(text: string): HeldSocket {
  const [protocol, state = '', local = '', waited] = text.split(' ');
  return {
    protocol: protocol as 'tcp' | 'udp',
    state,
    local: splitAddress(local)!,
    unread: 0,
    unsent: 0,
    isWaitedFor: waited === 'waited',
  };
}

const tcp = (...locals: string[]): HeldSocket[] => locals.map((local) => socket(`tcp listen ${local}`));
const udp = (...locals: string[]): HeldSocket[] => locals.map((local) => socket(`udp unconnected ${local}`));

/** Kind of the problem and port that was seen. */
function kindOf(wanted: number | WantedPort, sockets: readonly OpenSocket[]): string {
  const problem = listenerProblem(typeof wanted === 'number' ? { port: wanted } : wanted, sockets);
  return problem === undefined ? 'none' : `${problem.kind} ${problem.seen.local.port}`;
}

function words(wanted: number | WantedPort, sockets: readonly OpenSocket[]): string[] {
  const problem = listenerProblem(typeof wanted === 'number' ? { port: wanted } : wanted, sockets);
  return Object.values(listenerProblemWords('serveur', problem!));
}

test('a program that listens as it should has no problem', () => {
  const wide = ['0.0.0.0:7999', '[::]:7999', '192.168.100.4:7999', '192.168.100.4%eth0:7999'];
  for (const local of wide) assert.equal(kindOf(7999, tcp(local)), 'none', local);
  assert.equal(kindOf(7999, tcp('127.0.0.1:7999', '192.168.100.4:7999', '0.0.0.0:8000')), 'none');
  assert.equal(kindOf({ port: 5353, protocol: 'udp' }, udp('0.0.0.0:5353')), 'none');
  assert.equal(kindOf({ port: 7999, address: '127.0.0.1' }, tcp('127.0.0.1:7999')), 'none');
  assert.equal(kindOf({ port: 7999, address: 'fd00::4' }, tcp('[::]:7999')), 'none');
});

test('nothing is concluded from sockets that do not listen', () => {
  assert.equal(kindOf(7999, []), 'none');
  assert.equal(
    kindOf(7999, [socket('tcp established 192.168.100.4:7998'), socket('udp established 192.168.100.4:7999')]),
    'none',
  );
});

test('only the machine itself, or only some addresses, or only IPv6', () => {
  for (const local of ['127.0.0.1:7999', '127.0.1.1:7999', '[::1]:7999', '[::ffff:127.0.0.1]:7999'])
    assert.equal(kindOf(7999, tcp(local)), 'loopback-only 7999', local);
  assert.equal(kindOf({ port: 7999, address: '10.0.0.4' }, tcp('192.168.100.4:7999')), 'other-address 7999');
  assert.equal(kindOf(7999, tcp('[fd00::4]:7999')), 'ipv6-only 7999');
  assert.equal(kindOf(7999, [{ ...tcp('[::]:7999')[0]!, isIPv6Only: true }]), 'ipv6-only 7999');
  assert.equal(kindOf({ port: 7999, address: 'fd00::4' }, tcp('0.0.0.0:7999')), 'ipv4-only 7999');
  assert.equal(kindOf({ port: 69, protocol: 'udp' }, udp('127.0.0.1:69')), 'loopback-only 69');
});

test('another port, the swapped one, one that the system chose, the other protocol', () => {
  assert.equal(kindOf(7999, tcp('0.0.0.0:7998')), 'other-port 7998');
  assert.equal(kindOf(7999, tcp('0.0.0.0:16159')), 'byte-swapped 16159');
  assert.equal(kindOf(8080, tcp('0.0.0.0:36895')), 'byte-swapped 36895');
  assert.equal(kindOf(7999, tcp('0.0.0.0:43511')), 'system-chosen 43511');
  assert.equal(kindOf(6000, udp('0.0.0.0:6000')), 'other-protocol 6000');
  assert.equal(kindOf({ port: 6000, protocol: 'udp' }, tcp('0.0.0.0:6000')), 'other-protocol 6000');
  assert.equal(
    kindOf({ port: 6000, protocol: 'udp' }, udp('0.0.0.0:43511')),
    'none',
    'it may only have sent something',
  );
});

test('a port that is declared too is no mistake', () => {
  assert.equal(kindOf({ port: 2120, declared: [2120, 2121] }, tcp('0.0.0.0:2121')), 'not-yet 2121');
  assert.equal(kindOf({ port: 2120, declared: [2120, 2121] }, tcp('0.0.0.0:2121', '0.0.0.0:2122')), 'other-port 2122');
});

test('of several, the one that the program waits for is told', () => {
  const sockets = [...tcp('127.0.0.1:9229'), socket('tcp listen 0.0.0.0:3001 waited')];
  assert.equal(kindOf(3000, sockets), 'other-port 3001');
});

test('each problem in words', () => {
  assert.deepEqual(words(7999, tcp('127.0.0.1:7999')), [
    'serveur listens on 127.0.0.1:7999 only; other machines cannot reach it',
    "Bind to '' or 0.0.0.0 (all addresses) instead of 127.0.0.1 or localhost.",
  ]);
  assert.deepEqual(words(3000, tcp('[::1]:3000')), [
    'serveur listens on [::1]:3000 only; other machines cannot reach it',
    "Bind to '::' (all addresses) instead of ::1 or localhost.",
  ]);
  assert.deepEqual(words(7999, tcp('0.0.0.0:16159')), [
    'serveur listens on port 16159 (0x3F1F) instead of 7999 (0x1F3F): the two bytes of the port are swapped',
    'Put the port into the address in network byte order: htons(7999).',
  ]);
  assert.deepEqual(words(6000, udp('0.0.0.0:6000')), [
    'serveur has UDP port 6000 open, not TCP port 6000',
    'A TCP server creates its socket with SOCK_STREAM and calls listen; SOCK_DGRAM is UDP.',
  ]);
  assert.match(words(7999, tcp('0.0.0.0:43511')).join(' '), /port 43511 instead of 7999: the system chose it/);
  assert.match(words(7999, tcp('0.0.0.0:7998')).join(' '), /^serveur listens on port 7998 instead of 7999/);
  assert.match(
    words({ port: 2120, declared: [2120, 2121] }, tcp('0.0.0.0:2121')).join(' '),
    /^serveur listens on port 2121, but not yet on its port 2120/,
  );
});
