import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parseIPv4, parseSubnet } from '../../../src/core/ipv4.ts';
import { answerDhcp, type Lease } from '../../../src/providers/qemu/switch/dhcp.ts';
import { framed, FrameReader } from '../../../src/providers/qemu/switch/frames.ts';
import { mayPass, type Guard } from '../../../src/providers/qemu/switch/guard.ts';
import { cannotBe } from '../../helpers/lab-command.ts';
import { networkNamespace } from '../../helpers/machines/network-namespace.ts';
import { arpFrame, broadcast, dhcpQuestion, Station } from '../../helpers/packets/switch-stations.ts';
import { Switch, type SwitchOptions } from '../../../src/providers/qemu/switch/switch.ts';

/** This host, in these tests. */
const isOwn = (address: number): boolean => address === parseIPv4('203.0.113.1');
const guard: Guard = {
  subnet: parseSubnet('192.168.100.0/24')!,
  gateway: parseIPv4('192.168.100.1')!,
  nameserver: parseIPv4('192.168.100.254')!,
};

const lease: Lease = {
  mac: '525400000001',
  address: '192.168.100.4',
  mask: '255.255.255.0',
  router: '192.168.100.1',
  nameserver: '192.168.100.254',
  server: '192.168.100.1',
};

async function network(
  options: SwitchOptions = {},
  leases: Readonly<Record<string, Lease>> = {},
): Promise<AsyncDisposable & { readonly stations: Record<'gateway' | 'a' | 'b', Station> }> {
  const folder = mkdtempSync(join(tmpdir(), 'lab-switch-'));
  const own = new Switch(undefined, options);
  const macs = { gateway: '525500000001', a: '525400000001', b: '525400000002' };
  const servers: Server[] = [];
  const stations: Partial<Record<keyof typeof macs, Station>> = {};
  for (const [port, mac] of Object.entries(macs) as [keyof typeof macs, string][]) {
    const server = createServer((socket) =>
      own.attach(port, socket, port === 'gateway' ? { guard } : { lease: leases[port] }),
    ).listen(join(folder, port));
    await once(server, 'listening');
    const socket = connect(join(folder, port));
    await Promise.all([once(socket, 'connect'), once(server, 'connection')]);
    stations[port] = new Station(socket, mac);
    servers.push(server);
  }
  return {
    stations: stations as Record<keyof typeof macs, Station>,
    async [Symbol.asyncDispose]() {
      for (const station of Object.values(stations)) station.socket.destroy();
      await Promise.all(servers.map(async (server) => once(server.close(), 'close')));
      rmSync(folder, { recursive: true });
    },
  };
}

describe('the switch', { timeout: 20_000 }, () => {
  test('floods what is meant for all, and learns where an address is', async () => {
    await using made = await network();
    const { a, b, gateway } = made.stations;
    a.say(broadcast, 'who is there');
    await Promise.all([b.hears('who is there'), gateway.hears('who is there')]);
    b.say(a.mac, 'only for a');
    a.say(gateway.mac, 'for the gateway');
    await Promise.all([a.hears('only for a'), gateway.hears('for the gateway')]);
    b.say(broadcast, 'last');
    await gateway.hears('last');
    assert.deepEqual(gateway.heard, ['who is there', 'for the gateway', 'last']);
  });

  test('keeps frames of an unknown address from the gateway, which would take them for its own', async () => {
    await using made = await network();
    const { a, b, gateway } = made.stations;
    a.say('525400000099', 'for nobody');
    a.say(broadcast, 'for all');
    await Promise.all([b.hears('for nobody'), gateway.hears('for all')]);
    assert.deepEqual(gateway.heard, ['for all']);
  });

  test('keeps from the gateway what would lead to services of this host', async () => {
    await using made = await network();
    const { a, b, gateway } = made.stations;
    const call = packet({ to: '192.168.100.1', port: 5432 });
    Buffer.from(gateway.mac + a.mac, 'hex').copy(call);
    a.socket.write(framed(call));
    a.say(broadcast, 'for all');
    await Promise.all([b.hears('for all'), gateway.hears('for all')]);
    assert.deepEqual(gateway.heard, ['for all']);
  });

  test('keeps machines apart that reach slirp and are not to meet', async () => {
    await using made = await network({ keepsApart: true });
    const { a, b, gateway } = made.stations;
    a.say(broadcast, 'for all');
    await gateway.hears('for all');
    gateway.say(broadcast, 'from the gateway');
    await Promise.all([a.hears('from the gateway'), b.hears('from the gateway')]);
    b.say(a.mac, 'for a');
    b.say(broadcast, 'last');
    await gateway.hears('last');
    assert.deepEqual([a.heard, b.heard], [['from the gateway'], ['from the gateway']]);
  });

  test('answers DHCP for a machine whose address is stated; another one asks the servers of the other machines', async () => {
    await using made = await network({}, { a: lease });
    const { a, b, gateway } = made.stations;
    a.socket.write(framed(dhcpQuestion(a.mac, 1)));
    b.socket.write(framed(dhcpQuestion(b.mac, 1)));
    const asked = dhcpQuestion(b.mac, 1).toString('latin1', 14);
    await a.hears(asked);
    a.say(broadcast, 'last');
    await Promise.all([gateway.hears('last'), b.hears('last')]);
    assert.deepEqual([gateway.heard, b.heard, a.heard.length], [['last'], ['last'], 2]);
  });

  test('drops a connection that speaks something else', async () => {
    await using made = await network();
    const { a } = made.stations;
    a.socket.write('GET / HTTP/1.0\r\n\r\n');
    await once(a.socket, 'close');
  });
});

