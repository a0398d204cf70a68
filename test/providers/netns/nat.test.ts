import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type Attempt, retryUntil } from '../../../src/core/time/retry.ts';
import { cannotBe, currentUser, ordinaryUser, type LabUser } from '../../helpers/lab-command.ts';
import {
  connectNamespaces,
  networkNamespace,
  type NetworkNamespace,
} from '../../helpers/machines/network-namespace.ts';

/** Answers each connection with the address that it sees, on all addresses. */
const mirror =
  'import socket\ns = socket.create_server(("", 8080), family=socket.AF_INET6, dualstack_ipv6=True)\nprint("up", flush=True)\nwhile True:\n  c, a = s.accept()\n  c.sendall(a[0].removeprefix("::ffff:").encode())\n  c.close()';
/** What a connection to each address brings, or the name of the error. */
const call =
  'import errno, socket, sys\nfor a in sys.argv[1:]:\n  try:\n    s = socket.create_connection((a, 8080), 5)\n    print(s.recv(99).decode())\n  except OSError as e:\n    print(errno.errorcode.get(e.errno, str(e)))';

/** Addresses for documentation (RFC 5737, RFC 3849) play the public ones. */
const threeNetworks = `
version: 1
name: ways
networks:
  out: { subnet: 192.168.100.0/24, nat: true, subnet6: fd00:6::/64, nat6: true }
  near: { subnet: 192.168.101.0/24, nat: { private: true } }
  in: { subnet: 10.9.0.0/24, gateway: 10.9.0.1, nat: false }
machines:
  vm1: { user: one, interfaces: { eth0: { network: out, address: 192.168.100.4, address6: fd00:6::4 } } }
  vm2: { user: two, interfaces: { eth0: { network: in, address: 10.9.0.5 } } }
  vm3: { user: two, interfaces: { eth0: { network: near, address: 192.168.101.5 } } }
  both: { user: three, interfaces: { eth0: { network: out, address: 192.168.100.9 }, eth1: { network: in, address: 10.9.0.9 } } }
`;

async function reaches(user: LabUser, machine: string, ...addresses: string[]): Promise<string[]> {
  const { stdout, stderr, exitCode } = await user.lab('exec', machine, '--', 'python3', '-c', call, ...addresses);
  assert.equal(exitCode, 0, stderr);
  return stdout.trim().split('\n');
}

