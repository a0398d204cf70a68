import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionAttempt, ListeningProgram } from '../../src/core/connection-attempt.ts';
import { attemptSentence } from '../../src/report/attempts/attempt-sentence.ts';
import { toldAttempts } from '../../src/report/attempts/told-attempts.ts';
import { languages } from '../../src/report/language/languages.ts';

const context = {
  machines: [
    { name: 'pc', interfaces: [{ address: '172.20.1.2' }] },
    { name: 'web', interfaces: [{ address: '172.20.1.3' }, { address: '172.20.2.3' }] },
  ],
  networks: [
    { name: 'left', subnet: '172.20.1.0/24', gateway: '172.20.1.1' },
    { name: 'right', subnet: '172.20.2.0/24' },
  ],
  programs: [
    { name: 'httpd', on: 'web', listens: [8080] },
    { name: 'clock', on: 'web', listens: ['3700/udp' as const] },
    { name: 'browser', on: 'pc', listens: [] },
  ],
};

type Counts = Partial<Pick<ConnectionAttempt, 'protocol' | 'refused' | 'unreachable' | 'answered'>>;

/** What is said of what `pc` tried. */
function said(address: string, port: number, counts: Counts = {}, listening: ListeningProgram[] = []): string[] {
  const none = { machine: 'pc', protocol: 'tcp', count: 1, refused: 0, unreachable: 0, answered: 0 } as const;
  const seen = { machines: ['pc'], attempts: [{ ...none, to: { address, port }, ...counts }] };
  return toldAttempts(seen, context, listening).map((told) => attemptSentence(told, languages.en.attempts));
}

const REFUSED = { refused: 1 };
const listensOn = (...addresses: string[]): ListeningProgram[] => [
  { program: 'httpd', machine: 'web', port: 8080, addresses },
];

test('a refused attempt names the place in the words of the lab, and the server that was meant', () => {
  const meant = '; httpd listens on web:8080';
  const places = [
    ['127.0.0.1', '127.0.0.1:8080 (itself)'],
    ['127.0.1.1', '127.0.1.1:8080 (itself)'],
    ['::1', '[::1]:8080 (itself)'],
    ['172.20.1.2', '172.20.1.2:8080 (itself)'],
    ['172.20.1.1', '172.20.1.1:8080 (the gateway of left)'],
    ['172.20.2.77', '172.20.2.77:8080 (an address of the lab that no machine has)'],
    ['192.0.2.1', '192.0.2.1:8080 (outside of the lab)'],
    ['2001:db8::1', '[2001:db8::1]:8080 (outside of the lab)'],
  ] as const;
  for (const [address, place] of places)
    assert.deepEqual(said(address, 8080, REFUSED, listensOn('*')), [`pc tried ${place} and was refused${meant}`]);
  assert.deepEqual(said('172.20.1.3', 80, { refused: 3 }, listensOn('0.0.0.0')), [
    `pc tried web:80 and was refused (3 times)${meant}`,
  ]);
});

test('where a server listens is said as it was seen: on loopback only, not at all, or only declared', () => {
  const tried = 'pc tried web:8080 and was refused; ';
  assert.deepEqual(said('172.20.2.3', 8080, REFUSED, listensOn('127.0.0.1', '::1')), [
    `${tried}httpd listens on 127.0.0.1, ::1 only, so no other machine reaches web:8080`,
  ]);
  assert.deepEqual(said('172.20.2.3', 8080, REFUSED, listensOn()), [`${tried}httpd does not listen on web:8080`]);
  assert.deepEqual(said('172.20.2.3', 8080, REFUSED), [`${tried}httpd should listen on web:8080`]);
});

test('an attempt without an answer, and one that was answered elsewhere, are told as what they were', () => {
  assert.deepEqual(said('172.20.1.77', 8080, { unreachable: 1 }, listensOn('*')), [
    'pc tried 172.20.1.77:8080 (an address of the lab that no machine has) and was told that no way leads there; ' +
      'httpd listens on web:8080',
  ]);
  assert.deepEqual(said('192.0.2.1', 443), [
    'pc tried 192.0.2.1:443 (outside of the lab) and got no answer; httpd should listen on web:8080',
  ]);
  assert.deepEqual(said('192.0.2.1', 443, { answered: 1 }), [
    'pc connected to 192.0.2.1:443 (outside of the lab); httpd should listen on web:8080',
  ]);
});

