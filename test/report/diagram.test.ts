import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Conversation, Segment } from '../../src/packets/conversation.ts';
import { readConversations } from '../../src/packets/read-capture.ts';
import { foldLimits, foldSegments } from '../../src/report/diagram/fold-rows.ts';
import { cutLayout, layOut } from '../../src/report/diagram/layout.ts';
import { describeConversation } from '../../src/report/diagram/phase-note.ts';
import { conversationPieces, conversationSvg, type DiagramOptions } from '../../src/report/diagram/diagram-svg.ts';
import { wrapText } from '../../src/report/diagram/diagram-words.ts';
import { languages } from '../../src/report/language/languages.ts';
import { framesOf, pcapOf } from '../helpers/packets/capture-files.ts';
import { Talk, tp1Talk } from '../helpers/packets/conversations.ts';
import { assertGolden } from '../helpers/golden.ts';

const options: DiagramOptions = {
  words: languages.en.diagram,
  notation: languages.en.notation,
  spoken: new Map(),
  time: 'compressed',
  id: 'd',
};

/** The segments that are drawn, in order from the top: number, and what stands over the arrow. */
function arrowsOf(svg: string): string[] {
  return [...svg.matchAll(/data-packet="(\d+)".*?<tspan class="tcp-flags">([^<]*)<\/tspan>\u2003([^<]*)</g)].map(
    ([, packet, flags, numbers]) => `${packet} ${flags} ${numbers!.replaceAll('\u2002', ' ')}`,
  );
}

function statesOf(conversation: Conversation, side: 'client' | 'server'): string[] {
  return layOut(conversation, new Map(), 'compressed')
    .states.filter((span) => span.side === side)
    .map(({ state }) => state);
}

