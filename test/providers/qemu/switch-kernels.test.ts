import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { parseIPv4, parseSubnet } from '../../../src/core/ipv4.ts';
import { retryUntil } from '../../../src/core/time/retry.ts';
import { findTool } from '../../../src/host/tools.ts';
import { gatewayArguments, type SlirpNetwork } from '../../../src/providers/qemu/process/qemu-arguments.ts';
import type { Gateway6 } from '../../../src/providers/qemu/switch/gateway6.ts';
import type { Guard } from '../../../src/providers/qemu/switch/guard.ts';
import { Switch, type PortOptions, type SwitchOptions } from '../../../src/providers/qemu/switch/switch.ts';
import { cannotBe } from '../../helpers/lab-command.ts';
import {
  connectNamespaces,
  networkNamespace,
  type NetworkNamespace,
} from '../../helpers/machines/network-namespace.ts';
import { cannotEmulate } from '../../helpers/machines/virtual-machines.ts';

const gateway6: Gateway6 = {
  mac: '525600000001',
  address: 'fd000001000000000000000000000001',
  advertises: { prefix: 'fd000001000000000000000000000000', prefixLength: 64, mtu: 1400 },
};

const [subnet, gateway, nameserver] = ['10.1.0.0/24', '10.1.0.1', '10.1.0.254'];
const outward: SlirpNetwork = {
  name: 'n',
  subnet: parseSubnet(subnet)!,
  nat: true,
  reachesPrivate: false,
  slirp: { gateway, nameserver, port: 'gateway' },
};
const guard: Guard = { subnet: outward.subnet, gateway: parseIPv4(gateway)!, nameserver: parseIPv4(nameserver)! };

/** A network whose machines are network namespaces: their kernels say whether what the switch does is right. */
class Network implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'lab-switch-'));
  readonly #held = new AsyncDisposableStack();
  readonly #switch: Switch;

  constructor(options: SwitchOptions) {
    this.#switch = new Switch(undefined, options);
    this.#held.defer(() => rmSync(this.#folder, { recursive: true }));
  }

  /** The way out: QEMU with slirp, run by a host. */
  async slirp(host: NetworkNamespace): Promise<void> {
    const path = await this.#port('gateway', { guard });
    const { path: qemu, env } = findTool('qemu-system-x86_64')!;
    const [program = '', ...words] = [...host.within, qemu, ...gatewayArguments(outward, 'slirp')];
    const process = spawn(program, words, {
      cwd: this.#folder,
      env: { ...globalThis.process.env, ...env },
      stdio: 'ignore',
    });
    this.#held.defer(() => void process.kill('SIGKILL'));
    await once(path, 'connection');
  }

  async #port(name: string, options: PortOptions): Promise<Server> {
    const server = createServer((socket) => this.#switch.attach(name, socket, options)).listen(
      join(this.#folder, name),
    );
    this.#held.defer(() => void server.close());
    await once(server, 'listening');
    return server;
  }

  /** A machine with eth0 on the network, which is not switched on yet. */
  async machine(name: string, mac: string): Promise<NetworkNamespace> {
    await this.#port(name, {});
    const machine = await networkNamespace();
    const card = machine.start(
      'python3',
      join(import.meta.dirname, '../../helpers/packets/tap.py'),
      join(this.#folder, name),
      'eth0',
      mac.match(/../g)!.join(':'),
    );
    this.#held.use(machine);
    this.#held.defer(() => void card.kill('SIGKILL'));
    await once(card.stdout!, 'data');
    machine.run('sysctl', '-qw', 'net.ipv6.conf.eth0.accept_dad=0', 'net.ipv6.conf.eth0.router_solicitation_delay=0');
    return machine;
  }

  advertise(): void {
    this.#switch.advertise();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#held.disposeAsync();
  }
}

function switchOn(machine: NetworkNamespace, ...addresses: string[]): void {
  machine.run('ip', 'link', 'set', 'eth0', 'up');
  for (const address of addresses) machine.run('ip', 'address', 'add', address, 'dev', 'eth0');
}

/** What ping(8) says of one echo; the switch works in this process, which must not wait. */
async function ping({ within }: NetworkNamespace, ...words: string[]): Promise<string> {
  const { path, env } = findTool('ping')!;
  const [program = '', ...rest] = [...within, path, '-6', '-n', '-c', '1', '-W', '5', ...words];
  const answer = promisify(execFile)(program, rest, { env: { ...process.env, ...env } });
  return (await answer.catch((error: { readonly stdout: string }) => error)).stdout;
}

