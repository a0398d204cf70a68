import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { up } from '../../src/commands/lab/up.ts';
import { exec } from '../../src/commands/machines/exec.ts';
import { why, type WhyTarget } from '../../src/commands/machines/why.ts';
import { firstBroken, type ReachReport } from '../../src/reach/reach-report.ts';
import { runCli } from '../helpers/cli.ts';
import { testContext } from '../helpers/command-context.ts';
import { cannotMakeMachines, labFolder } from '../helpers/machines/machines.ts';

const LAB = `version: 1
name: routers
networks:
  west: { subnet: [10.1.0.0/24, "fd00:1::/64"], gateway: 10.1.0.1, gateway6: "fd00:1::1", nat: false }
  east: { subnet: [10.2.0.0/24, "fd00:2::/64"], gateway: 10.2.0.1, gateway6: "fd00:2::1", nat: false }
links: [{ between: [r1, r2], subnet: [10.9.0.0/31, "fd00:9::/127"] }]
machines:
  a: { user: ada, address: [10.1.0.5, "fd00:1::5"] }
  b: { user: bob, address: [10.2.0.5, "fd00:2::5"] }
  r1: { user: ron, forward: true, routes: auto, interfaces: { eth0: [10.1.0.1, "fd00:1::1"] } }
  r2: { user: ron, forward: true, routes: auto, interfaces: { eth0: [10.2.0.1, "fd00:2::1"] } }
`;