test('frames come out whole however the stream was cut', () => {
  const frames = [arpFrame(broadcast, '525400000001', 'first'), arpFrame(broadcast, '525400000001', 'second')];
  const stream = Buffer.concat(frames);
  for (let cut = 0; cut <= stream.length; cut++) {
    const reader = new FrameReader();
    assert.deepEqual([...reader.take(stream.subarray(0, cut)), ...reader.take(stream.subarray(cut))], frames);
  }
});

interface Packet {
  readonly to: string;
  readonly protocol?: number;
  readonly port?: number;
  readonly flags?: number;
  /** The field of flags and fragment offset of IPv4. */
  readonly fragment?: number;
  /** 32-bit words of options. */
  readonly options?: number;
}

const [icmp, tcp, udp] = [1, 6, 17];
const [syn, synAck, pushAck] = [0x02, 0x12, 0x18];

/** A frame without QEMU's length prefix. */
function packet({ to, protocol = tcp, port = 80, flags = syn, fragment = 0, options = 0 }: Packet): Buffer {
  const bytes = Buffer.alloc(14 + 20 + options * 4 + 20);
  bytes.writeUInt16BE(0x0800, 12);
  bytes[14] = 0x40 + 5 + options;
  bytes.writeUInt16BE(fragment, 20);
  bytes[23] = protocol;
  bytes.writeUInt32BE(parseIPv4(to)!, 30);
  const header = bytes.subarray(34 + options * 4);
  header.writeUInt16BE(port, 2);
  header[13] = flags;
  return bytes;
}

