import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatPing } from '../../src/cli/show/ping-text.ts';
import { readPing } from '../../src/reach/ping/command-asker.ts';
import { readEcho, type Echo } from '../../src/reach/ping/echo.ts';
import { meetings } from '../../src/reach/ping/ping-plan.ts';
import { pingReport, type PingedPair } from '../../src/reach/ping/ping-report.ts';

const plain = (_format: unknown, text: string): string => text;

describe('who asks whom', () => {
  const machines = [
    { name: 'a', interfaces: [{ network: 'n', address: '10.0.0.1', address6: 'fd00::1' }] },
    { name: 'b', interfaces: [{ network: 'n', address: '10.0.0.2' }] },
    {
      name: 'r',
      interfaces: [
        { network: 'n', address: '10.0.0.9' },
        { network: 'm', address: '10.1.0.9' },
      ],
    },
    { name: 'far', interfaces: [{ network: 'm', address: '10.1.0.1' }] },
    { name: 'nothing-yet', interfaces: [{ network: 'm' }] },
  ];
  const asked = (chosen: readonly string[]): string[] =>
    meetings(machines, chosen)
      .flatMap(({ questions }) => questions.map(({ from, address }) => `${from} ${address}`))
      .toSorted();

  test('every machine asks every address of every other, in the families that it has', () => {
    assert.deepEqual(
      asked([]).filter((line) => !line.startsWith('nothing-yet')),
      [
        'a 10.0.0.2',
        'a 10.0.0.9',
        'a 10.1.0.1',
        'a 10.1.0.9',
        'b 10.0.0.1',
        'b 10.0.0.9',
        'b 10.1.0.1',
        'b 10.1.0.9',
        'far 10.0.0.1',
        'far 10.0.0.2',
        'far 10.0.0.9',
        'far 10.1.0.9',
        'r 10.0.0.1',
        'r 10.0.0.2',
        'r 10.1.0.1',
      ],
    );
  });
  test('one that may have got an address meanwhile asks all', () =>
    assert.equal(asked([]).filter((line) => line.startsWith('nothing-yet ')).length, 6));
  test('of one name it and the others, of several those among themselves', () => {
    assert.deepEqual(asked(['b', 'far']), ['b 10.1.0.1', 'far 10.0.0.2']);
    assert.equal(asked(['far']).filter((line) => !line.startsWith('far ')).length, 4);
  });
  test('machines on one network are neighbours', () =>
    assert.deepEqual(
      meetings(machines, [])
        .filter(({ areNeighbours }) => areNeighbours)
        .map((meeting) => meeting.machines.join(' '))
        .toSorted(),
      ['a b', 'a r', 'b r', 'far nothing-yet', 'r far', 'r nothing-yet'],
    ));
});

describe('an answer', () => {
  test('of ping.pl, with times in milliseconds', () =>
    assert.deepEqual(readEcho('10.0.0.2 3 2 100 700 600 -'), {
      address: '10.0.0.2',
      sent: 3,
      received: 2,
      leastMs: 0.1,
      averageMs: 0.35,
      mostMs: 0.6,
      cause: undefined,
    }));
  for (const [words, cause] of [
    ['errno ENETUNREACH', { kind: 'not-sent', name: 'ENETUNREACH' }],
    ['neighbour', { kind: 'no-neighbour', from: undefined }],
    ['silence', { kind: 'silence' }],
    ['icmp 4 3 0 10.0.0.9', { kind: 'no-route', from: '10.0.0.9' }],
    ['icmp 4 3 1 10.0.0.9', { kind: 'no-neighbour', from: '10.0.0.9' }],
    ['icmp 4 3 13 10.0.0.9', { kind: 'filtered', from: '10.0.0.9' }],
    ['icmp 4 11 0 10.0.0.9', { kind: 'circle', from: '10.0.0.9' }],
    ['icmp 4 3 2 10.0.0.9', { kind: 'icmp', type: 3, code: 2, from: '10.0.0.9' }],
    ['icmp 6 1 0 fd00::9', { kind: 'no-route', from: 'fd00::9' }],
    ['icmp 6 1 1 fd00::9', { kind: 'filtered', from: 'fd00::9' }],
    ['icmp 6 3 0 fd00::9', { kind: 'circle', from: 'fd00::9' }],
  ] as const)
    test(`that did not come: ${words}`, () => assert.deepEqual(readEcho(`10.0.0.2 1 0 0 0 0 ${words}`).cause, cause));
  test('that is none is our bug', () => assert.throws(() => readEcho('nonsense'), /nonsense/));

  test('of ping(8), of iputils and of BusyBox', () => {
    const iputils =
      'PING 10.0.0.2 (10.0.0.2) 56(84) bytes of data.\n\n--- 10.0.0.2 ping statistics ---\n' +
      '3 packets transmitted, 2 received, 33.3333% packet loss, time 402ms\nrtt min/avg/max/mdev = 0.038/0.052/0.061/0.009 ms\n';
    const busybox =
      '--- 10.0.0.2 ping statistics ---\n3 packets transmitted, 3 packets received, 0% packet loss\n' +
      'round-trip min/avg/max = 0.068/0.087/0.102 ms\n';
    assert.deepEqual(of(readPing('10.0.0.2', iputils)), [3, 2, 0.052, undefined]);
    assert.deepEqual(of(readPing('10.0.0.2', busybox)), [3, 3, 0.087, undefined]);
    assert.deepEqual(of(readPing('10.0.0.2', 'ping: connect: Network is unreachable\n')), [
      0,
      0,
      undefined,
      'not-sent',
    ]);
  });
});