/** One lab that all these tests share; each leaves it as it found it. */
describe('why over routers', { skip: await cannotMakeMachines() }, () => {
  const folder = labFolder({ 'lab.yaml': LAB });
  const context = (): ReturnType<typeof testContext>['context'] => testContext(folder.path).context;

  const on = async (machine: string, script: string): Promise<string> => {
    const { results } = await exec(context(), { machines: [machine], command: ['sh', '-c', script], collect: true });
    assert.equal(results[0]?.exitCode, 0, results[0]?.stderr);
    return results[0].stdout;
  };

  /** Does something to a machine, and undoes it at the end of the test. */
  const changed = async (machine: string, doIt: string, undo: string): Promise<AsyncDisposable> => {
    await on(machine, doIt);
    return {
      async [Symbol.asyncDispose]() {
        await on(machine, undo);
      },
    };
  };

  const rules = (machine: string, hook: string, rule: string): Promise<AsyncDisposable> =>
    changed(
      machine,
      `sudo nft 'add table inet t; add chain inet t c { type ${hook} priority 0; }; add rule inet t c ${rule}'`,
      'sudo nft delete table inet t',
    );

  const look = (host: string, port?: number, protocol?: WhyTarget['protocol']): Promise<ReachReport> =>
    why(context(), { from: 'a', to: { host, port, protocol } });

  /** `LINK: what was seen`, and the cure. */
  const broken = async (host: string, port?: number): Promise<readonly [string, string | undefined]> => {
    const link = firstBroken(await look(host, port));
    return [`${link?.link}: ${link?.seen}`, link?.cure];
  };

  before(async () => {
    await up(context(), { recreate: false });
    // One server for IPv4 alone, one of datagrams for both families.
    const open = `from socket import *; import os, time
s = socket(); s.bind(("", 6100)); s.listen()
d = socket(AF_INET6, SOCK_DGRAM); d.bind(("::", 5300))
os.mkdir("/tmp/open"); time.sleep(600)`;
    await on(
      'b',
      `setsid python3 -c '${open}' >/dev/null 2>&1 & for _ in $(seq 400); do [ ! -d /tmp/open ] || exit 0; sleep 0.05; done; exit 1`,
    );
  });
  after(async () => {
    await folder[Symbol.asyncDispose]();
  });

  test('each router of both ways is named, by both families', async () => {
    for (const [host, via, gate] of [
      ['10.2.0.5', '10.1.0.1', '10.9.0.1'],
      ['fd00:2::5', 'fd00:1::1', 'fd00:9::1'],
    ] as const) {
      const report = await look(host, 5300, 'udp');
      assert.equal(report.broken, null, JSON.stringify(report, undefined, 1));
      const route = report.links.find(({ link }) => link === 'route')!.seen;
      assert.ok(
        route.startsWith(`a reaches ${host} through ${via} over eth0; r1 reaches ${host} through ${gate}`),
        route,
      );
      assert.match(
        route,
        /; r2 reaches \S+ over eth0, and back: b reaches \S+ through \S+ over eth0; r2 reaches .*; r1 /,
      );
      assert.match(report.links.at(-1)!.seen, /no rule of a or r1 or r2 or b stops UDP port 5300/);
    }
  });

  test('an address of IPv6 is taken with and without brackets, however it is written', async () => {
    for (const [words, code] of [
      ['FD00:2:0::5', 0],
      ['[fd00:2::5]:5300/udp', 0],
      ['[fd00:2:0:0::5]:6100', 1],
    ] as const) {
      const { exitCode, stdout, stderr } = await runCli(['why', 'a', words], { cwd: folder.path });
      assert.equal(exitCode, code, stdout + stderr);
    }
  });

  test('a name of both families leads to a server of one of them, if the client tries each address', async () => {
    const report = await look('b', 6100);
    assert.equal(report.broken, null, JSON.stringify(report, undefined, 1));
    const { address } = report.to;
    assert.equal(address, 'fd00:2::5');
    assert.match(
      report.links.find(({ link }) => link === 'listener')!.seen,
      /for IPv4 only.*b is 10\.2\.0\.5, too, and a client gets there that tries each address/,
    );
    assert.equal((await look('fd00:2::5', 6100)).broken, 'listener');
  });

  test('a router that hands nothing on', async () => {
    for (const [setting, host] of [
      ['net.ipv4.ip_forward', '10.2.0.5'],
      ['net.ipv6.conf.all.forwarding', 'fd00:2::5'],
    ] as const) {
      await using _still = await changed('r2', `sudo sysctl -qw ${setting}=0`, `sudo sysctl -qw ${setting}=1`);
      const [seen, cure] = await broken(host);
      assert.match(seen, new RegExp(`^route: .*r2, the next router, hands nothing on: ${setting} is 0 there`));
      assert.match(cure!, /forward: true in machines\.r2/);
    }
  });

  test('a router that does not know the way on, or back', async () => {
    {
      await using _lost = await changed(
        'r1',
        'sudo ip route delete 10.2.0.0/24',
        'sudo ip route add 10.2.0.0/24 via 10.9.0.1',
      );
      const [seen, cure] = await broken('10.2.0.5');
      assert.match(seen, /^route: a reaches 10\.2\.0\.5 through .*; r1 has no route to 10\.2\.0\.5/);
      assert.match(
        cure!,
        /^r2 leads there: lab exec r1 -- sudo ip route add 10\.2\.0\.0\/24 via 10\.9\.0\.1, or write routes: /,
      );
    }
    await using _lost = await changed(
      'r2',
      'sudo ip -6 route delete fd00:1::/64',
      'sudo ip -6 route add fd00:1::/64 via fd00:9::',
    );
    const [seen, cure] = await broken('fd00:2::5');
    assert.match(seen, /^route: there: .*; but no way back for the answers: .*; r2 has no route to fd00:1::5/);
    assert.match(cure!, /^r1 leads there: lab exec r2 -- sudo ip route add fd00:1::\/64 via fd00:9::/);
  });

  test('a way that goes round in a circle', async () => {
    await using _wrong = await changed(
      'r2',
      'sudo ip route add 10.2.0.5/32 via 10.9.0.0',
      'sudo ip route delete 10.2.0.5/32',
    );
    const [seen, cure] = await broken('10.2.0.5');
    assert.match(seen, /^route: .*; there the way comes back to r1: packets to 10\.2\.0\.5 go round in a circle/);
    assert.match(cure!, /Correct the routes of r2 or of r1/);
  });

  test('a router that translates addresses gets the answers itself', async () => {
    await using _nat = await rules('r1', 'nat hook postrouting', 'oifname != "eth0" masquerade');
    await using _lost = await changed(
      'r2',
      'sudo ip route delete 10.1.0.0/24',
      'sudo ip route add 10.1.0.0/24 via 10.9.0.0',
    );
    const report = await look('10.2.0.5', 6100);
    assert.equal(report.broken, null, JSON.stringify(report, undefined, 1));
    assert.match(
      report.links.find(({ link }) => link === 'route')!.seen,
      /r1 puts its own address in the place of that of a, so the answers come to it/,
    );
    await using _oneWay = await changed(
      'r1',
      `sudo nft 'add table inet f; add chain inet f c { type filter hook forward priority 0; policy drop; }; add rule inet f c iifname "eth0" accept'`,
      'sudo nft delete table inet f',
    );
    const [seen, cure] = await broken('10.2.0.5', 6100);
    assert.match(
      seen,
      /^firewall: on r1, the policy of chain inet f c stops what comes back from port 6100: it drops it/,
    );
    await on('r1', cure!.replace('Let it through: lab exec r1 -- ', ''));
    assert.equal((await look('10.2.0.5', 6100)).broken, null);
  });

  test('a rule that lets no echo through, where no port was asked for', async () => {
    for (const [machine, hook, rule, what] of [
      ['r1', 'forward', 'icmp type echo-request drop', 'an ICMP echo: it drops it'],
      ['r2', 'forward', 'oifname != "eth0" ip protocol icmp reject', 'the answer to an ICMP echo: it rejects it'],
      ['b', 'input', 'meta l4proto icmp drop', 'an ICMP echo: it drops it'],
    ] as const) {
      await using _rules = await rules(machine, `filter hook ${hook}`, rule);
      const [seen, cure] = await broken('10.2.0.5');
      assert.ok(seen.startsWith(`firewall: on ${machine}, a rule of chain inet t c`), seen);
      assert.ok(seen.includes(`stops ${what}`), seen);
      assert.match(cure!, /nft delete rule inet t c handle/);
      assert.equal((await look('fd00:2::5')).broken, null);
    }
    await using _rules = await rules('r1', 'filter hook forward', 'icmpv6 type echo-reply drop');
    assert.match((await broken('fd00:2::5'))[0], /stops the answer to an ICMP echo: it drops it/);
    assert.equal((await look('10.2.0.5', 6100)).broken, null);
  });

  test('a router that takes smaller packets than the machine sends is named', async () => {
    await using _narrow = await changed('r1', 'sudo ip link set eth1 mtu 1400', 'sudo ip link set eth1 mtu 1500');
    const { links, broken: first } = await look('10.2.0.5');
    assert.equal(first, null);
    assert.match(
      links.find(({ link }) => link === 'route')!.seen,
      /over eth0; packets of more than 1400 bytes do not get past r1 in one piece, and back: [^,]*$/,
    );
  });

  test('a rule of a router, for what comes, and for what goes back', async () => {
    for (const [rule, what] of [
      ['iifname "eth0" tcp dport 6100 drop', 'what goes on to port 6100'],
      ['oifname "eth0" tcp sport 6100 drop', 'what comes back from port 6100'],
    ] as const) {
      await using _rules = await rules('r1', 'filter hook forward', rule);
      const [seen, cure] = await broken('10.2.0.5', 6100);
      assert.ok(seen.startsWith('firewall: on r1, a rule of chain inet t c'), seen);
      assert.ok(seen.includes(`stops ${what}: it drops it`), seen);
      assert.match(cure!, /lab exec r1 -- sudo nft delete rule inet t c handle/);
    }
  });
});
