import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Event } from '../../src/core/events.ts';
import { MomentFold } from '../../src/report/terminals/moments.ts';
import { textOfWords } from '../../src/report/diagram/diagram-words.ts';
import { languages } from '../../src/report/language/languages.ts';
import { SpokenLinker } from '../../src/report/terminals/spoken.ts';
import { Talk, tp1Talk } from '../helpers/packets/conversations.ts';
import { stamped, tp1Bodies } from '../helpers/tp1-events.ts';

const ends = { client: 'client', server: 'server' };

function momentsOf(events: readonly Event[]): MomentFold['moments'] {
  const fold = new MomentFold();
  for (const event of events) fold.take(event);
  return fold.moments;
}

function spokenIn(talk: Talk, events: readonly Event[] = stamped(tp1Bodies)): Record<number, string[]> {
  const words = new SpokenLinker(momentsOf(events)).link(talk.conversation(), ends);
  return Object.fromEntries(
    [...words].map(([packet, { client, server }]) => [
      packet,
      [client, server].map((side) =>
        side === undefined ? '' : `${side.kind}: ${textOfWords(side, languages.en.diagram)}`,
      ),
    ]),
  );
}

describe('the words next to the segments', () => {
  test('of the reference session are the lines that caused them, and the lines that they caused', () => {
    assert.deepEqual(spokenIn(tp1Talk()), {
      1: ['command: $ node client.js vm1 7999', 'line: Listening ...'],
      3: ['', "line: Connected by : ('192.168.100.5', 36222)"],
      4: ['line: client@vm2:7999$ Hello vm1', "line: from client 'Hello vm1'"],
      6: ["line: from server Hello ! ,What's up VM2", "line: server@vm1:7999$ Hello ! ,What's up VM2"],
      8: ['line: client@vm2:7999$ exit', ''],
      10: ['line: from server Hello vm1', 'payload: “Hello vm1”'],
      12: ['end: program ended (0)', ''],
      14: ['', 'end: program ended (0)'],
    });
  });

  test('are said once, also when a segment is sent again', () => {
    const talk = new Talk()
      .handshake()
      .line('client', 'Hello vm1')
      .send('client', ['PSH', 'ACK'], { text: 'Hello vm1\n', marks: ['retransmission'] });
    assert.deepEqual(Object.keys(spokenIn(talk)), ['1', '3', '4']);
  });

  test('of two connections are taken in order, each line once', () => {
    const linker = new SpokenLinker(momentsOf(stamped(tp1Bodies)));
    const first = linker.link(new Talk().handshake().line('client', 'Hello vm1').conversation(0), ends);
    const second = linker.link(new Talk().handshake().line('client', 'Hello vm1').conversation(1), ends);
    assert.equal(first.get(4)?.client?.kind, 'line');
    assert.equal(second.get(4)?.client?.kind, 'payload');
  });

  test('end in an ellipsis where the capture has less of the payload than was sent', () => {
    assert.deepEqual(
      spokenIn(new Talk().handshake().send('client', ['PSH', 'ACK'], { text: 'zzzz', length: 1000 }), [])[4],
      ['payload: “zzzz…”', ''],
    );
  });

  test('are none where bytes are no text', () => {
    assert.deepEqual(
      spokenIn(new Talk().handshake().send('client', ['PSH', 'ACK'], { text: '\0\x01\ufffd' }))[4],
      undefined,
    );
  });

  test('are what the program sent where it is not known whose terminal it was', () => {
    const words = new SpokenLinker([]).link(tp1Talk().conversation(), { client: undefined, server: undefined });
    assert.deepEqual(words.get(4), { client: { kind: 'payload', text: '“Hello vm1”' } });
  });
});

test('a program that floods its terminal does not fill the memory', () => {
  const printed = stamped(
    Array.from({ length: 50_000 }, (_, i) => ({
      kind: 'terminal-output',
      role: 'server',
      data: `${'x'.repeat(100)} ${i}\r\n`,
    })),
  );
  const moments = momentsOf(printed);
  assert.ok(moments.length <= 20_000, String(moments.length));
  assert.ok(moments.every(({ text }) => text.length <= 300));
});