for (const [kind, make] of [
  ['root', currentUser],
  ['ordinary', ordinaryUser],
] as const) {
  const skip = cannotBe('root') || cannotBe(kind);
  describe(
    `the way out of a lab of ${kind === 'root' ? 'root' : 'an ordinary user'}`,
    { skip: skip === false ? false : `${skip}, to make a host of its own to test with` },
    () => {
      test('leads from networks with "nat: true" to where the host can reach, with the address of the host, but not to the host', async () => {
        using host = await networkNamespace();
        using outside = await networkNamespace();
        connectNamespaces(host, '203.0.113.1/24', outside, '203.0.113.2/24');
        for (const [namespace, address] of [
          [host, '2001:db8::1/64'],
          [outside, '2001:db8::2/64'],
        ] as const)
          namespace.run('ip', 'address', 'add', address, 'dev', 'cable', 'nodad');
        for (const address of ['10.77.0.2/24', '169.254.169.254/16', '100.64.0.2/24'])
          outside.run('ip', 'address', 'add', address, 'dev', 'cable');
        for (const route of ['10.77.0.0/24', '169.254.0.0/16', '100.64.0.0/24', '198.51.100.0/24'])
          host.run('ip', 'route', 'add', route, 'via', '203.0.113.2');
        using _outside = await server(outside);
        using _host = await server(host);
        await using user = make(host.within);
        writeFileSync(join(user.folder, 'lab.yaml'), threeNetworks);
        const links = host.run('ip', '-brief', 'link');
        const up = await user.lab('up');
        assert.equal(up.exitCode, 0, up.stderr);
        assert.equal(host.run('ip', '-brief', 'link'), links, 'the network of the host is as it was');
        const refused = 'ECONNREFUSED';
        const never = ['203.0.113.1', '169.254.169.254', '10.0.2.2', '10.0.2.3'];
        const ofPrivateUse = ['10.77.0.2', '100.64.0.2'];
        assert.deepEqual(await reaches(user, 'both', '203.0.113.2'), ['203.0.113.1']);
        assert.deepEqual(await reaches(user, 'vm2', '203.0.113.2'), [refused]);
        assert.deepEqual(await reaches(user, 'vm1', '203.0.113.2', ...never, ...ofPrivateUse), [
          '203.0.113.1',
          ...never.map(() => refused),
          ...ofPrivateUse.map(() => refused),
        ]);
        assert.deepEqual(
          await reaches(user, 'vm1', '2001:db8::2', '2001:db8::1', 'fd00::2', 'fd77::2', 'fd00:6::1'),
          ['2001:db8::1', refused, refused, refused, refused],
          'the same by IPv6',
        );
        assert.deepEqual(await reaches(user, 'vm3', '203.0.113.2', ...never, ...ofPrivateUse), [
          '203.0.113.1',
          ...never.map(() => refused),
          ...ofPrivateUse.map(() => '203.0.113.1'),
        ]);
        const pings = await Promise.all(
          ['192.168.100.9', '192.168.100.1', '10.9.0.5'].map((address) =>
            user.lab('exec', 'vm1', '--', 'ping', '-c', '1', '-W', '1', address),
          ),
        );
        assert.deepEqual(
          pings.map(({ exitCode }) => exitCode === 0),
          [true, true, false],
          'networks of a lab do not reach each other',
        );

        host.run('ip', 'address', 'add', '198.51.100.9/24', 'dev', 'cable');
        const later = async (): Promise<Attempt<true>> => {
          const [answer] = await reaches(user, 'vm1', '198.51.100.9');
          return answer === refused ? { value: true } : { seen: `the answer ${answer}` };
        };
        await retryUntil(later, {
          what: 'the refusal of an address that the host got later',
          timeoutMs: 30_000,
          intervalMs: 2,
        });
      });
    },
  );
}

test(
  'the way out leads into the network of the lab, never into that of a machine, also when it makes many',
  { skip: cannotBe('root') },
  async () => {
    await using user = currentUser();
    const machines = Array.from({ length: 12 }, (_, index) => `  m${index}: 192.168.100.${index + 10}\n`).join('');
    writeFileSync(
      join(user.folder, 'lab.yaml'),
      `version: 1\nname: many\nnetworks: { n: 192.168.100.0/24 }\nmachines:\n${machines.replaceAll(/: (\S+)/g, ': { address: $1 }')}`,
    );
    const up = await user.lab('up');
    assert.equal(up.exitCode, 0, up.stderr);
    const { stdout } = await user.lab('exec', '--all', '--', 'sh', '-c', 'ls /sys/class/net; ip route show default');
    assert.equal(stdout.match(/via 192\.168\.100\.1 dev eth0/g)?.length, 12, stdout);
    assert.doesNotMatch(stdout, /tap0/);
  },
);

test(
  'without a way out nobody waits for a name server, and sudo says nothing',
  { skip: cannotBe('root') || cannotBe('ordinary') },
  async () => {
    await using user = ordinaryUser([], { host: ['mount -t tmpfs none /dev/net'] });
    const up = await user.lab('up');
    assert.equal(up.exitCode, 0, up.stderr);
    assert.match(up.stderr, /machines will not reach beyond the lab\n.*lab doctor/);
    const { stdout, stderr, exitCode } = await user.lab(
      'exec',
      'vm1',
      '--',
      'sh',
      '-c',
      'cat /etc/resolv.conf; getent ahostsv4 vm2; sudo -n id -un',
    );
    assert.equal(exitCode, 0, stderr);
    assert.doesNotMatch(stdout, /^nameserver/m);
    assert.match(stdout, /192\.168\.100\.5 .*root\n$/s);
    assert.equal(stderr, '');
  },
);

async function server(outside: NetworkNamespace): Promise<Disposable> {
  const child = outside.start('python3', '-c', mirror);
  await once(child.stdout!, 'data');
  return { [Symbol.dispose]: () => void child.kill('SIGKILL') };
}