test('a connection to a server of the lab is told of by the capture, and a client that came too early got there at last', () => {
  assert.deepEqual(said('172.20.1.3', 8080, { answered: 1 }), []);
  assert.deepEqual(said('172.20.2.3', 8080, { answered: 2, refused: 5 }), []);
});

test('datagrams are told of where nobody took them, or outside; answers, names and broadcasts are not', () => {
  const udp = { protocol: 'udp' } as const;
  assert.deepEqual(said('172.20.1.3', 9999, { ...udp, refused: 2 }), [
    'pc sent UDP datagrams to web:9999, where no program has that port open; clock should have UDP web:3700 open',
  ]);
  assert.deepEqual(said('192.0.2.1', 9999, udp), ['pc sent UDP datagrams to 192.0.2.1:9999 (outside of the lab)']);
  for (const address of ['172.20.1.3', '172.20.1.255', '255.255.255.255', '224.0.0.251', 'ff02::fb'])
    assert.deepEqual(said(address, 5353, udp), []);
  assert.deepEqual(said('192.0.2.53', 53, udp), []);
  assert.deepEqual(said('127.0.0.1', 53, { ...udp, refused: 1 }), [
    'pc asked 127.0.0.1:53 (itself) for the address of a name, and no name server answers there: is it the name of a ' +
      'machine in lab.yaml?',
  ]);
});

test('the same in French', () => {
  const attempts = [
    {
      machine: 'pc',
      protocol: 'tcp',
      to: { address: '127.0.0.1', port: 8080 },
      count: 2,
      refused: 2,
      unreachable: 0,
      answered: 0,
    },
  ] as const;
  const told = toldAttempts({ machines: ['pc'], attempts }, context, listensOn('*'));
  assert.deepEqual(
    told.map((one) => attemptSentence(one, languages.fr.attempts)),
    ['pc a essayé 127.0.0.1:8080 (elle-même) et a été refusée (2 fois)\u202f; httpd écoute sur web:8080'],
  );
});

const hasOpen = (...addresses: string[]): ListeningProgram[] => [
  { program: 'clock', machine: 'web', protocol: 'udp', port: 3700, addresses },
];
const sentTo = (port: number): string => `pc sent UDP datagrams to web:${port}, where no program has that port open; `;

test('datagrams that were refused name the server of that protocol; one of the other protocol is told as that', () => {
  const udp = { protocol: 'udp', refused: 1 } as const;
  assert.deepEqual(said('172.20.1.3', 3700, udp, hasOpen()), [`${sentTo(3700)}clock does not have UDP web:3700 open`]);
  assert.deepEqual(said('172.20.1.3', 3700, udp, hasOpen('127.0.0.1')), [
    `${sentTo(3700)}clock has UDP open on 127.0.0.1 only, so no other machine reaches web:3700`,
  ]);
  assert.deepEqual(said('172.20.1.3', 3701, udp, hasOpen('*')), [`${sentTo(3701)}clock has UDP web:3700 open`]);
  assert.deepEqual(said('172.20.1.3', 3701, udp), [`${sentTo(3701)}clock should have UDP web:3700 open`]);
  assert.deepEqual(said('172.20.1.3', 29_710, udp), [
    `${sentTo(29_710)}clock should have UDP web:3700 open; 29710 is 3700 with its two bytes swapped: htons is missing`,
  ]);
  assert.deepEqual(said('172.20.1.3', 8080, udp), [`${sentTo(8080)}pc used UDP, and httpd uses TCP`]);
  assert.deepEqual(said('172.20.1.3', 3700, REFUSED), [
    'pc tried web:3700 and was refused; pc used TCP, and clock uses UDP',
  ]);
});