describe('a machine reaches what lies beyond the gateway, and no service of this host', () => {
  const [gateway, nameserver] = ['192.168.100.1', '192.168.100.254'];
  for (const [what, given, passes] of [
    ['a connection to the outside', { to: '203.0.113.9' }, true],
    ['a fragment for the outside', { to: '203.0.113.9', fragment: 0x2000 }, true],
    ['a ping of the gateway', { to: gateway, protocol: icmp }, true],
    ['the answer to a connection that came through the gateway', { to: gateway, port: 43210, flags: synAck }, true],
    ['data of such a connection, behind options of IP', { to: gateway, port: 43210, flags: pushAck, options: 3 }, true],
    ['a question for the name server', { to: nameserver, protocol: udp, port: 53 }, true],
    ['one over TCP', { to: nameserver, port: 53 }, true],
    ['a connection to the gateway, which slirp would lead to 127.0.0.1', { to: gateway, port: 5432 }, false],
    ['one behind options of IP', { to: gateway, port: 5432, options: 3 }, false],
    ['one in fragments', { to: gateway, port: 5432, flags: pushAck, fragment: 0x2000 }, false],
    ['the rest of a fragmented packet', { to: gateway, port: 5432, flags: pushAck, fragment: 0x0001 }, false],
    ['a datagram to the gateway', { to: gateway, protocol: udp, port: 53 }, false],
    ['another service at the name server', { to: nameserver, port: 22 }, false],
    ['an address of the network that nobody has, which is 127.0.0.1 to slirp too', { to: '192.168.100.77' }, false],
    ['an address of loopback itself', { to: '127.0.0.53' }, false],
    ["the host's own address, to which the host itself would connect", { to: '203.0.113.1' }, false],
    ['a datagram to it', { to: '203.0.113.1', protocol: udp, port: 53 }, false],
    ['the metadata service of a cloud', { to: '169.254.169.254', port: 80 }, false],
    ['an address of private use around the host', { to: '10.1.2.3' }, false],
    ['an address that providers share', { to: '100.64.7.7' }, false],
    ['one just beside those of private use', { to: '172.32.0.1' }, true],
    ['a reserved one', { to: '250.1.1.1' }, false],
    ['"this host"', { to: '0.0.0.0' }, false],
    ['a group', { to: '224.0.0.251', protocol: udp, port: 5353 }, false],
    ['all hosts', { to: '255.255.255.255', protocol: udp }, false],
  ] as readonly [string, Packet, boolean][]) {
    test(`${what} ${passes ? 'passes' : 'does not pass'}`, () =>
      assert.equal(mayPass(packet(given), guard, isOwn), passes));
  }

  test('with "private: true" addresses of private use are reached, too, but never the host itself', () => {
    const near = { ...guard, reachesPrivate: true };
    assert.deepEqual(
      ['10.1.2.3', '192.168.7.1', '100.64.7.7', '203.0.113.1', '169.254.169.254', '127.0.0.1'].map((to) =>
        mayPass(packet({ to }), near, isOwn),
      ),
      [true, true, true, false, false, false],
    );
  });

  test('the addresses of this host are known as they are now', { skip: cannotBe('root') }, async () => {
    using host = await networkNamespace();
    host.run('ip', 'link', 'add', 'one', 'type', 'veth', 'peer', 'name', 'two');
    host.run('ip', 'address', 'add', '203.0.113.1/24', 'dev', 'one');
    const script = `import { ownAddresses } from ${JSON.stringify(join(import.meta.dirname, '../../../src/providers/qemu/switch/own-addresses.ts'))};
      const isOwn = ownAddresses();
      const [first, second] = [0xcb007101, 0xcb007109];
      console.log(isOwn(first), isOwn(second));
      process.stdin.on('data', () => { while (!isOwn(second)); console.log(isOwn(first), isOwn(second)); process.exit(); });`;
    const child = spawn(
      host.within[0]!,
      [...host.within.slice(1), process.execPath, '--input-type=module', '-e', script],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    using _child = { [Symbol.dispose]: () => void child.kill('SIGKILL') };
    const [before] = (await once(child.stdout, 'data')) as [Buffer];
    assert.equal(String(before).trim(), 'true false');
    host.run('ip', 'address', 'add', '203.0.113.9/24', 'dev', 'one');
    child.stdin.write('\n');
    const [after] = (await once(child.stdout, 'data')) as [Buffer];
    assert.equal(String(after).trim(), 'true true');
  });

  test('IPv6, and what is cut off, does not pass; ARP does', () => {
    const [ipv6, arp] = ['86dd', '0806'].map((type) =>
      Buffer.from(`${'00'.repeat(12)}${type}${'00'.repeat(40)}`, 'hex'),
    );
    assert.equal(mayPass(ipv6!, guard, isOwn), false);
    assert.equal(mayPass(arp!, guard, isOwn), true);
    for (let length = 0; length < 48; length++)
      assert.equal(
        mayPass(packet({ to: gateway, flags: synAck }).subarray(0, length), guard, isOwn),
        false,
        `${length} bytes`,
      );
  });
});

describe('DHCP', () => {
  test('gives each machine the address that lab.yaml states', () => {
    const offer = answerDhcp(dhcpQuestion(lease.mac, 1), lease)!;
    assert.equal(offer.toString('hex', 0, 6), lease.mac);
    assert.equal(offer.toString('hex', 46, 50), 'cafebabe');
    assert.deepEqual([...offer.subarray(42 + 16, 42 + 20)], [192, 168, 100, 4]);
    assert.equal(offer.toString('hex', 42 + 240, 42 + 243), '350102');
    assert.match(offer.toString('hex', 42 + 240), /0104ffffff00.*0304c0a86401.*0604c0a864fe.*ff$/);
    assert.equal(answerDhcp(dhcpQuestion(lease.mac, 3), lease)!.toString('hex', 42 + 240, 42 + 243), '350105');
  });

  test('answers no other question', () => {
    assert.equal(answerDhcp(dhcpQuestion('525400000009', 1), lease), undefined);
    assert.equal(answerDhcp(dhcpQuestion(lease.mac, 7), lease), undefined);
    assert.equal(answerDhcp(arpFrame(broadcast, lease.mac, 'x'.repeat(300)).subarray(4), lease), undefined);
  });
});
