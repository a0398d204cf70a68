import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HeldSocket, ProgramLook, WaitKind } from '../../src/core/program-look.ts';
import type { Evidence, ProgramEvidence, StepProblem } from '../../src/core/step-problem.ts';
import { english } from '../../src/report/language/failure-en.ts';
import { french } from '../../src/report/language/failure-fr.ts';

const names = { '10.0.0.1': 'vm1', '10.0.0.2': 'vm2', '10.0.0.3': 'vm3' };

const end = (text: string): HeldSocket['local'] => {
  const [address = '', port] = text.split(' ');
  return { address, port: Number(port) };
};

/** A TCP socket, `10.0.0.1 7999` to its peer. */
function socket(local: string, peer: string | undefined, more: Partial<HeldSocket> = {}): HeldSocket {
  return {
    protocol: 'tcp',
    state: peer === undefined ? 'listen' : 'established',
    local: end(local),
    ...(peer === undefined ? {} : { peer: end(peer) }),
    unread: 0,
    unsent: 0,
    isWaitedFor: false,
    ...more,
  };
}

const waiting = { isWaitedFor: true };

function look(
  waits: readonly WaitKind[],
  sockets: readonly HeldSocket[] = [],
  more: Partial<ProgramLook> = {},
): ProgramLook {
  return { waits, typedUnread: 0, sockets, ...more };
}

function program(role: string, machine: string, seen: ProgramLook): ProgramEvidence {
  return { role, machine, look: seen };
}

/** With ordinary blanks. */
function plain(lines: readonly string[]): string[] {
  return lines.map((line) => line.replaceAll(/[\u00a0\u202f]/g, ' '));
}

function bothSay(programs: readonly ProgramEvidence[], wanted: { en: readonly string[]; fr: readonly string[] }): void {
  assert.deepEqual(plain(english.situation({ programs, names })), wanted.en);
  assert.deepEqual(plain(french.situation({ programs, names })), wanted.fr);
}

const listener = socket('0.0.0.0 7999', undefined);