describe('the diagram of a conversation', () => {
  test('shows the reference session as it was looked at', () => {
    const spoken = new Map([
      [
        4,
        {
          client: { kind: 'line', text: 'client@vm2:7999$ Hello vm1' },
          server: { kind: 'line', text: "from client 'Hello vm1'" },
        } as const,
      ],
    ]);
    assertGolden(
      join(import.meta.dirname, 'golden/tp1-diagram.svg'),
      `${conversationSvg(tp1Talk().conversation(), { ...options, spoken })}\n`,
    );
  });

  test('has an arrow for every segment, in order, with flags, numbers and length', () => {
    assert.deepEqual(arrowsOf(conversationSvg(tp1Talk().conversation(), options)), [
      '1 SYN seq 0 len 0',
      '2 SYN, ACK seq 0 ack 1 len 0',
      '3 ACK seq 1 ack 1 len 0',
      '4 PSH, ACK seq 1 ack 1 len 10',
      '5 ACK seq 1 ack 11 len 0',
      '6 PSH, ACK seq 1 ack 11 len 23',
      '7 ACK seq 11 ack 24 len 0',
      '8 PSH, ACK seq 11 ack 24 len 5',
      '9 ACK seq 24 ack 16 len 0',
      '10 PSH, ACK seq 24 ack 16 len 10',
      '11 ACK seq 16 ack 34 len 0',
      '12 FIN, ACK seq 16 ack 34 len 0',
      '13 ACK seq 34 ack 17 len 0',
      '14 FIN, ACK seq 34 ack 17 len 0',
      '15 ACK seq 17 ack 35 len 0',
    ]);
  });

  test('points each arrow from its sender to the other side', () => {
    const svg = conversationSvg(tp1Talk().conversation(), options);
    const starts = [...svg.matchAll(/class="tcp-arrow" d="M(\d+) \S+L(\d+)/g)].map(([, from, to]) =>
      Number(from) < Number(to) ? 'client' : 'server',
    );
    assert.deepEqual(
      starts,
      tp1Talk()
        .conversation()
        .segments.map(({ from }) => from),
    );
  });

  test('tells the states of both ends down the sides', () => {
    const conversation = tp1Talk().conversation();
    assert.deepEqual(statesOf(conversation, 'client'), [
      'CLOSED',
      'SYN-SENT',
      'ESTABLISHED',
      'FIN-WAIT-1',
      'FIN-WAIT-2',
      'TIME-WAIT',
    ]);
    assert.deepEqual(statesOf(conversation, 'server'), [
      'LISTEN',
      'SYN-RECEIVED',
      'ESTABLISHED',
      'CLOSE-WAIT',
      'LAST-ACK',
      'CLOSED',
    ]);
  });

  test('draws no state of an end of which nothing was seen', () => {
    const conversation = readConversations(
      pcapOf(
        framesOf([
          { from: 'client', flags: 'S', seq: 1 },
          { from: 'client', flags: 'S', seq: 1 },
        ]),
      ),
    )[0]!;
    assert.deepEqual(
      [statesOf(conversation, 'client'), statesOf(conversation, 'server')],
      [['CLOSED', 'SYN-SENT'], ['UNKNOWN']],
    );
    assert.ok(!conversationSvg(conversation, options).includes('UNKNOWN'));
  });

  test('says in each language when both ends open or close at once', () => {
    const conversation = readConversations(
      pcapOf(
        framesOf([
          { from: 'client', flags: 'S', seq: 99 },
          { from: 'server', flags: 'S', seq: 499 },
          { from: 'client', flags: 'SA', seq: 99, ack: 500 },
          { from: 'server', flags: 'SA', seq: 499, ack: 100 },
          { from: 'server', flags: 'FA', seq: 500, ack: 100 },
          { from: 'client', flags: 'FA', seq: 100, ack: 500 },
          { from: 'client', flags: 'A', seq: 101, ack: 501 },
          { from: 'server', flags: 'A', seq: 501, ack: 101 },
        ]),
      ),
    )[0]!;
    for (const side of ['client', 'server'] as const)
      assert.deepEqual(statesOf(conversation, side).slice(-4), ['ESTABLISHED', 'FIN-WAIT-1', 'CLOSING', 'TIME-WAIT']);
    const textIn = ({ diagram, notation }: (typeof languages)['en']): string =>
      describeConversation(conversation, diagram, notation).replaceAll('\u202f', ' ').replaceAll('\u00a0', ' ');
    assert.equal(textIn(languages.en), 'Handshake: both open at once, in 3 ms. Close: both close at once (FIN).');
    assert.match(
      textIn(languages.fr),
      /les deux ouvrent en même temps, en 3 ms\..* les deux ferment en même temps \(FIN\)\.$/,
    );
  });

  test('marks the three phases, each once and in order', () => {
    const names = [
      ...conversationSvg(tp1Talk().conversation(), options).matchAll(/class="tcp-phase-name"[^>]*>([^<]*)</g),
    ].map(([, name]) => name);
    assert.deepEqual(names, ['1  Handshake', '2  Data', '3  Close']);
  });

  test('says all of it to those who cannot see it', () => {
    const svg = conversationSvg(tp1Talk().conversation(), options);
    assert.match(svg, /role="img"\n aria-labelledby="d-title-1" aria-describedby="d-desc">/);
    assert.match(
      svg,
      /<title id="d-title-1">TCP conversation between vm2 \(192\.168\.100\.5:36222\) and vm1 \(192\.168\.100\.4:7999\)<\/title>/,
    );
    assert.match(
      svg,
      /<desc id="d-desc">Handshake: SYN, SYN-ACK, ACK in 0\.055.ms\. Data: client sent 15.bytes, server sent 33.bytes\. Close: the client closes first \(FIN\)\.<\/desc>/,
    );
  });

  test('of a refused connection shows the refusal', () => {
    const conversation = new Talk().refused().conversation();
    assert.match(conversationSvg(conversation, options), /refused \(RST\)/);
    assert.deepEqual(statesOf(conversation, 'server'), ['CLOSED']);
  });

  test('of no segment at all is still a picture', () => {
    assert.match(conversationSvg(new Talk().conversation(), options), /<svg [^]*<\/svg>/);
  });

  test('leaves time to scale where time passed, and only there', () => {
    const conversation = new Talk().handshake().line('client', 'a', 10).line('client', 'b', 1000).conversation();
    const scaled = layOut(conversation, new Map(), 'scale');
    const gaps = scaled.placed.filter(({ item }) => item.kind === 'gap').map(({ height }) => height);
    assert.ok(Math.max(...gaps) > 500, String(gaps));
    assert.ok(layOut(conversation, new Map(), 'compressed').height < 700);
    assert.match(conversationSvg(conversation, options), /1.s pass|1\.00.s pass/);
  });

  test('draws nothing of a text as markup', () => {
    const evil = '"><script>alert(1)</script>&\u202e\x1b[31m';
    const words = new Map([
      [1, { client: { kind: 'line', text: evil }, server: { kind: 'payload', text: evil } } as const],
    ]);
    const talk = new Talk().handshake().line('client', evil).conversation();
    const hostile: Conversation = {
      ...talk,
      client: { ...talk.client, machine: evil },
      server: { ...talk.server, address: evil },
    };
    const svg = conversationSvg(hostile, { ...options, spoken: words });
    assert.doesNotMatch(svg, /<script|\u202e|\x1b/);
  });
});

describe('folding', () => {
  test('keeps a short talk whole', () => {
    assert.ok(foldSegments(tp1Talk().conversation().segments).every(({ kind }) => kind === 'segment'));
  });

  test('makes a transfer of 2000 segments a few rows, and keeps what is remarkable in it', () => {
    const talk = new Talk()
      .handshake()
      .bulk('server', 700)
      .send('server', ['ACK'], { length: 1448, marks: ['retransmission'] })
      .bulk('server', 700)
      .close('server');
    const rows = foldSegments(talk.conversation().segments);
    assert.ok(rows.length < 30, `${rows.length} rows`);
    assert.ok(rows.some((row) => row.kind === 'segment' && row.segment.marks.includes('retransmission')));
  });

  test('makes a talk of 2000 lines fit too, with its beginning and its end', () => {
    const talk = new Talk().handshake();
    for (let i = 0; i < 500; i++) talk.line(i % 2 === 0 ? 'client' : 'server', `line ${i}`);
    const { segments } = talk.close().conversation();
    const rows = foldSegments(segments);
    assert.ok(segments.length > 1000 && rows.length <= foldLimits.rows + 8, `${rows.length} rows`);
    const shown = new Set(rows.filter((row) => row.kind === 'segment').map(({ segment }) => segment.text));
    assert.ok(shown.has('line 0\n') && shown.has('line 499\n'));
  });

  test('puts every segment into exactly one row, in order', () => {
    const side = fc.constantFrom('client', 'server');
    const step = fc.oneof(
      fc.tuple(fc.constant('line'), side),
      fc.tuple(fc.constant('bulk'), side),
      fc.tuple(fc.constant('marked'), side),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.boolean(), (steps, ends) => {
        const talk = new Talk().handshake();
        for (const [kind, from] of steps) {
          if (kind === 'line') talk.line(from, 'x');
          else if (kind === 'bulk') talk.bulk(from, 12);
          else talk.send(from, ['ACK'], { marks: ['duplicate-ack'] });
        }
        const { segments } = (ends ? talk.close() : talk).conversation();
        const packets = foldSegments(segments)
          .flatMap((row): readonly Segment[] => (row.kind === 'segment' ? [row.segment] : row.segments))
          .map(({ packet }) => packet);
        assert.deepEqual(
          packets,
          segments.map(({ packet }) => packet),
        );
      }),
      { numRuns: 60 },
    );
  });
});

