import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { readCapture, readConversations } from '../../src/packets/read-capture.ts';
import { PacketCapture } from '../../src/capture/packet-capture.ts';
import { capture } from '../../src/commands/machines/capture.ts';
import { openSession } from '../../src/session/open-session.ts';
import { down } from '../../src/commands/lab/down.ts';
import { exec } from '../../src/commands/machines/exec.ts';
import { run, type RunOptions, type RunResult } from '../../src/commands/runs/run.ts';
import { tcpLog } from '../../src/commands/runs/tcp-log.ts';
import { up } from '../../src/commands/lab/up.ts';
import { withCleanup } from '../../src/core/cleanup.ts';
import type { Conversation } from '../../src/packets/conversation.ts';
import { EnvironmentError, InterruptedError, UsageError } from '../../src/core/errors.ts';
import { silent, type EventBody } from '../../src/core/events.ts';
import { retryUntil } from '../../src/core/time/retry.ts';
import { OutputClosedError } from '../../src/host/files/output.ts';
import { runCli } from '../helpers/cli.ts';
import { testContext, type TestContextOptions } from '../helpers/command-context.ts';
import { cannotMakeMachines, labFolder } from '../helpers/machines/machines.ts';

const fixtures = join(import.meta.dirname, 'fixtures');

const labText = `version: 1
name: packets
networks: { natnet: 192.168.100.0/24 }
machines:
  vm1: { user: ildvm1, address: 192.168.100.4 }
  vm2: { user: ildvm2, address: 192.168.100.5 }
programs:
  server: { on: vm1, files: [{ path: ${fixtures}/listen.py, outside: true }], command: [python3, listen.py, 7999], listens: 7999 }
  client: { on: vm2, files: [{ path: ${fixtures}/talk.py, outside: true }], command: [python3, talk.py, vm1, 7999], prompt: "> " }
  neighbour: { on: vm1, files: [{ path: ${fixtures}/talk.py, outside: true }], command: [python3, talk.py, 127.0.0.1, 7999], prompt: "> " }
scenarios:
  exchange:
    - start: [server, client]
    - tcp: { handshake: true, close: { kind: open }, connections: 1 }
    - send: { client: Hello }
    - tcp: { payload: { client: Hello, server: "Hello\\n" } }
    - send: { client: bye }
    - exit: { client: 0, server: 0 }
    - tcp: { close: { by: client, kind: fin }, reset: none, retransmissions: 0 }
  crash:
    - start: [server, client]
    - send: { client: crash }
    - exit: { server: 3 }
    - tcp: { close: { by: server, kind: rst } }
    - expect: { client: reset }
    - tcp: { reset: none }
  neighbours:
    - start: [server, neighbour]
    - send: { neighbour: near }
    - send: { neighbour: bye }
    - exit: { neighbour: 0, server: 0 }
  patient:
    - start: [server, client]
    - tcp: { close: { by: client, kind: fin } }
      timeout: 300ms
  nobody:
    - start: server
    - tcp: { connections: 0 }
  waiting:
    - start: [server, client]
    - send: { client: Hello }
    - wait: 1min
`;

/** The capture of the last play. */
function captureOf({ runs }: RunResult): string {
  return join(runs.at(-1)!.folder, 'capture.pcap');
}

