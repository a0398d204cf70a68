import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { retryUntil } from '../../../src/core/time/retry.ts';
import type { IperfResult } from '../../../src/commands/machines/iperf.ts';
import type { PingOutcome } from '../../../src/commands/machines/ping.ts';
import { cannotBe, currentUser, ordinaryUser } from '../../helpers/lab-command.ts';

/** Three networks in a row over two routers, one apart, and a machine that has no address yet. */
const lab = `
version: 1
name: routed
networks:
  a: { subnet: 10.1.0.0/24, subnet6: fd00:1::/64, router-advertisement: true }
  b: { subnet: [10.2.0.0/24, fd00:2::/64], mtu: 1400, dns: { www.tp.lan: hb } }
  apart: { subnet: 10.4.0.0/24, nat: false }
  beside: 10.5.0.0/24
links:
  - { between: [r1, r2], subnet: [10.9.0.0/31, fd00:9::/127], mtu: 1400 }
machines:
  ha: { address: [10.1.0.5, fd00:1::5] }
  asks: { interfaces: { eth0: { network: a } } }
  hb: { interfaces: { eth0: { address: [10.2.0.5, fd00:2::5], mac: "02:00:00:00:00:05", mtu: 1300 } } }
  r1: { forward: true, address: [10.1.0.1, fd00:1::1], routes: auto, sysctls: { net.ipv4.tcp_syncookies: false } }
  r2: { forward: true, address: [10.2.0.1, fd00:2::1], routes: [{ to: a, via: r1 }] }
  r3: { forward: true, address: [10.1.0.3, 10.5.0.1] }
  ho: { address: 10.4.0.5, gateway: false }
`;

/** A command that says for each of them whether an echo comes. */
function pings(...targets: readonly string[]): string {
  return `for to in ${targets.join(' ')}; do ping -qnc 1 -W 3 $to >/dev/null 2>&1 && echo yes || echo no; done`;
}

for (const [kind, make] of [
  ['root', currentUser],
  ['ordinary', ordinaryUser],
] as const) {
  const who = kind === 'root' ? 'root' : 'an ordinary user';
  describe(`networks of a lab of ${who}`, { skip: cannotBe(kind) }, () => {
    test('are joined by routers, in both families, and only by them; links, routes and settings are as the file says', async () => {
      await using user = make();
      writeFileSync(join(user.folder, 'lab.yaml'), lab);
      const up = await user.lab('up');
      assert.equal(up.exitCode, 0, up.stderr);
      const on = async (machine: string, script: string): Promise<string> => {
        const { stdout, stderr, exitCode } = await user.lab('exec', machine, '--', 'sh', '-c', script);
        assert.equal(exitCode, 0, stderr + stdout);
        return stdout;
      };
      const [ways, back, settings, cards, routes, apart] = await Promise.all([
        on('ha', `${pings('10.2.0.5', 'fd00:2::5', 'hb', '10.9.0.1', 'fd00:9::1', '10.4.0.5')}; cat /etc/hosts`),
        on('hb', `${pings('ha', '10.1.0.5', 'fd00:1::5', 'fe80::4c:41ff:feff:1%eth0')}; getent hosts www.tp.lan`),
        on('r1', 'cat /proc/sys/net/ipv4/tcp_syncookies /proc/sys/net/ipv4/ip_forward'),
        on('hb', 'cat /sys/class/net/eth0/address /sys/class/net/eth0/mtu'),
        on('r2', 'cat /sys/class/net/eth0/mtu; ip route; ip -6 route'),
        on('ho', `ip route; ${pings('10.1.0.5')}`),
      ]);
      assert.match(ways, /^yes\nyes\nyes\nyes\nyes\nno\n/);
      assert.match(ways, /^fd00:2::5 hb$/m);
      assert.doesNotMatch(ways, /www/);
      // The last is the bridge of the network, which no machine gets to where a machine is its gateway.
      assert.match(back, /^yes\nyes\nyes\nno\nfd00:2::5 +www\.tp\.lan$/m);
      assert.equal(settings, '0\n1\n');
      assert.equal(cards, '02:00:00:00:00:05\n1300\n');
      assert.match(routes, /^1400\n/);
      assert.match(routes, /^10\.1\.0\.0\/24 via 10\.9\.0\.0 /m);
      assert.match(routes, /^fd00:1::\/64 via fd00:9:: /m);
      assert.doesNotMatch(routes, /default/);
      assert.doesNotMatch(apart, /default/);
      assert.match(apart, /^no$/m);
      // r1 knows that way, and shows ha a shorter one (redirect, RFC 792).
      const { pairs } = JSON.parse((await user.lab('--json', 'ping', 'ha', '--count', '1')).stdout) as PingOutcome;
      const toR3 = pairs.filter(({ from, address }) => from === 'ha' && address === '10.5.0.1');
      assert.deepEqual(
        toR3.map(({ received }) => received),
        [1],
      );
      // Packets of 1448 bytes, and the link takes 1400: after the first, they are sent in fragments.
      const throughput = await user.lab('--json', 'iperf', 'ha', 'fd00:2::1', '--udp', '--time', '1s');
      assert.equal(throughput.exitCode, 0, throughput.stderr);
      const { udp } = JSON.parse(throughput.stdout) as IperfResult;
      assert.ok(udp !== undefined && udp.received > 0, throughput.stdout);
      const announced = await retryUntil(
        async () => {
          const seen = await on('asks', 'ip -o address; ip -6 route');
          return /inet6 fd00:1::/.test(seen) ? { value: seen } : { seen };
        },
        { what: 'an address from the prefix that r1 announces', timeoutMs: 20_000 },
      );
      assert.match(announced, /^default via fe80::\S+ dev eth0 proto ra/m);
      assert.doesNotMatch(announced, /eth0 +inet /);
      const toNone = await user.lab('iperf', 'hb', 'asks');
      assert.match(toNone.stderr, /gives asks no address to send to\nhint: .*lab iperf asks hb --reverse/);
    });
  });
}

describe('machines', { skip: cannotBe('root') && cannotBe('ordinary') }, () => {
  test('are not made with a setting of the kernel that one machine cannot have, and the reason is told', async () => {
    await using user = currentUser();
    for (const [setting, why] of [
      ['net.ipv4.tcp_available_congestion_control: reno', 'it can only be read'],
      ['net.ipv4.tcp_fin_timeout: soon', 'the kernel takes no such value'],
      ['net.ipv4.no_such: 1', 'has no such setting for one network'],
    ] as const) {
      const machines = `machines: { a: { address: 10.1.0.5, sysctls: { ${setting} } } }`;
      writeFileSync(
        join(user.folder, 'lab.yaml'),
        `version: 1\nnetworks: { a: { subnet: 10.1.0.0/24, nat: false } }\n${machines}\n`,
      );
      const up = await user.lab('up');
      assert.equal(up.exitCode, 3, up.stderr);
      assert.ok(up.stderr.includes(`machine a cannot have that ${setting.split(':')[0]!} in "sysctls": `), up.stderr);
      assert.ok(up.stderr.includes(why), up.stderr);
    }
  });
});
