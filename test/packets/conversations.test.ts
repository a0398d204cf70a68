import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { conversationText } from '../../src/packets/conversation-text.ts';
import { readCapture, readConversations } from '../../src/packets/read-capture.ts';
import type { Conversation } from '../../src/packets/conversation.ts';
import {
  captureBytes,
  captureNames,
  framesOf,
  packetsOf,
  pcapOf,
  type MadeSegment,
} from '../helpers/packets/capture-files.ts';
import { assertGolden } from '../helpers/golden.ts';

const hints = {
  machines: new Map([
    ['10.9.0.1', 'vm2'],
    ['10.9.0.2', 'vm1'],
  ]),
};

function only(name: string): Conversation {
  const [conversation, ...others] = readConversations(captureBytes(name), hints);
  assert.deepEqual(others, []);
  return conversation!;
}

function made(...segments: MadeSegment[]): Conversation {
  return readConversations(pcapOf(framesOf(segments)))[0]!;
}

const handshake: readonly MadeSegment[] = [
  { from: 'client', flags: 'S', seq: 99 },
  { from: 'server', flags: 'SA', seq: 499, ack: 100 },
  { from: 'client', flags: 'A', seq: 100, ack: 500 },
];

/** Client and server after each segment from the `skip`th on: `ESTABLISHED/CLOSE-WAIT`. */
function statesOf({ segments }: Conversation, skip = 0): string[] {
  return segments.slice(skip).map(({ states }) => `${states.client}/${states.server}`);
}

test('a conversation is drawn as text: arrows, flags, relative numbers, states, phases, marks', async (context) => {
  for (const name of captureNames) {
    await context.test(name, () =>
      assertGolden(
        join(import.meta.dirname, 'golden', `${name}.txt`),
        readConversations(captureBytes(name), hints)
          .map((conversation) => conversationText(conversation))
          .join('\n'),
      ),
    );
  }
});

test('a long conversation is folded: its ends are shown, and what is remarkable between', () => {
  const lines = Array.from({ length: 300 }, (_, index): MadeSegment => ({
    from: 'client',
    flags: 'PA',
    seq: 100 + index,
    ack: 500,
    payload: 'x',
  }));
  const again: MadeSegment = { from: 'client', flags: 'PA', seq: 250, ack: 500, payload: 'x' };
  const conversation = made(...handshake, ...lines.slice(0, 200), again, ...lines.slice(200));
  const text = conversationText(conversation);
  assert.match(text, /… 143 packets not shown\n\s+204 [^\n]* out of order [^\n]*\n\s+… 40 packets not shown/s);
  assert.equal(
    conversationText(conversation, { all: true })
      .split('\n')
      .filter((line) => line.includes('seq=')).length,
    304,
  );
});

