import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { cannotBe, currentUser, ordinaryUser, type LabUser } from '../../helpers/lab-command.ts';
import { connectNamespaces, networkNamespace, type NetworkNamespace } from '../../helpers/network-namespace.ts';

/** Answers each connection with the address that it sees. */
const mirror = 'import socket\ns = socket.create_server(("10.77.0.2", 8080))\nprint("up", flush=True)\nwhile True:\n  c, a = s.accept()\n  c.sendall(a[0].encode())\n  c.close()';
const call = 'import socket, sys; s = socket.create_connection((sys.argv[1], 8080), 5); print(s.recv(99).decode())';

const threeNetworks = `
version: 1
name: ways
networks:
  out: { subnet: 192.168.100.0/24, nat: true }
  in: { subnet: 10.9.0.0/24, gateway: 10.9.0.1, nat: false }
machines:
  vm1: { user: one, interfaces: { eth0: { network: out, address: 192.168.100.4 } } }
  vm2: { user: two, interfaces: { eth0: { network: in, address: 10.9.0.5 } } }
  both: { user: three, interfaces: { eth0: { network: out, address: 192.168.100.9 }, eth1: { network: in, address: 10.9.0.9 } } }
`;

async function reaches(user: LabUser, machine: string, address: string): Promise<string> {
  const { stdout, exitCode } = await user.lab('exec', machine, '--', 'python3', '-c', call, address);
  return exitCode === 0 ? stdout.trim() : 'no way';
}

for (const [kind, make] of [
  ['root', currentUser],
  ['ordinary', ordinaryUser],
] as const) {
  const skip = cannotBe('root') || cannotBe(kind);
  describe(`the way out of a lab of ${kind === 'root' ? 'root' : 'an ordinary user'}`, { skip: skip === false ? false : `${skip}, to make a host of its own to test with` }, () => {
    test('leads from networks with "nat: true" to where the host can reach, with the address of the host', async () => {
      using host = await networkNamespace();
      using outside = await networkNamespace();
      connectNamespaces(host, '10.77.0.1/24', outside, '10.77.0.2/24');
      using _server = await server(outside);
      await using user = make(host.within);
      writeFileSync(join(user.folder, 'lab.yaml'), threeNetworks);
      const links = host.run('ip', '-brief', 'link');
      const up = await user.lab('up');
      assert.equal(up.exitCode, 0, up.stderr);
      assert.equal(host.run('ip', '-brief', 'link'), links, 'the network of the host is as it was');
      assert.equal(await reaches(user, 'vm1', '10.77.0.2'), '10.77.0.1');
      assert.equal(await reaches(user, 'both', '10.77.0.2'), '10.77.0.1');
      assert.equal(await reaches(user, 'vm2', '10.77.0.2'), 'no way');
      const pings = await Promise.all(['192.168.100.9', '192.168.100.1', '10.9.0.5'].map((address) => user.lab('exec', 'vm1', '--', 'ping', '-c', '1', '-W', '1', address)));
      assert.deepEqual(pings.map(({ exitCode }) => exitCode === 0), [true, true, false], 'networks of a lab do not reach each other');
    });
  });
}

test('without a way out nobody waits for a name server, and sudo says nothing', { skip: cannotBe('root') || cannotBe('ordinary') }, async () => {
  await using user = ordinaryUser([], { host: ['mount -t tmpfs none /dev/net'] });
  const up = await user.lab('up');
  assert.equal(up.exitCode, 0, up.stderr);
  assert.match(up.stderr, /machines will not reach beyond the lab\n.*lab doctor/);
  const { stdout, stderr, exitCode } = await user.lab('exec', 'vm1', '--', 'sh', '-c', 'cat /etc/resolv.conf; getent ahostsv4 UNKNOWN vm2; sudo -n id -un');
  assert.equal(exitCode, 0, stderr);
  assert.doesNotMatch(stdout, /^nameserver/m);
  assert.match(stdout, /127\.0\.0\.1 .*192\.168\.100\.5 .*root\n$/s);
  assert.equal(stderr, '');
});

async function server(outside: NetworkNamespace): Promise<Disposable> {
  const child = outside.start('python3', '-c', mirror);
  await once(child.stdout!, 'data');
  return { [Symbol.dispose]: () => void child.kill('SIGKILL') };
}