describe('what a program does', () => {
  test('a second accept while the first client has sent something', () => {
    const sockets = [{ ...listener, ...waiting }, socket('10.0.0.1 7999', '10.0.0.2 41000', { unread: 8 })];
    const client = look(['receive'], [socket('10.0.0.2 41000', '10.0.0.1 7999', waiting)]);
    bothSay([program('server', 'vm1', look(['accept'], sockets)), program('client', 'vm2', client)], {
      en: [
        'server waits in accept() for a second client, 8 bytes from vm2 lie unread',
        'client waits in recv() for data from vm1',
      ],
      fr: [
        'server attend dans accept() un deuxième client, 8 octets de vm2 ne sont pas lus',
        'client attend dans recv() des données de vm1',
      ],
    });
  });

  test('the first accept, a third one, and connections that nobody accepts', () => {
    const two = [listener, socket('10.0.0.1 7999', '10.0.0.2 1'), socket('10.0.0.1 7999', '10.0.0.3 2')];
    bothSay(
      [
        program('one', 'vm1', look(['accept'], [{ ...listener, ...waiting }])),
        program('two', 'vm1', look(['accept'], two)),
        program('three', 'vm1', look(['sleep'], [{ ...listener, unread: 2 }])),
      ],
      {
        en: [
          'one waits in accept() for a client',
          'two waits in accept() for a third client',
          'three sleeps, 2 connections are not accepted yet',
        ],
        fr: [
          'one attend dans accept() un client',
          'two attend dans accept() un troisième client',
          'three dort (sleep), 2 connexions ne sont pas encore acceptées',
        ],
      },
    );
  });

  test('both in recv with nothing on the way are a deadlock, in either order of their start', () => {
    const server = program(
      'server',
      'vm1',
      look(['receive'], [socket('10.0.0.1 7999', '10.0.0.2 5', waiting), listener]),
    );
    const client = program('client', 'vm2', look(['receive'], [socket('10.0.0.2 5', '10.0.0.1 7999', waiting)]));
    const other = program('other', 'vm3', look(['busy']));
    bothSay([server, other, client], {
      en: ['server and client both wait in recv(), each for the other: a deadlock', 'other computes'],
      fr: ['server et client attendent tous deux dans recv(), chacun l’autre : un interblocage', 'other calcule'],
    });
    assert.match(english.situation({ programs: [client, server] })[0]!, /^client and server both wait/);
  });

  for (const [title, waits, more] of [
    ['something has come', ['receive'], { unread: 3 }],
    ['it reads its keyboard too', ['receive', 'keyboard'], {}],
    ['it waits on a connection to another', ['receive'], { peer: end('10.0.0.3 7') }],
  ] as const)
    test(`it is no deadlock when ${title}`, () => {
      const server = look(waits, [{ ...socket('10.0.0.1 7999', '10.0.0.2 5', waiting), ...more }]);
      const client = look(['receive'], [socket('10.0.0.2 5', '10.0.0.1 7999', waiting)]);
      const said = english.situation({ programs: [program('s', 'vm1', server), program('c', 'vm2', client)], names });
      assert.equal(said.length, 2);
      assert.doesNotMatch(said.join('\n'), /deadlock/);
    });

  test('both in send with full buffers are a deadlock, too', () => {
    const full = { ...waiting, unread: 100_000, unsent: 200_000 };
    const server = program('server', 'vm1', look(['send'], [socket('10.0.0.1 7999', '10.0.0.2 5', full)]));
    const client = program('client', 'vm2', look(['send'], [socket('10.0.0.2 5', '10.0.0.1 7999', full)]));
    bothSay([server, client], {
      en: ['server and client both wait in send() until the other reads: a deadlock'],
      fr: ['server et client attendent tous deux dans send() que l’autre lise : un interblocage'],
    });
  });

  test('keyboards: a line, a password, a key, and what was typed too early', () => {
    bothSay(
      [
        program('line', 'vm1', look(['keyboard'], [], { entry: 'line' })),
        program('secret', 'vm1', look(['keyboard'], [], { entry: 'hidden' })),
        program('curses', 'vm1', look(['keyboard'], [], { entry: 'keys' })),
        program('early', 'vm1', look(['sleep'], [], { typedUnread: 6 })),
        program('chat', 'vm2', look(['keyboard', 'receive'], [socket('10.0.0.2 5', '10.0.0.1 7999', waiting)])),
      ],
      {
        en: [
          'line reads its keyboard',
          'secret reads its keyboard without echo (a password)',
          'curses waits for a key',
          'early sleeps, 6 bytes typed at it lie unread',
          'chat reads its keyboard and waits in recv() for data from vm1',
        ],
        fr: [
          'line lit son clavier',
          'secret lit son clavier sans écho (un mot de passe)',
          'curses attend une touche',
          'early dort (sleep), 6 octets tapés à son clavier ne sont pas lus',
          'chat lit son clavier et attend dans recv() des données de vm1',
        ],
      },
    );
  });

  test('addresses that no machine has stay addresses; a peer on the same machine is a program', () => {
    const pending = { state: 'syn-sent', ...waiting };
    const server = look(['accept'], [socket('127.0.0.1 7999', '127.0.0.1 9', { unread: 1 })]);
    const client = look(['sleep', 'receive'], [socket('127.0.0.1 9', '127.0.0.1 7999', waiting)]);
    bothSay(
      [
        program('far', 'vm2', look(['connect'], [socket('10.0.0.2 5', '10.0.0.77 7999', pending)])),
        program('near', 'vm2', look(['connect'], [socket('10.0.0.2 5', '10.0.0.1 7998', pending)])),
        program('server', 'vm1', server),
        program('client', 'vm1', client),
      ],
      {
        en: [
          'far waits in connect() for an answer of 10.0.0.77:7999',
          'near waits in connect() for an answer of vm1:7998',
          'server waits in accept() for a second client, 1 byte from client lies unread',
          'client waits in recv() for data from server',
        ],
        fr: [
          'far attend dans connect() une réponse de 10.0.0.77:7999',
          'near attend dans connect() une réponse de vm1:7998',
          'server attend dans accept() un deuxième client, 1 octet de client n’est pas lu',
          'client attend dans recv() des données de server',
        ],
      },
    );
  });

  test('UDP, a connection that the other closed, and a program of which nothing is known', () => {
    const udp = socket('0.0.0.0 7999', undefined, { protocol: 'udp', state: 'unconnected', ...waiting });
    const asks = socket('10.0.0.2 40001', '10.0.0.1 7999', { protocol: 'udp', state: 'established', ...waiting });
    // What a table says of datagrams is the memory that they take.
    const deaf = socket('0.0.0.0 40002', undefined, { protocol: 'udp', state: 'unconnected', unread: 768 });
    const left = socket('10.0.0.1 7999', '10.0.0.2 5', { state: 'close-wait' });
    bothSay(
      [
        program('udp', 'vm1', look(['receive'], [udp])),
        program('asks', 'vm2', look(['receive'], [asks])),
        program('deaf', 'vm2', look(['sleep'], [deaf])),
        program('loop', 'vm1', look(['busy'], [left])),
        program('quiet', 'vm1', look([])),
        program('blind', 'vm1', look([], [socket('10.0.0.1 7999', '10.0.0.3 5', { unread: 12 })])),
        { role: 'unseen', machine: 'vm1' },
        { role: 'gone', machine: 'vm1', end: { exitCode: 0 } },
      ],
      {
        en: [
          'udp waits in recvfrom() for a datagram on UDP port 7999',
          'asks waits in recvfrom() for a datagram from vm1',
          'deaf sleeps, datagrams lie unread at its UDP port 40002',
          'loop computes, vm2 has closed the connection',
          'blind: 12 bytes from vm3 lie unread',
          'gone has ended with status 0',
        ],
        fr: [
          'udp attend dans recvfrom() un datagramme sur le port UDP 7999',
          'asks attend dans recvfrom() un datagramme de vm1',
          'deaf dort (sleep), des datagrammes ne sont pas lus sur son port UDP 40002',
          'loop calcule, vm2 a fermé la connexion',
          'blind : 12 octets de vm3 ne sont pas lus',
          'gone s’est terminé avec le code 0',
        ],
      },
    );
  });

  test('every kind of wait has words in both languages', () => {
    const kinds: Readonly<Record<WaitKind, true>> = {
      keyboard: true,
      accept: true,
      receive: true,
      connect: true,
      send: true,
      print: true,
      sleep: true,
      child: true,
      lock: true,
      pipe: true,
      file: true,
      signal: true,
      stopped: true,
      background: true,
      busy: true,
    };
    for (const words of [english, french]) {
      const said = (Object.keys(kinds) as WaitKind[]).map((wait) => words.doing('it', look([wait]), names));
      assert.equal(new Set(said).size, said.length);
      for (const sentence of said) assert.match(sentence!, /^it \S/);
    }
  });
});