/** What matters of an answer of ping(8). */
function of({ sent, received, averageMs, cause }: Echo): unknown[] {
  return [sent, received, averageMs, cause?.kind];
}

function half(name: string): boolean {
  return Number(name.slice(1)) < 15;
}

/** What each machine of `names` got from each other; `cause` says what did not come. */
function pairsOf(names: readonly string[], cause: (from: string, to: string) => Echo['cause']): PingedPair[] {
  return names.flatMap((from, one) =>
    names.flatMap((to, other) => {
      if (from === to) return [];
      const why = cause(from, to);
      const ms = why === undefined ? 0.05 * (one + other) : undefined;
      const times = { leastMs: ms, averageMs: ms, mostMs: ms };
      return [
        {
          from,
          to,
          address: `10.0.0.${other + 1}`,
          sent: 1,
          received: why === undefined ? 1 : 0,
          cause: why,
          ...times,
        },
      ];
    }),
  );
}

function shown(names: readonly string[], pairs: readonly PingedPair[]): string {
  return formatPing(pingReport({ machines: names, count: 1, pairs, notAsked: [] }), plain);
}

describe('the table', () => {
  test('of few machines has each way', () => {
    const names = ['a', 'b', 'r1'];
    assert.equal(
      shown(
        names,
        pairsOf(names, (from, to) =>
          from === 'b' && to === 'r1' ? { kind: 'no-route', from: '10.0.0.1' } : undefined,
        ),
      ),
      [
        'ms  → a   → b   → r1',
        'a   ·     0.05  0.10',
        'b   0.05  ·     ✖',
        'r1  0.10  0.15  ·',
        '',
        '✖ b → r1 (10.0.0.3): a (10.0.0.1) has no route to it',
        '',
        '✖ 5 of 6 pairs answer, 17 % of the echoes lost, least, average, most: 0.05, 0.09, 0.15 ms',
        '"lab why b r1" looks at each link between two of them.',
        '',
      ].join('\n'),
    );
  });

  test('of many is a few lines, in the order of the lab: what is cut off, who does not answer, what else', () => {
    const names = Array.from({ length: 40 }, (_, index) => `m${index}`);
    const pairs = pairsOf(names, (from, to) => {
      if (from === 'm7') return { kind: 'not-sent', name: 'ENETUNREACH' };
      if (to === 'm7') return { kind: 'no-neighbour', from: undefined };
      return from === 'm1' && ['m2', 'm3'].includes(to) ? { kind: 'silence' } : undefined;
    });
    const text = shown(names, pairs.toReversed());
    assert.equal(
      text,
      [
        '✖ m7 → all others: it has no route there',
        '✖ all others → m7 (10.0.0.8): no one on its network answers for this address',
        '✖ m1 → m2 (10.0.0.3), m3 (10.0.0.4): no answer',
        '',
        '✖ 1480 of 1560 pairs answer, 5 % of the echoes lost, least, average, most: 0.05, 1.98, 3.85 ms',
        '"lab why m0 m7" looks at each link between two of them.',
        '',
      ].join('\n'),
    );
  });

  test('of a network in two halves is one line for each direction', () => {
    const names = Array.from({ length: 30 }, (_, index) => `m${index}`);
    const text = shown(
      names,
      pairsOf(names, (from, to) => (half(from) === half(to) ? undefined : { kind: 'silence' })),
    );
    assert.equal(text.match(/^✖ m/gm)?.length, 2, text);
  });
});
