import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { LabUser } from '../../../helpers/lab-command.ts';
import { onImage, playOnOwnMachines } from '../../../helpers/machines/boot-templates.ts';
import { hostLinks, leftovers, nothing } from '../../../helpers/machines/leftovers.ts';
import { cannotBoot, testImages, userOfMachines } from '../../../helpers/machines/virtual-machines.ts';

/** A server behind a router, and a client that has no address of IPv4 but what it asks the router for. */
const LAB = `version: 1
name: routed
provider: qemu
networks:
  servers: { subnet: [10.1.0.0/24, "fd00:1::/64"], gateway: 10.1.0.1, gateway6: "fd00:1::1", nat: false }
  clients: { subnet6: "fd00:2::/64", gateway6: "fd00:2::1", nat: false, mtu: 1400 }
  leased: { subnet: 10.3.0.0/24, gateway: false, nat: false }
machines:
  vm1: { address: [10.1.0.4, "fd00:1::4"] }
  r1: { forward: true, sysctls: { net.ipv4.ip_default_ttl: 70 }, interfaces: { eth0: [10.1.0.1, "fd00:1::1"], eth1: { address6: "fd00:2::1", mac: "02:00:00:00:00:01" }, eth2: 10.3.0.1 } }
  vm2: { interfaces: { eth0: "fd00:2::5", eth1: { network: leased } } }
programs:
  server: { on: vm1, files: [tcp.py], command: [python3, tcp.py], listens: 7999 }
  client: { on: vm2, files: [tcp.py], command: [python3, tcp.py, vm1] }
  echo: { on: vm1, files: [udp.py], command: [python3, udp.py], listens: 9000/udp }
  caller: { on: vm2, files: [udp.py], command: [python3, udp.py, "fd00:1::4"] }
scenarios:
  talk:
    - start: server
    - start: client
    - expect: { client: 'answer: hello by IPv6' }
    - start: echo
    - start: caller
    - expect: { caller: '3 of 3 came back' }
    - exit: { client: 0, caller: 0 }
`;

const TCP = `import socket, sys
if len(sys.argv) > 1:
    client = socket.create_connection((sys.argv[1], 7999))
    family = 6 if client.family == socket.AF_INET6 else 4
    client.sendall(b"hello by IPv%d" % family)
    print("answer:", client.recv(100).decode())
else:
    server = socket.socket(socket.AF_INET6)
    server.bind(("::", 7999))
    server.listen()
    while True:
        client, _ = server.accept()
        client.sendall(client.recv(100))
        client.close()
`;

const UDP = `import socket, sys
ours = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
if len(sys.argv) > 1:
    ours.settimeout(60)
    count = 0
    for number in range(3):
        ours.sendto(b"%d" % number, (sys.argv[1], 9000))
        count += ours.recv(100) == b"%d" % number
    print(count, "of 3 came back")
else:
    ours.bind(("::", 9000))
    while True:
        data, sender = ours.recvfrom(100)
        ours.sendto(data, sender)
`;

/** What a command of a machine prints. */
async function on(user: LabUser, machine: string, script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await user.lab('exec', machine, '--', 'sh', '-c', script);
  assert.equal(exitCode, 0, stderr + stdout);
  return stdout;
}

/** udhcpd(8) for one client; udhcpc(8) gives what it got to a script. */
const SERVE = `cat >/tmp/udhcpd.conf <<END
start 10.3.0.77
end 10.3.0.77
interface eth2
lease_file /tmp/leases
option router 10.3.0.1
END
: >/tmp/leases; sudo busybox udhcpd /tmp/udhcpd.conf`;
const ASK = `cat >/tmp/got <<'END'
#!/bin/sh
[ "$1" != bound ] || { ip address add "$ip/24" dev "$interface"; ip route add default via "$router"; }
END
chmod +x /tmp/got; sudo busybox udhcpc -i eth1 -n -q -t 20 -T 5 -s /tmp/got >/dev/null 2>&1; ip -4 -brief address show eth1`;

describe(
  'three virtual machines, one of them a router, as an ordinary user',
  { skip: cannotBoot('tiny'), timeout: 1_800_000 },
  () => {
    test('talk over it by TCP and UDP of IPv6, and by an address that one of them leases; lab reaches them all, and says why', async () => {
      const links = hostLinks();
      await using user = userOfMachines(testImages.tiny);
      const text = onImage(LAB, testImages.tiny);
      for (const [name, content] of Object.entries({ 'lab.yaml': text, 'tcp.py': TCP, 'udp.py': UDP }))
        writeFileSync(join(user.folder, name), content);

      const up = await user.lab('up');
      assert.equal(up.exitCode, 0, up.stderr);
      assert.match(up.stderr + up.stdout, /lab reaches vm2 \(lab0\) over one more interface/);

      const router = await on(
        user,
        'r1',
        'ip -o link show eth1; cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/ip_default_ttl',
      );
      assert.match(router, /mtu 1400 .*02:00:00:00:00:01[^]*\n1\n70\n$/);

      const run = await user.lab('run');
      assert.equal(run.exitCode, 0, run.stderr + run.stdout);
      const checked = await user.lab('check-port', '9000/udp', '--on', 'vm1');
      assert.equal(checked.exitCode, 0, checked.stdout + checked.stderr);

      await on(user, 'r1', SERVE);
      assert.match(await on(user, 'vm2', ASK), /10\.3\.0\.77\/24/);
      assert.match(await on(user, 'vm2', 'ping -n -c 1 -W 60 10.1.0.4'), / 0% packet loss/);

      const why = await user.lab('why', 'vm2', 'vm1', '--json');
      assert.equal(why.exitCode, 0, why.stdout + why.stderr);
      assert.match(why.stdout, /through fd00:2::1 over eth0; r1 reaches fd00:1::4 over eth0, and back: .*; r1 reaches/);

      assert.equal((await user.lab('down')).exitCode, 0);
      assert.deepEqual(leftovers(user.folder, links), nothing);
    });
  },
);

/** Six machines start, of which three are routers: five minutes, after the three of the test before. */
test(
  'the practical on routing is played on virtual machines',
  { skip: cannotBoot('tiny', 8), timeout: 1_800_000 },
  async () => {
    const links = hostLinks();
    await using user = userOfMachines(testImages.tiny);
    await playOnOwnMachines(user, 'routing', testImages.tiny);
    const ping = await user.lab('ping', 'a', 'b', 'c');
    assert.equal(ping.exitCode, 0, ping.stdout + ping.stderr);
    assert.equal((await user.lab('down')).exitCode, 0);
    assert.deepEqual(leftovers(user.folder, links), nothing);
  },
);