describe('the pieces of a diagram', () => {
  const conversation = new Talk()
    .handshake()
    .line('client', 'a')
    .line('server', 'b')
    .line('client', 'c')
    .line('server', 'd')
    .line('client', 'e')
    .close()
    .conversation();

  test('are no higher than asked, follow each other without a gap, and hold everything', () => {
    const layout = layOut(conversation, new Map(), 'compressed');
    const pieces = cutLayout(layout, 400);
    assert.ok(pieces.length >= 3);
    assert.ok(pieces.every(({ top, bottom }) => bottom - top <= 400));
    assert.deepEqual(
      pieces.map(({ top }) => top),
      [0, ...pieces.slice(0, -1).map(({ bottom }) => bottom)],
    );
    assert.equal(pieces.at(-1)!.bottom, layout.height);
    assert.deepEqual(
      pieces.flatMap(({ placed }) => placed),
      layout.placed,
    );
  });

  test('never leave the heading of a phase alone at the end', () => {
    for (let height = 150; height < 700; height += 10) {
      for (const { placed } of cutLayout(layOut(conversation, new Map(), 'compressed'), height))
        assert.notEqual(placed.at(-1)!.item.kind, 'phase');
    }
  });

  test('have ids of their own, so that they stand in one page', () => {
    const ids = conversationPieces(conversation, options, 300)
      .join('')
      .matchAll(/ id="([^"]*)"/g)
      .map(([, id]) => id)
      .toArray();
    assert.equal(new Set(ids).size, ids.length);
  });
});

test('text next to the arrows is cut to its column, at blanks where it can', () => {
  assert.deepEqual(wrapText("from server Hello ! ,What's up VM2", 26, 3), ['from server Hello !', ",What's up VM2"]);
  assert.deepEqual(wrapText('x'.repeat(60), 26, 2), ['x'.repeat(26), `${'x'.repeat(25)}…`]);
  assert.deepEqual(wrapText('日本語日本語', 6, 3), ['日本語', '日本語']);
  assert.deepEqual(wrapText('  ', 6, 3), []);
});