describe('what is said of a failed step besides', () => {
  const reading: Evidence = { programs: [program('client', 'vm2', look(['keyboard'], [], { entry: 'line' }))], names };
  const problem: StepProblem = {
    expected: { kind: 'prompt', role: 'client', pattern: '"> "' },
    seen: { kind: 'nothing-in-time' },
    role: 'client',
    limitMs: 10_000,
    evidence: reading,
  };

  test('a program that reads its keyboard and shows no prompt may not have flushed it', () => {
    assert.equal(
      english.sentence(3, problem),
      'Step 3 expected the prompt "> " on the terminal of client, but it did not show within 10 s.',
    );
    assert.deepEqual(
      english.lines(problem).map(({ kind, text }) => [kind, text]),
      [['programs', 'client reads its keyboard, but shows no prompt: is it flushed?']],
    );
    for (const other of [
      { ...problem, nearest: 'ready?' },
      { ...problem, hint: { kind: 'prompt-answered' } as const },
      { ...problem, expected: { kind: 'text', role: 'client', pattern: '"> "' } as const },
      { ...problem, expected: { ...problem.expected, role: 'server' } as StepProblem['expected'] },
    ])
      assert.doesNotMatch(
        english
          .lines(other)
          .map(({ text }) => text)
          .join('\n'),
        /flushed/,
      );
  });

  test('the nearest line, the cause, the others and a hint come in this order; the cause is not told twice', () => {
    const whole: StepProblem = {
      ...problem,
      nearest: 'presque',
      hint: { kind: 'look-at-packets' },
      evidence: {
        ...reading,
        programs: [...reading.programs, { role: 'server', machine: 'vm1', end: { exitCode: 1 } }],
        cause: { role: 'server', machine: 'vm1', end: { exitCode: 1 }, line: 'TypeError: no' },
      },
    };
    assert.deepEqual(
      french.lines(whole).map(({ label, text }) => [label, text]),
      [
        ['la ligne la plus proche', 'presque'],
        ['cause', 'server s’est terminé avec le code 1 ; ses derniers mots : TypeError: no'],
        ['à ce moment', 'client lit son clavier'],
        ['conseil', '« lab logs --packets » dessine tous les paquets de l’exécution.'],
      ],
    );
    assert.equal(
      english.lines({
        ...whole,
        evidence: { programs: [], cause: { role: 'server', machine: 'vm1', line: 'OSError' } },
      })[1]!.text,
      'an exception ended a thread of server: OSError',
    );
  });
});
