import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { outsideMachine, startTcpdump, type Tcpdump } from '../../../src/capture/tcpdump.ts';
import { EnvironmentError } from '../../../src/core/errors.ts';
import { parseIPv4 } from '../../../src/core/ipv4.ts';
import { retryUntil } from '../../../src/core/time/retry.ts';
import { findOnHost, findTool } from '../../../src/host/tools.ts';
import type { Machine } from '../../../src/lab/types.ts';
import { withAddresses } from '../../../src/providers/qemu/capture/filter-names.ts';
import { compileFilter } from '../../../src/providers/qemu/capture/filter.ts';
import { captureAt } from '../../../src/providers/qemu/capture/link.ts';
import { accepts } from '../../../src/providers/qemu/switch/bpf.ts';
import { framed } from '../../../src/providers/qemu/switch/frames.ts';
import type { SwitchNetwork } from '../../../src/providers/qemu/switch/run-switch.ts';
import { captureBytes, captureNames, packetsOf, pcapOf } from '../../helpers/packets/capture-files.ts';
import { broadcast, dhcpQuestion, Station } from '../../helpers/packets/switch-stations.ts';
import { noTshark } from '../../helpers/packets/tshark.ts';

const noTcpdump = findTool('tcpdump') ? false : 'THIS HOST HAS NO tcpdump ("lab doctor --fix" gets it)';
const main = join(import.meta.dirname, '../../../src/providers/qemu/switch/run-switch.ts');
const macs = { a: '525400000001', b: '525400000002' };

function machine(name: string, ...addresses: string[]): Machine {
  const interfaces = addresses.map((address, index) => ({ name: `eth${index}`, network: 'n', address }));
  return {
    name,
    interfaces,
    image: '',
    user: 'u',
    memoryMiB: undefined,
    cpus: undefined,
    diskMiB: undefined,
    ssh: undefined,
  };
}

const machines = [machine('a', '10.0.0.1'), machine('b', '10.0.0.2'), machine('router', '10.0.0.3', '10.1.0.3')];

function addressOf(name: string): number {
  return parseIPv4(machines.find((known) => known.name === name)!.interfaces[0]!.address!)!;
}

/** A UDP datagram of IPv4 in a frame without length prefix; only what filters look at is filled in. */
function datagram(from: keyof typeof macs, to: keyof typeof macs, port: number, payload: string): Buffer {
  const frame = Buffer.alloc(42 + payload.length);
  Buffer.from(`${macs[to]}${macs[from]}0800`, 'hex').copy(frame);
  frame[14] = 0x45;
  frame.writeUInt16BE(28 + payload.length, 16);
  frame[22] = 64;
  frame[23] = 17;
  frame.writeUInt32BE(addressOf(from), 26);
  frame.writeUInt32BE(addressOf(to), 30);
  frame.writeUInt16BE(40_000, 34);
  frame.writeUInt16BE(port, 36);
  frame.writeUInt16BE(8 + payload.length, 38);
  frame.write(payload, 42, 'latin1');
  return frame;
}

/** TCP behind an extension header of IPv6, which a filter finds by jumping back. */
function behindExtension(): Buffer {
  const frame = Buffer.alloc(14 + 40 + 8 + 20);
  frame.writeUInt16BE(0x86dd, 12);
  frame[14] = 0x60;
  frame.writeUInt16BE(28, 18);
  frame[20] = 60;
  frame[54] = 6;
  return frame;
}