/** Neighbour discovery (RFC 4861) and addresses (RFC 4862) are the kernels' own. */
describe(
  'IPv6 on the switch, by the word of real kernels',
  { skip: cannotBe('root') || (!findTool('ping') && 'this needs ping'), timeout: 30_000 },
  () => {
    test('machines find each other and the gateway; one without an address makes its own of what it is told', async () => {
      await using network = new Network({ gateway6 });
      const [a, b] = await Promise.all([network.machine('a', '525400000001'), network.machine('b', '525400000002')]);
      switchOn(a, 'fd00:1::5/64');
      switchOn(b);
      const its = 'fd00:1::5054:ff:fe00:2';
      await retryUntil(
        () => (b.run('ip', '-6', 'address').includes(its) ? { value: true } : { seen: b.run('ip', '-6', 'address') }),
        { what: 'the address that the prefix makes', timeoutMs: 10_000, intervalMs: 20 },
      );
      for (const target of ['fd00:1::1', its, 'fe80::5056:ff:fe00:1%eth0'])
        assert.match(await ping(a, target), / 0% packet loss/, target);
      assert.match(
        b.run('ip', '-6', 'route', 'show', 'default'),
        /^default via fe80::5056:ff:fe00:1 dev eth0 .*mtu 1400/,
      );
      assert.match(await ping(b, '-s', '1352', '-M', 'do', 'fd00:1::5'), / 0% packet loss/);
    });

    test('a gateway that is not to tell of itself answers, and says nothing unasked', async () => {
      await using network = new Network({ gateway6: { ...gateway6, advertises: undefined } });
      const a = await network.machine('a', '525400000001');
      switchOn(a, 'fd00:1::5/64');
      network.advertise();
      assert.match(await ping(a, 'fd00:1::1'), / 0% packet loss/);
      assert.equal(a.run('ip', '-6', 'route', 'show', 'default'), '');
    });

    test('a machine that is the gateway answers itself, and is told of in its name', async () => {
      await using network = new Network({ gateway6: { ...gateway6, mac: '525400000001', isMachine: true } });
      const [router, b] = await Promise.all([
        network.machine('router', '525400000001'),
        network.machine('b', '525400000002'),
      ]);
      router.run('sysctl', '-qw', 'net.ipv6.conf.all.forwarding=1');
      switchOn(router, 'fd00:1::1/64');
      switchOn(b);
      await retryUntil(
        () => {
          const seen = b.run('ip', '-6', 'route', 'show', 'default');
          return seen.includes('via fe80::5054:ff:fe00:1 dev eth0') ? { value: true } : { seen };
        },
        { what: 'the way through the router', timeoutMs: 10_000, intervalMs: 20 },
      );
      for (const target of ['fd00:1::1', 'fe80::5054:ff:fe00:1%eth0'])
        assert.match(await ping(b, target), / 0% packet loss/, target);
      router.run('ip', 'link', 'set', 'eth0', 'down');
      assert.doesNotMatch(await ping(b, '-W', '1', 'fd00:1::1'), / 0% packet loss/, 'nobody else answers for it');
    });

    test('an address of the gateway that a machine would take is noticed (duplicate address detection)', async () => {
      await using network = new Network({ gateway6 });
      const a = await network.machine('a', '525400000001');
      a.run('sysctl', '-qw', 'net.ipv6.conf.eth0.accept_dad=1');
      switchOn(a, 'fd00:1::1/64');
      await retryUntil(
        () => {
          const seen = a.run('ip', '-6', 'address', 'show', 'dev', 'eth0');
          return /fd00:1::1\/64 .*dadfailed/.test(seen) ? { value: true } : { seen };
        },
        { what: 'the failed detection', timeoutMs: 10_000, intervalMs: 20 },
      );
    });
  },
);

const ECHO = `import socket
ours = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
ours.bind(("", 9000))
print("open", flush=True)
while True:
    data, sender = ours.recvfrom(65536)
    ours.sendto(data, sender)`;

/** Sends datagrams of these sizes to port 9000, then one to port 9001, where nobody is. */
const CALL = `import socket, sys
ours = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
ours.settimeout(10)
for size in (1, 4000):
    ours.sendto(b"x" * size, (sys.argv[1], 9000))
    print(len(ours.recv(65536)), flush=True)
ours.connect((sys.argv[1], 9001))
try:
    ours.send(b"x")
    ours.recv(100)
except OSError as error:
    print(type(error).__name__)`;

test(
  'datagrams pass the gateway to the outside and back, also in fragments, and it tells of a port that is closed',
  { skip: cannotBe('root') || cannotEmulate(), timeout: 30_000 },
  async () => {
    await using network = new Network({});
    using host = await networkNamespace();
    using outside = await networkNamespace();
    connectNamespaces(host, '203.0.113.1/24', outside, '203.0.113.9/24');
    const echo = outside.start('python3', '-c', ECHO);
    using _echo = { [Symbol.dispose]: () => void echo.kill('SIGKILL') };
    const [machine] = await Promise.all([
      network.machine('a', '525400000001'),
      network.slirp(host),
      once(echo.stdout!, 'data'),
    ]);
    switchOn(machine, '10.1.0.5/24');
    machine.run('ip', 'route', 'add', 'default', 'via', gateway);
    const [program = '', ...words] = machine.within;
    const { stdout } = await promisify(execFile)(program, [...words, 'python3', '-c', CALL, '203.0.113.9']);
    assert.equal(stdout, '1\n4000\nConnectionRefusedError\n');
  },
);