/** One lab that all these tests share; each leaves it as it found it. */
describe('with machines that are up', { skip: await cannotMakeMachines() }, () => {
  const folder = labFolder({ 'lab.yaml': labText });
  const user = (options?: TestContextOptions): ReturnType<typeof testContext> => testContext(folder.path, options);
  const play = (scenario: string, options: Partial<RunOptions> = {}, { context } = user()): Promise<RunResult> =>
    run(context, { scenario, times: 1, ...options });
  const on = async (machine: string, script: string): Promise<string> => {
    const { results } = await exec(user().context, {
      machines: [machine],
      command: ['sh', '-c', script],
      collect: true,
    });
    return results[0]!.stdout.trim();
  };

  before(async () => {
    await up(user().context, { recreate: false });
  });
  after(async () => {
    try {
      await down(user().context, { purge: true });
    } finally {
      await folder[Symbol.asyncDispose]();
    }
  });

  test('a run stores all packets of its programs, from the first SYN to the last ACK', async () => {
    const result = await play('exchange');
    assert.equal(result.result, 'passed', result.firstFailure?.play.failedStep?.reason);
    const log = await tcpLog(user().context, result.runs[0]!.run);
    const [{ client, server, handshake, close, sent }] = log.conversations as [(typeof log.conversations)[0]];
    assert.deepEqual([client.machine, server.machine, server.port], ['vm2', 'vm1', 7999]);
    assert.deepEqual([handshake.complete, close.kind, close.by, close.complete], [true, 'fin', 'client', true]);
    assert.deepEqual([sent.client.bytes, sent.server.bytes], [6, 6]);
    assert.deepEqual(log.capture, {
      packets: log.counts.packets,
      lost: 0,
      full: false,
      machines: [{ machine: 'vm1', interface: 'eth0', filter: 'tcp port 7999', clockOffsetMs: 0 }],
    });
    assert.equal(log.file, captureOf(result));
  });

  test('lab logs --tcp draws it, as text and as JSON', async () => {
    const result = await play('exchange');
    const name = result.runs[0]!.run;
    const drawn = await runCli(['logs', '--tcp', name], { cwd: folder.path });
    assert.equal(drawn.exitCode, 0, drawn.stderr);
    assert.match(drawn.stdout, /^Conversation 1: vm2 192\.168\.100\.5:\d+ → vm1 192\.168\.100\.4:7999, \d+ packets/);
    assert.match(
      drawn.stdout,
      /SYN-SENT ──  SYN seq=0 ─+▶ SYN-RECEIVED\n.*── data ──.*"Hello\\n".*── close ──.*FIN-WAIT-1 ──  FIN ACK/s,
    );
    const { conversations } = JSON.parse(
      (await runCli(['--json', 'logs', '--tcp', name], { cwd: folder.path })).stdout,
    ) as { conversations: Conversation[] };
    assert.deepEqual(
      conversations.map(({ close }) => close.by),
      ['client'],
    );
  });

  test('so does every run of many, and nothing of a capture is left on the machine', async () => {
    const result = await play('exchange', { times: 5 });
    assert.equal(result.passed, 5, result.firstFailure?.play.failedStep?.reason);
    for (const { folder: path } of result.runs)
      assert.deepEqual(
        readConversations(join(path, 'capture.pcap')).map(({ close }) => close.complete),
        [true],
      );
    assert.equal(await on('vm1', 'pgrep -l tcpdump; pgrep -x cat'), '');
  });

  test('a step that finds what must not be fails at once and names the packet', async () => {
    const { result, firstFailure } = await play('crash');
    assert.equal(result, 'failed');
    const { failedStep, durationMs } = firstFailure!.play;
    assert.equal(failedStep!.expected, 'no RST');
    assert.match(failedStep!.reason, /^packet \d+ \(RST ACK of the server, .* after the first\)$/);
    assert.ok(durationMs < 3000, 'the time limit of the step is not waited for');
    assert.match(failedStep!.hint!, /lab logs --packets/);
  });

  test('a step waits for what may still come, but not longer than its time limit', async () => {
    const { firstFailure } = await play('patient');
    assert.match(
      firstFailure!.play.failedStep!.reason,
      /^it is open still after packet \d+ \(ACK of the client, .* within 300 ms$/,
    );
  });

  test('packets between two programs of one machine are captured too', async () => {
    const result = await play('neighbours');
    const [conversation, ...others] = readConversations(captureOf(result));
    assert.deepEqual(others, []);
    assert.deepEqual(
      [conversation!.client.address, conversation!.close.complete, conversation!.sent.client.bytes],
      ['127.0.0.1', true, 5],
    );
    const duplicates = conversation!.segments.flatMap(({ marks }) =>
      marks.filter((mark) => mark.includes('retransmission')),
    );
    assert.deepEqual(duplicates, [], 'no packet is there twice');
  });

  test('a run to which nobody connects has a capture without packets', async () => {
    const result = await play('nobody');
    assert.equal(result.result, 'passed', result.firstFailure?.play.failedStep?.reason);
    const reading = readCapture(readFileSync(captureOf(result)));
    assert.deepEqual([reading.format, reading.packets], ['pcap', 0]);
  });

  test('a run that is interrupted keeps what was captured', async () => {
    const stop = new AbortController();
    const { context, events } = user({ signal: stop.signal });
    const playing = play('waiting', {}, { ...user(), context });
    await retryUntil(
      () =>
        events.some((event) => event.kind === 'scenario-step-started' && event.index === 2)
          ? { value: true }
          : { seen: 'earlier steps' },
      { what: 'the last step', timeoutMs: 20_000 },
    );
    stop.abort(new InterruptedError('SIGINT'));
    const result = await playing;
    assert.equal(result.result, 'interrupted');
    const [conversation] = (await tcpLog(user().context, result.runs[0]!.run)).conversations;
    assert.equal(conversation!.sent.client.bytes, 6);
  });

  test('without a capture there is no file, and a step that needs the packets says so', async () => {
    const { result, firstFailure } = await play('exchange', { capture: false });
    assert.equal(result, 'broken');
    assert.match(firstFailure!.play.error!.message, /captures no packets/);
    assert.ok(firstFailure!.play.error instanceof EnvironmentError);
    assert.equal(existsSync(join(firstFailure!.folder, 'capture.pcap')), false);
    await assert.rejects(
      tcpLog(user().context, firstFailure!.run),
      (error) => error instanceof UsageError && error.code === 'no-capture',
    );
  });

  test('where the user may not capture, sudo is tried; where that is not allowed, or there is no tcpdump, the run goes on and says why', async () => {
    await on(
      'vm1',
      'p=$(command -v tcpdump); sudo cp --preserve=all "$p" "$p.kept"; sudo cp --no-preserve=all "$p" "$p.plain"; sudo chmod 755 "$p.plain"; sudo mv "$p.plain" "$p"',
    );
    const withSudo = await play('neighbours');
    assert.deepEqual(
      readConversations(captureOf(withSudo)).map(({ close }) => close.complete),
      [true],
    );
    assert.equal(await on('vm1', 'pgrep -l tcpdump'), '', 'also the one of root is gone');

    // From now on sudo asks for a password; a process of root waits to undo that.
    await on(
      'vm1',
      `sudo setsid sh -c 'cp -p /etc/sudoers /etc/sudoers.kept; echo "root ALL=(ALL) ALL" >/etc/sudoers; touch /tmp/asks; until [ -e /tmp/enough ]; do sleep 0.02; done; cp -p /etc/sudoers.kept /etc/sudoers; rm /tmp/asks' >/dev/null 2>&1 & until [ -e /tmp/asks ]; do sleep 0.02; done`,
    );
    const asked = user();
    const refused = await play('neighbours', {}, asked);
    const forbidden = asked.events.find((event) => event.kind === 'notice' && event.level === 'warning');
    assert.match(
      JSON.stringify(forbidden),
      /no packets are captured on vm1 \(lo\): tcpdump may not capture on vm1.*setcap/,
    );
    // Its links are captured outside of it all the same.
    const { capture, conversations } = await tcpLog(user().context, refused.runs[0]!.run);
    assert.deepEqual(
      [refused.result, conversations, capture!.machines.map((place) => place.interface)],
      ['passed', [], ['eth0']],
    );
    assert.deepEqual(
      capture!.gaps!.map(({ machine, interface: name, since }) => [machine, name, since]),
      [['vm1', 'lo', null]],
    );
    await on('vm1', 'touch /tmp/enough; while [ -e /tmp/asks ]; do sleep 0.02; done');

    await on('vm1', 'p=$(command -v tcpdump); sudo rm "$p"');
    const without = user();
    assert.equal((await play('neighbours', {}, without)).result, 'passed');
    assert.match(
      JSON.stringify(without.events),
      /no packets are captured on vm1 \(lo\): vm1 has no tcpdump.*apt-get install tcpdump/,
    );
    await on(
      'vm1',
      'for p in /usr/bin /usr/sbin /sbin /bin /usr/local/bin; do [ ! -e "$p/tcpdump.kept" ] || sudo mv "$p/tcpdump.kept" "$p/tcpdump"; done',
    );
    assert.deepEqual(readConversations(captureOf(await play('neighbours'))).length, 1);
  });

  test('a capture that reaches its limit is told to be full, and ends with a whole packet', async () => {
    await withCleanup(async (cleanup) => {
      const { shells } = await openSession(user().context).connect(cleanup, ['vm1', 'vm2']);
      const packets = new PacketCapture({
        plan: [{ machine: 'vm1', interfaces: ['eth0'], filter: 'tcp port 9000' }],
        shells,
        hints: {},
        events: silent,
        limitBytes: 100_000,
      });
      await packets.ready();
      const received = shells.get('vm1')!.exec(['sh', '-c', 'nc -l 9000 | wc -c']);
      await retryUntil(
        async () =>
          (await shells.get('vm2')!.exec(['sh', '-c', 'head -c 3000000 /dev/zero | nc -N vm1 9000'])).exitCode === 0
            ? { value: true }
            : { seen: 'refused' },
        { what: 'the listener', timeoutMs: 10_000 },
      );
      assert.equal((await received).stdout.trim(), '3000000');
      const { full, file } = await packets.end();
      assert.ok(full && file!.byteLength >= 90_000 && file!.byteLength < 1_000_000, `${file!.byteLength} bytes`);
      assert.equal(readCapture(file!).cutShort, false);
    });
  });

  test('where nothing can be captured outside of a machine, it is captured inside, and that is reported', async () => {
    await withCleanup(async (cleanup) => {
      const { shells } = await openSession(user().context).connect(cleanup, ['vm1']);
      const notices: EventBody[] = [];
      const events = { emit: (event: EventBody) => void notices.push(event) };
      const links = new Map([['vm1', () => Promise.resolve(1)]]);
      const packets = new PacketCapture({
        plan: [{ machine: 'vm1', interfaces: ['eth0'], filter: 'tcp port 7999' }],
        shells,
        links,
        hints: {},
        events,
      });
      await packets.ready();
      assert.match(
        JSON.stringify(notices),
        /packets are captured inside of vm1, where a program could end that: tcpdump failed on vm1: exit status 1/,
      );
      const { machines, gaps } = await packets.end();
      assert.deepEqual([machines.map((place) => place.interface), gaps], [['eth0'], []]);
    });
  });

  test('a tcpdump that hangs is given up, and the run goes on', async () => {
    await on(
      'vm1',
      'p=$(command -v tcpdump); sudo cp --preserve=all "$p" "$p.kept"; printf "#!/bin/sh\nexec sleep 600\n" >/tmp/hang; chmod 755 /tmp/hang; sudo mv /tmp/hang "$p"',
    );
    await withCleanup(async (cleanup) => {
      const { shells } = await openSession(user().context).connect(cleanup, ['vm1']);
      const notices: EventBody[] = [];
      const events = { emit: (event: EventBody) => void notices.push(event) };
      const packets = new PacketCapture({
        plan: [{ machine: 'vm1', interfaces: ['eth0'], filter: '' }],
        shells,
        hints: {},
        events,
        patienceMs: 300,
      });
      await packets.ready();
      assert.match(packets.missing!, /waited 300 ms for tcpdump on vm1/);
      assert.match(JSON.stringify(notices), /no packets are captured on vm1/);
      assert.equal((await packets.end()).file, undefined);
    });
    await on('vm1', 'p=$(command -v tcpdump); sudo mv "$p.kept" "$p"');
    assert.equal(await on('vm1', 'pgrep -l sleep'), '');
  });

  test('lab capture writes a file until the user stops it, only of what the filter lets through', async () => {
    const stop = new AbortController();
    const { context, events } = user({ signal: stop.signal });
    const capturing = capture(context, {
      machine: 'vm1',
      interface: undefined,
      file: 'icmp.pcap',
      filter: ['icmp', 'and', 'host', 'vm2'],
    });
    await retryUntil(() => (events.some((event) => event.kind === 'notice') ? { value: true } : { seen: 'no word' }), {
      what: 'the capture',
      timeoutMs: 20_000,
    });
    await exec(user().context, { machines: ['vm2'], command: ['ping', '-c', '2', '-i', '0.05', 'vm1'], collect: true });
    stop.abort(new InterruptedError('SIGINT'));
    const result = await capturing;
    assert.deepEqual(
      [result.interface, result.packets, result.dropped, result.file],
      ['eth0', 4, 0, join(folder.path, 'icmp.pcap')],
    );
    assert.equal(readCapture(readFileSync(result.file!)).packets, 4);
    assert.equal(await on('vm1', 'pgrep -l tcpdump'), '');
  });

  test('lab capture writes to a pipe, and ends when nobody reads it any more', async () => {
    const { context } = user();
    const stdout = new PassThrough();
    const capturing = capture(
      { ...context, terminal: { ...context.terminal, stdout } },
      { machine: 'vm1', interface: 'eth0', file: undefined, filter: [] },
    );
    const closed = assert.rejects(capturing, OutputClosedError);
    for await (const chunk of stdout as AsyncIterable<Uint8Array>) {
      assert.deepEqual([...chunk.subarray(0, 4)], [0xd4, 0xc3, 0xb2, 0xa1]);
      break;
    }
    // It notices when it writes the next packet.
    await exec(user().context, { machines: ['vm2'], command: ['ping', '-c', '3', '-i', '0.05', 'vm1'], collect: true });
    await closed;
    assert.equal(await on('vm1', 'pgrep -l tcpdump'), '');
  });

  test('lab capture refuses a terminal, and tells what is wrong with a filter or an interface', async () => {
    const { context } = user();
    const wanted = { machine: 'vm1', interface: undefined, file: 'x.pcap', filter: [] };
    const onTerminal = {
      ...context,
      terminal: { ...context.terminal, stdout: Object.assign(context.terminal.stdout, { isTTY: true }) },
    };
    await assert.rejects(
      capture(onTerminal, { ...wanted, file: undefined }),
      (error) =>
        error instanceof UsageError && error.code === 'capture-to-terminal' && /wireshark -k -i -/.test(error.hint!),
    );
    await assert.rejects(
      capture(user().context, { ...wanted, filter: ['port', 'and'] }),
      (error) => error instanceof UsageError && error.code === 'wrong-filter' && /syntax error/.test(error.message),
    );
    await assert.rejects(
      capture(user().context, { ...wanted, filter: ['host', 'no-such-host.invalid'] }),
      (error) => error instanceof UsageError && error.code === 'wrong-filter',
    );
    await assert.rejects(
      capture(user().context, { ...wanted, interface: 'eth9' }),
      (error) =>
        error instanceof EnvironmentError && error.code === 'no-interface' && /ip -brief address/.test(error.hint!),
    );
    await assert.rejects(
      capture(user().context, { ...wanted, machine: 'vm9' }),
      (error) => error instanceof UsageError && error.code === 'unknown-machine',
    );
    await assert.rejects(
      capture(user().context, { ...wanted, file: 'no/such/folder.pcap' }),
      (error) => error instanceof EnvironmentError && error.code === 'file-not-written',
    );
  });
});