/** The switch of a lab as `lab up` starts it, with a machine at each of two ports. */
async function lab() {
  await using started = new AsyncDisposableStack();
  const stateFolder = started.adopt(mkdtempSync(join(tmpdir(), 'lab-captures-')), (folder) =>
    rmSync(folder, { recursive: true }),
  );
  const work = join(stateFolder, 'vm');
  mkdirSync(work);
  const lease = {
    mac: macs.a,
    address: '10.0.0.1',
    mask: '255.255.255.0',
    router: undefined,
    nameserver: '10.0.0.254',
    server: '10.0.0.253',
  };
  const networks: SwitchNetwork[] = [{ ports: [{ name: 'a.nic0', lease }, { name: 'b.nic0' }] }];
  writeFileSync(join(work, 'switch.json'), JSON.stringify(networks));
  const child = spawn(process.execPath, [main, '-name', 'label', 'switch.json'], {
    cwd: work,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  started.adopt(child, killed);
  await retryUntil(
    () =>
      ['a.nic0', 'b.nic0'].every((name) => existsSync(join(work, name))) ? { value: true } : { seen: 'no socket' },
    { what: 'the switch', timeoutMs: 20_000 },
  );
  const station = async (name: keyof typeof macs): Promise<Station> => {
    const socket = connect(join(work, `${name}.nic0`)).on('error', () => undefined);
    started.defer(() => void socket.destroy());
    await once(socket, 'connect');
    return new Station(socket, macs[name]);
  };
  const [a, b] = [await station('a'), await station('b')];
  a.say(broadcast, 'a is there');
  await b.hears('a is there');
  b.say(broadcast, 'b is there');
  await a.hears('b is there');
  const ended = started.move();
  return {
    a,
    b,
    child,
    stateFolder,
    begin: (name: 'a' | 'b', filter: string) => beginCapture(stateFolder, name, filter),
    [Symbol.asyncDispose]: () => ended.disposeAsync(),
  };
}

async function killed(child: ChildProcess): Promise<void> {
  const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
  child.kill('SIGKILL');
  await exited;
}

/** A capture that has begun. */
async function beginCapture(
  stateFolder: string,
  name: 'a' | 'b',
  filter: string,
): Promise<{ readonly tcpdump: Tcpdump; readonly file: () => Uint8Array; readonly payloads: () => string[] }> {
  const { captureLink } = captureAt(
    machines.find((known) => known.name === name)!,
    machines,
    stateFolder,
  );
  const chunks: Uint8Array[] = [];
  const tcpdump = startTcpdump(
    outsideMachine(name, captureLink!, { interface: 'eth0', filter }),
    (chunk) => void chunks.push(chunk),
  );
  tcpdump.ended.catch(() => undefined);
  assert.equal(await tcpdump.listening, 'eth0');
  const file = (): Uint8Array => Buffer.concat(chunks);
  return {
    tcpdump,
    file,
    payloads: () => packetsOf(file()).map(({ data }) => Buffer.from(data).toString('latin1', 42)),
  };
}

describe('captures at the ports of the switch', { timeout: 60_000, skip: noTcpdump }, () => {
  test('hold what a machine sends and what it gets, whole, at the time of day, and nothing of others', async () => {
    await using made = await lab();
    const startedMs = Date.now();
    const { tcpdump, file } = await made.begin('a', '');
    const frames = [datagram('a', 'b', 7, 'x'.repeat(1400)), datagram('b', 'a', 7, 'answer')];
    made.a.socket.write(framed(frames[0]!));
    await made.b.hears(frames[0]!.toString('latin1', 14));
    made.b.socket.write(framed(frames[1]!));
    await made.a.hears(frames[1]!.toString('latin1', 14));
    // To an address that is at the same port: it goes nowhere.
    made.b.socket.write(framed(datagram('a', 'b', 7, 'for itself')));
    made.b.say(broadcast, 'last');
    await made.a.hears('last');
    tcpdump.stop();
    assert.deepEqual(await tcpdump.ended, { captured: 3, dropped: 0 });
    const packets = packetsOf(file());
    assert.deepEqual(
      packets.slice(0, 2).map(({ data }) => Buffer.from(data)),
      frames,
    );
    const times = packets.map(({ timeMs }) => timeMs);
    assert.deepEqual(
      times,
      times.toSorted((x, y) => x - y),
    );
    assert.ok(
      startedMs - 5 <= times[0]! && times.at(-1)! <= Date.now() + 5,
      `${times.join()} is not between ${startedMs} and ${Date.now()}`,
    );
    if (noTshark === false) {
      const path = join(made.stateFolder, 'a.pcap');
      writeFileSync(path, file());
      assert.equal(
        execFileSync('tshark', ['-r', path, '-T', 'fields', '-e', 'frame.len', '-e', 'eth.type'], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        }),
        '1442\t0x0800\n48\t0x0800\n18\t0x0806\n',
      );
    }
  });

  test('hold the answers of the switch itself', async () => {
    await using made = await lab();
    const { tcpdump, file } = await made.begin('a', 'udp port 67');
    made.a.socket.write(framed(dhcpQuestion(macs.a, 1)));
    await retryUntil(() => (made.a.heard.length > 1 ? { value: true } : { seen: 'no answer' }), {
      what: 'the answer',
      timeoutMs: 5000,
    });
    tcpdump.stop();
    assert.equal((await tcpdump.ended).captured, 2);
    assert.equal(Buffer.from(packetsOf(file())[1]!.data).toString('hex', 0, 6), macs.a);
  });

  test('keep apart what two of them want at once, and name machines in filters', async () => {
    await using made = await lab();
    const [seven, eight, other] = await Promise.all([
      made.begin('a', 'src host b and port 7'),
      made.begin('a', 'port 8'),
      made.begin('b', 'host a and router'),
    ]);
    for (const port of [7, 8, 9]) {
      made.a.socket.write(framed(datagram('a', 'b', port, `from a to ${port}`)));
      made.b.socket.write(framed(datagram('b', 'a', port, `from b to ${port}`)));
    }
    made.a.say(broadcast, 'last');
    made.b.say(broadcast, 'last');
    await Promise.all([made.a.hears('last'), made.b.hears('last')]);
    for (const { tcpdump } of [seven, eight, other]) tcpdump.stop();
    await Promise.all([seven, eight, other].map(({ tcpdump }) => tcpdump.ended));
    assert.deepEqual(seven.payloads(), ['from b to 7']);
    assert.deepEqual(eight.payloads().toSorted(), ['from a to 8', 'from b to 8']);
    assert.deepEqual(other.payloads(), []);
  });

  test('leave out the way from this host to sshd, unless a filter asks for it', async () => {
    await using made = await lab();
    const [all, asked] = await Promise.all([made.begin('a', ''), made.begin('a', 'ip')]);
    const login = datagram('b', 'a', 22, '');
    login[23] = 6;
    Buffer.from('52550a0000fd', 'hex').copy(login, 6);
    made.b.socket.write(framed(login));
    made.b.socket.write(framed(datagram('b', 'a', 22, 'no SSH')));
    made.b.say(broadcast, 'last');
    await made.a.hears('last');
    for (const { tcpdump } of [all, asked]) tcpdump.stop();
    assert.deepEqual([(await all.tcpdump.ended).captured, (await asked.tcpdump.ended).captured], [2, 2]);
  });

  test('refuse a wrong filter, and an interface that is none, as tcpdump does', async () => {
    await using made = await lab();
    await assert.rejects(made.begin('a', 'port ('), { code: 'wrong-filter' });
    await assert.rejects(made.begin('a', 'host nobody.invalid'), {
      code: 'wrong-filter',
      message: /unknown host 'nobody\.invalid'/,
    });
    const { captureLink } = captureAt(machines[0]!, machines, made.stateFolder);
    await assert.rejects(
      startTcpdump(outsideMachine('a', captureLink!, { interface: 'eth9', filter: '' }), () => undefined).listening,
      { code: 'no-interface' },
    );
  });

  test('count what a slow reader does not take, and the machines do not wait for it', async () => {
    await using made = await lab();
    const slow = Promise.withResolvers<void>();
    const { captureLink } = captureAt(machines[0]!, machines, made.stateFolder);
    const chunks: Uint8Array[] = [];
    const tcpdump = startTcpdump(
      outsideMachine('a', captureLink!, { interface: 'eth0', filter: 'udp port 7' }),
      async (chunk) => {
        chunks.push(chunk);
        if (chunks.length > 1) await slow.promise;
      },
    );
    await tcpdump.listening;
    const sent = 400;
    // To itself: no other machine has to take it.
    for (let index = 0; index < sent; index++) {
      if (!made.a.socket.write(framed(datagram('a', 'a', 7, 'x'.repeat(60_000))))) await once(made.a.socket, 'drain');
    }
    made.a.say(broadcast, 'last');
    await made.b.hears('last');
    tcpdump.stop();
    slow.resolve();
    const { captured, dropped } = await tcpdump.ended;
    assert.equal(captured + dropped, sent);
    assert.ok(dropped > 0, `of ${sent} packets ${dropped} are lost`);
    assert.equal(packetsOf(Buffer.concat(chunks)).length, captured);
  });

  test('end with the switch, which is reported; then nothing can be captured there, and the same is reported before', async () => {
    await using made = await lab();
    const { tcpdump } = await made.begin('a', '');
    const gone = once(made.child, 'exit');
    made.child.kill('SIGKILL');
    await assert.rejects(
      tcpdump.ended,
      (error) => error instanceof EnvironmentError && error.code === 'capture-failed',
    );
    await gone;
    await assert.rejects(
      made.begin('a', ''),
      (error) => error instanceof EnvironmentError && /did not begin/.test(error.message),
    );
  });

  test('end with their reader, and the switch goes on', async () => {
    await using made = await lab();
    const { tcpdump } = await made.begin('a', '');
    tcpdump.abandon();
    await assert.rejects(tcpdump.ended, /did not answer/);
    const stranger = connect(join(made.stateFolder, 'vm/.captures'));
    stranger.end('GET / HTTP/1.0\r\n\r\n');
    stranger.resume();
    await once(stranger, 'close');
    made.a.say(broadcast, 'still there');
    await made.b.hears('still there');
  });

  test('are not there where an older lab started the switch', () => {
    assert.deepEqual(captureAt(machines[0]!, machines, '/nowhere'), {});
  });
});

test(
  'a host without tcpdump cannot compile filters, and says how to get it',
  { skip: findOnHost('tcpdump') !== undefined && 'this host has tcpdump' },
  async () => {
    const { XDG_CACHE_HOME: before } = process.env;
    const empty = mkdtempSync(join(tmpdir(), 'lab-empty-'));
    process.env['XDG_CACHE_HOME'] = empty;
    try {
      await assert.rejects(
        compileFilter('tcp', AbortSignal.timeout(10_000)),
        (error) => error instanceof EnvironmentError && /lab doctor --fix/.test(error.message),
      );
    } finally {
      if (before === undefined) delete process.env['XDG_CACHE_HOME'];
      else process.env['XDG_CACHE_HOME'] = before;
      rmSync(empty, { recursive: true });
    }
  },
);

test('names of machines become addresses, words of the language and of services do not', () => {
  const named = [...machines, machine('tcp', '10.0.0.9'), machine('www', '10.0.0.8'), machine('VM-1', '10.0.0.7')];
  for (const [given, expected] of [
    ['icmp and host b', 'icmp and host 10.0.0.2'],
    ['src host router and not (b)', 'src host (10.0.0.3 or 10.1.0.3) and not (10.0.0.2)'],
    ['tcp port www and host www', 'tcp port www and host 10.0.0.8'],
    [String.raw`host \tcp`, 'host 10.0.0.9'],
    ['dst vm-1&&udp', 'dst 10.0.0.7&&udp'],
    ['ether[0:2] = 0x5255 or host b.example.org or len-a', 'ether[0:2] = 0x5255 or host b.example.org or len-a'],
  ] as const)
    assert.equal(withAddresses(given, named), expected);
});

test('a filter that never ends takes no packet, and still ends', () => {
  assert.equal(accepts([[0x05, 0, 0, 2 ** 32 - 1]], datagram('a', 'b', 7, '')), false);
});

describe('the filter of the switch takes the packets that tcpdump takes', { skip: noTcpdump }, () => {
  const ownFrames = [
    datagram('a', 'b', 7, 'short'),
    datagram('b', 'a', 53, 'y'.repeat(900)),
    dhcpQuestion(macs.a, 1),
    Buffer.from(`${broadcast}${macs.a}0806`, 'hex'),
    Buffer.alloc(60, 0xff),
    Buffer.alloc(3),
    behindExtension(),
  ];
  for (const filter of [
    '',
    'tcp',
    'tcp port 7999',
    'udp',
    'arp',
    'ip6',
    'ip',
    'host 10.0.0.1',
    'net 10.0.0.0/8',
    'tcp[tcpflags] & (tcp-syn|tcp-fin) != 0',
    'ip[2:2] > len / 2',
    'ip[8] - 1 < 64',
    'less 100',
    'greater 500',
    'ether[0] & 1 = 1',
    'ip[2:2] * 2 - ((ip[0] & 0xf) << 2) > 100',
    'tcp[12] >> 4 = 5',
    'ip[2:2] % 3 = 1',
    '(ip[2:2] ^ 0x55) | 1 > 60',
    'not tcp',
    'tcp portrange 7000-8000 and not host 10.0.0.2',
    'ip6 protochain 6',
    'udp or (tcp and tcp[13] = 2)',
    'broadcast or multicast',
    '-(ip[8]) != 0',
  ]) {
    test(filter === '' ? 'all' : filter, async () => {
      using folder = {
        path: mkdtempSync(join(tmpdir(), 'lab-filter-')),
        [Symbol.dispose]() {
          rmSync(this.path, { recursive: true });
        },
      };
      const path = join(folder.path, 'all.pcap');
      const all = pcapOf([
        ...captureNames.flatMap((name) => packetsOf(captureBytes(name))),
        ...ownFrames.map((data) => ({ timeMs: 1000, data })),
      ]);
      writeFileSync(path, all);
      const compiled = await compileFilter(filter, AbortSignal.timeout(20_000));
      assert.ok('program' in compiled, JSON.stringify(compiled));
      const tool = findTool('tcpdump')!;
      const root = process.getuid?.() === 0 ? ['-Z', 'root'] : [];
      const kept = execFileSync(tool.path, [...root, '-n', '-r', path, '-w', '-', '--', filter], {
        env: { ...process.env, ...tool.env },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const ours = packetsOf(all).filter(({ data }) => accepts(compiled.program, Buffer.from(data)));
      assert.deepEqual(
        ours.map(({ data }) => Buffer.from(data)),
        packetsOf(kept).map(({ data }) => Buffer.from(data)),
      );
    });
  }
});