test('what a payload holds cannot drive the terminal that shows it', () => {
  const text = conversationText(
    made(...handshake, {
      from: 'client',
      flags: 'PA',
      seq: 100,
      ack: 500,
      payload: 'a\u001b[31mred\u009b2J\u202etxt"\\\n',
    }),
  );
  assert.ok(!/[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]/.test(text), 'only newlines are left of all controls');
  assert.match(text, /"a\\u001b\[31mred/);
});

test('the handshake has its three packets, the initial sequence numbers and the time that it took', () => {
  const { handshake: shake, client, server, acknowledgedIn } = only('normal');
  assert.deepEqual([shake.complete, shake.syn, shake.synAck, shake.ack, shake.refused], [true, 1, 2, 3, false]);
  assert.deepEqual([client.isn, server.isn], [586_394_818, 1_362_472_909]);
  assert.deepEqual(
    [client.machine, client.synOptions.mss, client.synOptions.windowScale, client.synOptions.sackPermitted],
    ['vm2', 1460, 9, true],
  );
  assert.ok(shake.durationMs! > 0 && shake.durationMs! < 1);
  assert.equal(acknowledgedIn.client?.count, 5);
});

test('who closed first, and how, is reported for every way to end', () => {
  const endOf = (name: string): unknown[] => {
    const { kind, by, complete, halfClose } = only(name).close;
    return [kind, by, complete, halfClose?.bytesAfter];
  };
  assert.deepEqual(endOf('normal'), ['fin', 'client', true, undefined]);
  assert.deepEqual(endOf('server-closes'), ['fin', 'server', true, undefined]);
  assert.deepEqual(endOf('half-close'), ['fin', 'client', true, 21]);
  assert.deepEqual(endOf('reset'), ['rst', 'client', false, undefined]);
  assert.deepEqual(endOf('unread'), ['rst', 'server', false, undefined]);
  assert.deepEqual(endOf('refused'), ['rst', 'server', false, undefined]);
  assert.deepEqual(endOf('unanswered'), ['open', undefined, false, undefined]);
  assert.equal(only('refused').handshake.refused, true);
});

test('a reset after both sides closed did not end the connection, one before did', () => {
  const fin: readonly MadeSegment[] = [
    { from: 'client', flags: 'FA', seq: 100, ack: 500 },
    { from: 'server', flags: 'FA', seq: 500, ack: 101 },
  ];
  const late = made(
    ...handshake,
    ...fin,
    { from: 'client', flags: 'A', seq: 101, ack: 501 },
    { from: 'client', flags: 'R', seq: 101 },
  );
  assert.deepEqual([late.close.kind, late.close.by, late.close.rst], ['fin', 'client', { packet: 7, by: 'client' }]);
  const early = made(...handshake, fin[0]!, { from: 'server', flags: 'RA', seq: 500, ack: 101 });
  assert.deepEqual([early.close.kind, early.close.by, early.close.fin.client], ['rst', 'server', 4]);
});

test('both ends go through the states of RFC 9293', () => {
  const close: readonly MadeSegment[] = [
    { from: 'client', flags: 'FA', seq: 100, ack: 500 },
    { from: 'server', flags: 'A', seq: 500, ack: 101 },
    { from: 'server', flags: 'FA', seq: 500, ack: 101 },
    { from: 'client', flags: 'A', seq: 101, ack: 501 },
  ];
  assert.deepEqual(statesOf(made(...handshake, ...close)), [
    'SYN-SENT/SYN-RECEIVED',
    'ESTABLISHED/SYN-RECEIVED',
    'ESTABLISHED/ESTABLISHED',
    'FIN-WAIT-1/CLOSE-WAIT',
    'FIN-WAIT-2/CLOSE-WAIT',
    'TIME-WAIT/LAST-ACK',
    'TIME-WAIT/CLOSED',
  ]);
});

test('when both close at once, both go through CLOSING', () => {
  const conversation = made(
    ...handshake,
    { from: 'client', flags: 'FA', seq: 100, ack: 500 },
    { from: 'server', flags: 'FA', seq: 500, ack: 100 },
    { from: 'client', flags: 'A', seq: 101, ack: 501 },
    { from: 'server', flags: 'A', seq: 501, ack: 101 },
  );
  assert.deepEqual(statesOf(conversation, 3), [
    'FIN-WAIT-1/ESTABLISHED',
    'CLOSING/FIN-WAIT-1',
    'CLOSING/CLOSING',
    'TIME-WAIT/TIME-WAIT',
  ]);
  assert.deepEqual(
    [conversation.close.by, conversation.close.complete, conversation.close.halfClose],
    ['both', true, undefined],
  );
  assert.match(
    conversationText(conversation),
    /Close: by both at once with FIN \(packets 4 and 5\), both sides closed/,
  );
});

test('when both close at once, it does not matter whose FIN and whose acknowledgement the capture saw first, and data may be on its way', () => {
  const conversation = made(
    ...handshake,
    { from: 'server', flags: 'FPA', seq: 500, ack: 100, payload: 'bye' },
    { from: 'client', flags: 'FPA', seq: 100, ack: 500, payload: 'exit' },
    { from: 'client', flags: 'A', seq: 105, ack: 504 },
    { from: 'server', flags: 'A', seq: 504, ack: 105 },
  );
  assert.deepEqual(statesOf(conversation, 3), [
    'ESTABLISHED/FIN-WAIT-1',
    'FIN-WAIT-1/CLOSING',
    'CLOSING/TIME-WAIT',
    'TIME-WAIT/TIME-WAIT',
  ]);
  assert.equal(conversation.close.by, 'both');
  const answered = made(
    ...handshake,
    { from: 'client', flags: 'FA', seq: 100, ack: 500 },
    { from: 'server', flags: 'FA', seq: 500, ack: 101 },
  );
  assert.deepEqual(
    [answered.close.by, statesOf(answered).at(-1)],
    ['client', 'FIN-WAIT-2/LAST-ACK'],
    'one FIN that answers the other does not cross it',
  );
});

test('what is not seen is not drawn: a SYN, a SYN-ACK or a FIN that is never acknowledged does not arrive', () => {
  const syn = handshake[0]!;
  const unanswered = made(syn, syn, syn);
  assert.deepEqual(statesOf(unanswered), Array<string>(3).fill('SYN-SENT/UNKNOWN'));
  const text = conversationText(unanswered);
  assert.ok(!/UNKNOWN|LISTEN|SYN-RECEIVED/.test(text), text);
  assert.match(
    text,
    /Handshake: not complete: the SYN was not answered\nClose: none: the connection had not come about/,
  );
  assert.deepEqual(statesOf(made(syn, handshake[1]!, handshake[1]!)).at(-1), 'SYN-SENT/SYN-RECEIVED');
  const fin: MadeSegment = { from: 'client', flags: 'FA', seq: 100, ack: 500 };
  assert.deepEqual(statesOf(made(...handshake, fin, fin), 3), Array<string>(2).fill('FIN-WAIT-1/ESTABLISHED'));
});

test('time never runs backwards, though the clock of the capture does', () => {
  const packets = framesOf([
    ...handshake,
    { from: 'client', flags: 'PA', seq: 100, ack: 500, payload: 'a' },
    { from: 'server', flags: 'A', seq: 500, ack: 101 },
  ]);
  const setBack = packets.map((packet, index) =>
    Object.assign({}, packet, { timeMs: 1_795_849_000_000 + 10 * index - (index < 3 ? 0 : 5000) }),
  );
  const { segments, startMs, durationMs } = readConversations(pcapOf(setBack))[0]!;
  const times = segments.map(({ timeMs }) => timeMs - startMs);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  assert.ok(
    durationMs === times.at(-1) &&
      durationMs >= 10 &&
      segments.every(({ acknowledges }) => (acknowledges?.afterMs ?? 0) >= 0),
    String(times),
  );
});

test('text that the capture cut off ends in an ellipsis, also in the midst of a character', () => {
  const packets = framesOf([...handshake, { from: 'client', flags: 'PA', seq: 100, ack: 500, payload: 'déjà vu' }]);
  // The last four bytes are missing, and half of the "à" is one of them.
  const cut = packets.map(({ timeMs, data }, index) =>
    index < 3 ? { timeMs, data } : { timeMs, data: data.subarray(0, -4), originalLength: data.byteLength },
  );
  const [conversation] = readConversations(pcapOf(cut));
  assert.deepEqual([conversation!.segments[3]!.text, conversation!.segments[3]!.length], ['déj', 9]);
  assert.match(conversationText(conversation!), /"déj"…/);
});

test('when both open at once, both are the client of a SYN, and the first is called so', () => {
  const conversation = made(
    { from: 'client', flags: 'S', seq: 99 },
    { from: 'server', flags: 'S', seq: 499 },
    { from: 'client', flags: 'SA', seq: 99, ack: 500 },
    { from: 'server', flags: 'SA', seq: 499, ack: 100 },
  );
  assert.equal(conversation.sidesKnownBy, 'syn');
  assert.deepEqual(statesOf(conversation), [
    'SYN-SENT/CLOSED',
    'SYN-RECEIVED/SYN-SENT',
    'SYN-RECEIVED/SYN-RECEIVED',
    'ESTABLISHED/ESTABLISHED',
  ]);
  assert.deepEqual([conversation.handshake.simultaneous, conversation.handshake.complete], [true, true]);
  assert.match(conversationText(conversation), /^\s+CLOSED\s+CLOSED$.*Handshake: both opened at once, complete in/ms);
});

test('a FIN counts at its receiver when the bytes before it have come', () => {
  const conversation = made(
    ...handshake,
    { from: 'client', flags: 'FA', seq: 104, ack: 500 },
    { from: 'client', flags: 'PA', seq: 100, ack: 500, payload: 'late' },
    { from: 'server', flags: 'A', seq: 500, ack: 105 },
  );
  assert.deepEqual(statesOf(conversation, 3), [
    'FIN-WAIT-1/ESTABLISHED',
    'FIN-WAIT-1/CLOSE-WAIT',
    'FIN-WAIT-2/CLOSE-WAIT',
  ]);
});

test('each phase begins once', () => {
  const phases = only('half-close').segments.map(({ phase }) => phase);
  assert.deepEqual(phases, [
    ...Array<string>(3).fill('handshake'),
    ...Array<string>(2).fill('data'),
    ...Array<string>(9).fill('close'),
  ]);
});

test('sent bytes are counted once and put in order, however often and in whatever order they came', () => {
  const [traced] = readCapture(captureBytes('lost-behind')).conversations;
  const { bytes, missing } = traced!.payload('client');
  assert.equal(missing, 0);
  assert.deepEqual(
    bytes,
    Buffer.concat(Array<Buffer>(200).fill(Buffer.from(Array.from({ length: 256 }, (_, index) => index)))),
  );
  assert.deepEqual(
    [traced!.conversation.sent.client.bytes, traced!.conversation.sent.client.retransmissions > 0],
    [51_200, true],
  );
  const limited = traced!.payload('client', 100);
  assert.equal(limited.bytes.byteLength, 100);
});

test('bytes that the capture lacks are missing in the payload, and reported', () => {
  const [traced] = readCapture(
    pcapOf(
      framesOf([
        ...handshake,
        { from: 'client', flags: 'PA', seq: 100, ack: 500, payload: 'abc' },
        { from: 'client', flags: 'PA', seq: 110, ack: 500, payload: 'xyz' },
      ]),
    ),
  ).conversations;
  const { bytes, missing } = traced!.payload('client');
  assert.deepEqual([Buffer.from(bytes).toString(), missing], ['abcxyz', 7]);
  assert.deepEqual(traced!.conversation.segments.at(-1)!.marks, ['lost-before']);
});

test('where the capture began late, the listening port tells the server, else the higher port the client', () => {
  const late = packetsOf(captureBytes('normal')).slice(5);
  const byPort = readConversations(pcapOf(late), { listeningPorts: new Set([7001]) })[0]!;
  assert.deepEqual(
    [byPort.server.port, byPort.sidesKnownBy, byPort.handshake.complete, byPort.segments[0]!.states.client],
    [7001, 'listening-port', false, 'ESTABLISHED'],
  );
  const byNumber = readConversations(pcapOf(late))[0]!;
  assert.deepEqual([byNumber.server.port, byNumber.sidesKnownBy], [7001, 'higher-port']);
});

test('ports that are used again make another conversation', () => {
  const conversations = readConversations(captureBytes('port-reused'));
  assert.deepEqual(
    conversations.map(({ index, client, segments }) => [index, client.port, segments[0]!.marks]),
    [
      [0, 40_014, []],
      [1, 40_014, ['port-reused']],
    ],
  );
});

function preview(payload: string): string {
  return made(...handshake, { from: 'client', flags: 'PA', seq: 100, ack: 500, payload }).segments.at(-1)!.text;
}

test('a preview of the payload cuts no character, and has U+FFFD for what is no text', () => {
  assert.equal(preview('héllo ☃'), 'héllo ☃');
  assert.equal(preview('x'.repeat(500)), 'x'.repeat(200));
  assert.equal(preview(`${'x'.repeat(199)}😀`), 'x'.repeat(199), 'half an emoji is no character');
  assert.equal(preview('😀'.repeat(300)), '😀'.repeat(100));
});
