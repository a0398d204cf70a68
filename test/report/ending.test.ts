import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readConversations } from '../../src/packets/read-capture.ts';
import { ending } from '../../src/report/document/ending.ts';
import { portCheck } from '../../src/report/document/port-section.ts';
import { languages } from '../../src/report/language/languages.ts';
import type { ReportData, ReportPortCheck } from '../../src/report/report-data.ts';
import { framesOf, pcapOf, type MadeSegment } from '../helpers/packets/capture-files.ts';

const syn: MadeSegment = { from: 'client', flags: 'S', seq: 99 };
const synAck: MadeSegment = { from: 'server', flags: 'SA', seq: 499, ack: 100 };
const handshake: readonly MadeSegment[] = [syn, synAck, { from: 'client', flags: 'A', seq: 100, ack: 500 }];

/** What the report says of the end of a connection that went so. */
function endOf(...segments: MadeSegment[]): string {
  const [conversation] = readConversations(pcapOf(framesOf(segments)));
  const capture = { conversations: [{ conversation }], datagrams: [] };
  const report = { run: { roles: [] }, capture } as unknown as ReportData;
  const blocks = ending(report, languages.en);
  return blocks.map((block) => (block.kind === 'paragraph' ? block.text : block.kind)).join('\n');
}

describe('the end of a connection', () => {
  test('that never began is reported by how far its handshake came', () => {
    assert.match(endOf(syn, syn), /^No connection came to be: nothing answered the SYN\.$/);
    assert.match(endOf(syn, synAck), /^No connection came to be before the capture ended/);
    assert.match(endOf(syn, { from: 'server', flags: 'RA', seq: 0, ack: 100 }), /refused it \(RST\)/);
  });

  test('that the capture does not show is not guessed at', () => {
    assert.equal(endOf(...handshake), 'The capture ends before the connection is closed.');
    assert.match(
      endOf(...handshake, { from: 'client', flags: 'FA', seq: 100, ack: 500 }),
      /not both FINs were acknowledged/,
    );
  });

  test('of both at once keeps the port on the side of the server as well', () => {
    const text = endOf(
      ...handshake,
      { from: 'client', flags: 'FA', seq: 100, ack: 500 },
      { from: 'server', flags: 'FA', seq: 500, ack: 100 },
      { from: 'client', flags: 'A', seq: 101, ack: 501 },
      { from: 'server', flags: 'A', seq: 501, ack: 101 },
    );
    assert.match(text, /^Both close at once: .*TIME-WAIT stays on both sides; .* keeps port 7999 for about a minute/);
  });

  test('by a reset after a half-close tells both', () => {
    const text = endOf(
      ...handshake,
      { from: 'client', flags: 'FA', seq: 100, ack: 500 },
      { from: 'server', flags: 'PA', seq: 500, ack: 101, payload: 'more' },
      { from: 'server', flags: 'R', seq: 504 },
    );
    assert.match(text, /^The connection does not end in good order: the server resets it \(RST\)/);
    assert.match(text, /\nAfter its FIN the client still received 4\u00a0bytes: .* \(half-close\)\.$/);
  });
});

/** The sentence on a port that was looked at. */
function portOf(check: Partial<ReportPortCheck>): unknown {
  const look = { machine: 'vm1', port: 7999, holders: [], tools: [], raw: '', at: '2026-11-23T14:30:15Z', ...check };
  const report = { portChecks: [look], run: { portsFreed: [] } } as unknown as ReportData;
  return portCheck(report, languages.en)[0];
}

function toneAndText(state: ReportPortCheck['state']): string {
  const { tone, text } = portOf({ state }) as { readonly tone: string; readonly text: string };
  return `${tone}: ${text}`;
}

test('a port is bad only when it cannot be taken, and one without a holder is still in use', () => {
  assert.match(toneAndText('free'), /^good: Port 7999 of `vm1` is free/);
  assert.match(toneAndText('time-wait'), /^good: .* still remembered \(TIME_WAIT\)\. That is no process/);
  assert.match(toneAndText('busy'), /^bad: .* is in use, though nobody listens/);
});
