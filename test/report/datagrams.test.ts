import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatPacketLog, formatTcpLog } from '../../src/cli/show/tcp-log-text.ts';
import { report } from '../../src/commands/runs/report.ts';
import { tcpLog } from '../../src/commands/runs/tcp-log.ts';
import { verifyRecord } from '../../src/evidence/verify/verify-record.ts';
import type { Event } from '../../src/core/events.ts';
import type { LanguageCode } from '../../src/core/lab-description.ts';
import { assertGolden } from '../helpers/golden.ts';
import { captureBytes, pcapOf } from '../helpers/packets/capture-files.ts';
import { arpFrame } from '../helpers/packets/ip-packets.ts';
import { testContext } from '../helpers/command-context.ts';
import { storedRun, type StoredRunChanges } from '../helpers/stored-run.ts';
import { udpEvents, udpRun } from '../helpers/udp-run.ts';

async function written(changes: StoredRunChanges, format: 'md' | 'json', language: LanguageCode): Promise<string> {
  using run = storedRun(changes);
  const output = join(run.path, 'report');
  await report(testContext(run.path).context, { run: undefined, language, format, output });
  return readFileSync(output, 'utf8');
}

/** Without the programs' own texts, which are the same for both protocols. */
function withoutPrograms(text: string): string {
  return text.replace(/^## 4\..*?(?=^## 5\.)/ms, '');
}

for (const language of ['en', 'fr'] as const) {
  test(`a report of datagrams says what UDP did, and nothing of TCP, in the language ${language}`, async () => {
    const text = withoutPrograms(await written(udpRun, 'md', language));
    assert.doesNotMatch(text, /TCP|SYN|FIN|undefined|NaN|\[object/);
    assertGolden(join(import.meta.dirname, `golden/udp-report.${language}.txt`), text.replace(/^## 10\..*/ms, ''));
  });
}

test('no report of a program with a UDP port says that TCP segments are missing', async () => {
  for (const capture of [null, captureBytes('normal').subarray(0, 24), Buffer.from('no capture')]) {
    for (const language of ['en', 'fr'] as const) {
      const text = await written({ ...udpRun, files: { 'capture.pcap': capture } }, 'md', language);
      assert.doesNotMatch(withoutPrograms(text), /TCP/);
      assert.match(text, /UDP/);
    }
  }
});

/** The lab has a port of TCP, too. */
function withBoth(recorded: readonly Event[]): readonly Event[] {
  return udpEvents(recorded).map((event): Event => {
    if (event.kind !== 'lab-described') return event;
    const programs = event.lab.programs.map((program) =>
      program.name === 'server' ? Object.assign({}, program, { listens: ['7999/udp', 80] as const }) : program,
    );
    return Object.assign({}, event, { lab: { ...event.lab, programs } });
  });
}

/** An hour later than the packets. */
function later(recorded: readonly Event[]): readonly Event[] {
  return udpEvents(recorded).map((event) =>
    Object.assign({}, event, { at: { ...event.at, wallMs: event.at.wallMs + 3_600_000 } }),
  );
}

test('a lab with ports of both protocols is told of both', async () => {
  const text = withoutPrograms(await written({ ...udpRun, events: withBoth }, 'md', 'en'));
  for (const wanted of [
    'SOCK_STREAM',
    'SOCK_DGRAM',
    'holds no TCP segment',
    'What UDP did',
    'TCP port `80`',
    'UDP port `7999`',
  ])
    assert.ok(text.includes(wanted), wanted);
});

test('programs get datagrams, their losses, answers and errors next to the connections', async () => {
  const { capture } = JSON.parse(await written(udpRun, 'json', 'en')) as {
    capture: { conversations: unknown[]; omittedDatagrams: number; icmp: { reason: string }[]; datagrams: Facts[] };
  };
  const [exchange] = capture.datagrams;
  assert.deepEqual([capture.conversations, capture.datagrams.length, capture.omittedDatagrams], [[], 1, 0]);
  assert.deepEqual(
    [exchange!.clientRole, exchange!.answered, exchange!.sent.client.lost, exchange!.sent.server.duplicated],
    ['client', 2, 1, 1],
  );
  assert.deepEqual(
    exchange!.datagrams.map(({ from, number, marks }) => `${from} ${number} ${marks.join()}`.trim()),
    [
      'client 1',
      'server 1',
      'client 2 lost',
      'client 3',
      'server 2',
      'server 2 duplicate',
      'client 4 fragmented',
      'client 5',
    ],
  );
  assert.deepEqual(
    capture.icmp.map(({ reason }) => reason),
    ['port'],
  );
});

interface Facts {
  readonly clientRole: string;
  readonly answered: number;
  readonly sent: Readonly<Record<'client' | 'server', { readonly lost: number; readonly duplicated: number }>>;
  readonly datagrams: readonly { readonly from: string; readonly number: number; readonly marks: readonly string[] }[];
}

test('a record whose datagrams are of another time does not fit', async () => {
  using right = storedRun(udpRun);
  assert.deepEqual(
    (await verifyRecord(right.run)).misfits.filter(({ file }) => file === 'capture.pcap'),
    [],
  );
  using wrong = storedRun({ ...udpRun, events: later });
  assert.ok((await verifyRecord(wrong.run)).misfits.some(({ kind }) => kind === 'other-time'));
});

test('lab logs --packets shows datagrams and messages, and --tcp says where to look', async () => {
  using run = storedRun(udpRun);
  const log = await tcpLog(testContext(run.path).context, undefined);
  const text = formatPacketLog(log);
  for (const wanted of [
    /^UDP 1: vm2 \(192\.168\.100\.5:40000\) → vm1 \(192\.168\.100\.4:7999\), 8 datagrams in 1\.73\ss \(connectionless/m,
    /datagram 2 len=13 ─+✗ lost "is this lost\?"$/m,
    /◀─ {2}ICMP ─+ vm1: port unreachable$/m,
    /^Datagrams: client 5, server 2; answered: 2; lost: 1$/m,
    /^ICMP:\n.*vm1 \(192\.168\.100\.4\) → vm2 .*port unreachable \(UDP 192\.168\.100\.5:40000 → 192\.168\.100\.4:7999\)$/m,
  ])
    assert.match(text, wanted);
  assert.doesNotMatch(text, /TCP/);
  assert.match(formatTcpLog(log), /lab logs --packets/);
  assert.deepEqual([log.datagrams.length, log.icmp.length, 'datagrams' in log.counts], [1, 1, false]);
});

test('that no machine tried to connect is not said where datagrams were sent', async () => {
  const seen = { machines: ['vm1', 'vm2'], attempts: [] };
  const events = (recorded: readonly Event[]): readonly Event[] =>
    udpEvents(recorded).flatMap((event): Event[] =>
      event.kind === 'run-finished' ? [{ at: event.at, kind: 'attempts-counted', seen }, event] : [event],
    );
  assert.doesNotMatch(await written({ ...udpRun, events }, 'md', 'en'), /tried to connect/);
});

/** Only the client is run; no program of the run has a port, and nothing was captured. */
function withoutServer(protocol: 'udp' | undefined): StoredRunChanges['events'] {
  return (recorded) =>
    udpEvents(recorded).flatMap((event): Event[] => {
      if (event.kind === 'lab-described') {
        const programs = event.lab.programs.map((program) => ({ ...program, listens: [] }));
        return [{ ...event, lab: { ...event.lab, programs } }];
      }
      if (event.kind !== 'run-finished' || protocol === undefined) return [event];
      const to = { address: '192.168.100.4', port: 7999 };
      const attempts = [{ machine: 'vm2', protocol, to, count: 1, refused: 1, unreachable: 0, answered: 0 }];
      const seen = { machines: ['vm1', 'vm2'], attempts };
      return [{ at: event.at, kind: 'attempts-counted', seen }, event];
    });
}

test('a client of UDP whose server was never started is told of no TCP, nor is one of which nothing is known', async () => {
  for (const protocol of ['udp', undefined] as const) {
    const events = withoutServer(protocol)!;
    const text = withoutPrograms(await written({ events, files: { 'capture.pcap': null } }, 'md', 'fr'));
    assert.doesNotMatch(text, /TCP|SYN|mode connecté|dessiné en haut/);
    assert.equal(text.includes('mode non connecté'), protocol === 'udp');
  }
});

/** The client says so in two pieces. */
const withTooLong: StoredRunChanges['events'] = (recorded) =>
  udpEvents(recorded).flatMap((event): Event[] =>
    event.kind === 'run-finished'
      ? [
          { at: event.at, kind: 'terminal-output', role: 'client', data: 'sendto: Message too l' },
          { at: event.at, kind: 'terminal-output', role: 'client', data: 'ong\r\n' },
          event,
        ]
      : [event],
  );

test('a datagram that was too long to be sent is told of, though no packet shows it', async () => {
  const told = /client said "Message too long" \(EMSGSIZE\): its system sent nothing/;
  assert.match(await written({ ...udpRun, events: withTooLong }, 'md', 'en'), told);
  assert.match(
    await written(
      { events: withTooLong, files: { 'capture.pcap': captureBytes('normal').subarray(0, 24) } },
      'md',
      'en',
    ),
    told,
  );
  assert.doesNotMatch(await written(udpRun, 'md', 'en'), told);
  using run = storedRun({ ...udpRun, events: withTooLong });
  assert.match(formatPacketLog(await tcpLog(testContext(run.path).context, undefined)), told);
});

test('the messages of ARP stand in the log and in the report of datagrams, in both languages', async () => {
  const [near, far] = [['020000000001', '192.168.100.5'] as const, ['020000000002', '192.168.100.4'] as const];
  const capture = pcapOf([
    arpFrame({ operation: 1, from: near, to: ['000000000000', far[1]] }, 0),
    arpFrame({ operation: 2, from: far, to: near }, 1),
    arpFrame({ operation: 1, from: [near[0], '0.0.0.0'], to: ['000000000000', near[1]] }, 2),
    arpFrame({ operation: 1, from: near, to: ['000000000000', near[1]] }, 3),
  ]);
  const changes = { ...udpRun, files: { 'capture.pcap': capture } };
  using run = storedRun(changes);
  const log = formatPacketLog(await tcpLog(testContext(run.path).context, undefined));
  assert.match(log, /^ARP:\n +1 +0\sms vm2: who has 192\.168\.100\.4\? Tell 192\.168\.100\.5\n/m);
  assert.match(log, / 2 +1\sms vm1: 192\.168\.100\.4 is at 02:00:00:00:00:02\n/);
  assert.match(log, / 3 .*02:00:00:00:00:01: has anybody 192\.168\.100\.5\?/);
  assert.match(log, / 4 .*vm2: to all: 192\.168\.100\.5 is at 02:00:00:00:00:01/);
  const text = await written(changes, 'md', 'fr');
  assert.match(text, /\| `1` \| 0\sms \| `vm2` \| qui a 192\.168\.100\.4\s\? Le dire à 192\.168\.100\.5 \|/);
});
