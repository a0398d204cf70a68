import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { up } from '../../src/commands/lab/up.ts';
import { exec } from '../../src/commands/machines/exec.ts';
import { iperf } from '../../src/commands/machines/iperf.ts';
import { ping } from '../../src/commands/machines/ping.ts';
import { run } from '../../src/commands/runs/run.ts';
import { why, type WhyTarget } from '../../src/commands/machines/why.ts';
import { Wake } from '../../src/core/time/wake.ts';
import { firstBroken, type ReachReport } from '../../src/reach/reach-report.ts';
import { machineInits } from '../helpers/machines/leftovers.ts';
import { mainFile, runCli } from '../helpers/cli.ts';
import { testContext } from '../helpers/command-context.ts';
import { cannotMakeMachines, labFolder } from '../helpers/machines/machines.ts';
import { onTerminal } from '../helpers/on-terminal.ts';

const LAB = `version: 1
name: why
networks: { net: { subnet: 10.1.2.0/24, nat: false } }
machines:
  alpha: { user: ada, address: 10.1.2.4 }
  beta: { user: bob, address: 10.1.2.5 }
  gamma: { user: cid, address: 10.1.2.6, sudo: false }
programs:
  server: { on: alpha, command: [python3, server.py], listens: 6100 }
  ftp: { on: alpha, command: [python3, ftp.py], listens: [2120, 2121] }
  client: { on: beta, command: [python3, client.py] }
  idle: { on: beta, command: [true] }
scenarios:
  long:
    - start: idle
    - run: { on: beta, command: [sh, -c, 'mkdir /tmp/plays; while [ -d /tmp/plays ]; do sleep 0.1; done'] }
      timeout: 100s
`;

/** States of all links, in order. */
function states({ links }: ReachReport): string {
  return links.map(({ link, state }) => `${link} ${state}`).join(', ');
}

/** A chain of nftables: its hook, its policy, its rules. */
function chain(hook: string, policy: string, ...lines: string[]): string {
  return `table inet t {\n chain c {\n type filter hook ${hook} priority 0; policy ${policy};\n${lines.join('\n')}\n}\n}`;
}

const routeAgain = (own: string): string => `sudo ip route replace 10.1.2.0/24 dev eth0 src ${own}`;

/** One lab that all these tests share; each leaves it as it found it. */
describe('why', { skip: await cannotMakeMachines() }, () => {
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

  /** A Python program on a machine that has these statements behind it, until the end of the test. */
  const program = async (machine: string, statements: string): Promise<AsyncDisposable> => {
    const code = `from socket import *; import time, os; ${statements}; os.mkdir("/tmp/open"); time.sleep(600)`;
    const pid = await on(
      machine,
      `setsid python3 -c '${code}' >/tmp/output 2>&1 & pid=$!
      for _ in $(seq 200); do [ ! -d /tmp/open ] || { echo $pid; exit 0; }; sleep 0.05; done; cat /tmp/output >&2; exit 1`,
    );
    return {
      async [Symbol.asyncDispose]() {
        await on(machine, `kill ${pid.trim()}; rmdir /tmp/open`);
      },
    };
  };

  const listener = (address: string, port: number, backlog = 5): Promise<AsyncDisposable> =>
    program('alpha', `s = socket(); s.bind(("${address}", ${port})); s.listen(${backlog})`);

  const look = (host: string, port?: number, protocol?: WhyTarget['protocol'], from = 'beta'): Promise<ReachReport> =>
    why(context(), { from, to: { host, port, protocol } });

  const kindOf = async (port: number): Promise<string | undefined> =>
    firstBroken(await look('alpha', port))?.problem?.kind;

  const rules = (machine: string, text: string): Promise<AsyncDisposable> =>
    changed(machine, `sudo nft -f - <<'END'\n${text}\nEND`, 'sudo nft delete table inet t');

  /** The last link while one machine has these rules. */
  const firewall = async (machine: string, text: string): Promise<ReturnType<typeof firstBroken>> => {
    await using _rules = await rules(machine, text);
    const report = await look('alpha', 6100);
    const link = report.links.at(-1)!;
    assert.equal(report.broken, link.state === 'broken' ? 'firewall' : null, JSON.stringify(report, undefined, 1));
    return link;
  };

  const lab = (...args: string[]): ReturnType<typeof runCli> => runCli(args, { cwd: folder.path });

  const ALL_OK = 'name ok, address ok, route ok, neighbour ok, listener ok, firewall ok';

  before(async () => {
    await up(context(), { recreate: false });
  });
  after(async () => {
    await folder[Symbol.asyncDispose]();
  });

  test('all links hold, by name and by address, and nothing connects', async () => {
    await using _server = await listener('0.0.0.0', 6100);
    for (const host of ['alpha', '10.1.2.4']) {
      const report = await look(host, 6100);
      assert.equal(states(report), ALL_OK, JSON.stringify(report, undefined, 1));
      assert.deepEqual(report.to, { host, machine: 'alpha', address: '10.1.2.4', port: 6100, protocol: 'tcp' });
      assert.equal(report.broken, null);
    }
    assert.match(
      (await look('alpha', 6100)).links[4]?.seen ?? '',
      /^process \d+ \(python3 -c .* listens on 0\.0\.0\.0:6100$/,
    );
    assert.equal(await on('alpha', 'ss -Htan sport = :6100 | grep -vc LISTEN || :'), '0\n');
  });

  test('programs stand for their machines and ports', async () => {
    await using _server = await listener('10.1.2.4', 6100);
    const report = await why(context(), {
      from: 'client',
      to: { host: 'server', port: undefined, protocol: undefined },
    });
    assert.deepEqual([report.from, report.to.host, report.to.port, states(report)], ['beta', 'alpha', 6100, ALL_OK]);
  });

  test('a machine alone is looked at without a port', async () => {
    assert.equal(states(await look('alpha')), 'name ok, address ok, route ok, neighbour ok, firewall ok');
  });

  test('a name that is wrong in /etc/hosts', async () => {
    await using _server = await listener('0.0.0.0', 6100);
    const keep = 'sudo cp /etc/hosts /etc/hosts.kept';
    const back = 'sudo cp /etc/hosts.kept /etc/hosts';
    await using _wrong = await changed('beta', `${keep}; sudo sed -i "s/.* alpha$/10.1.2.9 alpha/" /etc/hosts`, back);
    const report = await look('alpha', 6100);
    assert.equal(states(report), ALL_OK.replace('name ok', 'name broken'));
    const broken = firstBroken(report);
    assert.match(
      broken?.seen ?? '',
      /^alpha is 10\.1\.2\.9 on beta \(line \d+: 10\.1\.2\.9 alpha of \/etc\/hosts\), and alpha has 10\.1\.2\.4$/,
    );
    assert.match(broken?.cure ?? '', /^Correct line \d+ of \/etc\/hosts on beta\. It should say: 10\.1\.2\.4 alpha$/);
    await on('beta', `${back}; sudo sed -i "s/.* alpha$/127.0.1.1 alpha/" /etc/hosts`);
    assert.match(
      firstBroken(await look('alpha', 6100))?.seen ?? '',
      /^alpha is 127\.0\.1\.1 on beta .*: that is beta itself$/,
    );
    await on('beta', `${back}; sudo sed -i "/ alpha$/d" /etc/hosts`);
    const unknown = firstBroken(await look('alpha', 6100));
    assert.equal(unknown?.seen, 'beta does not know the name alpha');
    assert.match(unknown.cure ?? '', /^Add the line "10\.1\.2\.4 alpha" to \/etc\/hosts on beta/);
  });

  test('an interface of the target that is down, and one without its address', async () => {
    await using _down = await changed(
      'alpha',
      'sudo ip link set eth0 down',
      'sudo ip link set eth0 up; sudo ip addr replace 10.1.2.4/24 dev eth0',
    );
    const report = await look('alpha', 6100);
    assert.equal(report.broken, 'address');
    assert.equal(firstBroken(report)?.seen, 'eth0 of alpha, which has 10.1.2.4, is down');
    assert.equal(firstBroken(report)?.cure, 'Switch it on: lab exec alpha -- sudo ip link set eth0 up');
    await on('alpha', 'sudo ip link set eth0 up; sudo ip addr del 10.1.2.4/24 dev eth0');
    assert.match(
      firstBroken(await look('alpha', 6100))?.seen ?? '',
      /^alpha does not have the address 10\.1\.2\.4; it has /,
    );
  });

  test('a route that is missing, there or back', async () => {
    const removed = 'sudo ip route flush table main';
    {
      await using _route = await changed('beta', removed, routeAgain('10.1.2.5'));
      const report = await look('alpha', 6100);
      assert.equal(report.broken, 'route');
      assert.match(firstBroken(report)?.seen ?? '', /^beta has no route to 10\.1\.2\.4: .*unreachable/);
      assert.equal(
        firstBroken(report)?.cure,
        'Its route to network net is gone. Add it: lab exec beta -- sudo ip route add 10.1.2.0/24 dev eth0',
      );
    }
    await using _route = await changed('alpha', removed, routeAgain('10.1.2.4'));
    const report = await look('alpha', 6100);
    assert.equal(report.broken, 'route');
    assert.match(firstBroken(report)?.seen ?? '', /no way back for the answers: alpha has no route to 10\.1\.2\.5/);
  });

  test('a neighbour that does not answer, also when it was known', async () => {
    await using _server = await listener('0.0.0.0', 6100);
    await on('beta', 'ping -c 1 alpha');
    await using _silent = await changed('alpha', 'sudo ip link set eth0 arp off', 'sudo ip link set eth0 arp on');
    // The entry is still there, and alpha answers no more.
    await on(
      'beta',
      'sudo ip neigh change 10.1.2.4 dev eth0 lladdr $(ip neigh show to 10.1.2.4 | sed "s/.*lladdr //; s/ .*//") nud stale',
    );
    const known = await look('alpha', 6100);
    assert.equal(known.broken, 'neighbour', JSON.stringify(known, undefined, 1));
    await on('beta', 'sudo ip neigh flush all');
    const report = await look('alpha', 6100);
    assert.equal(states(report), ALL_OK.replace('neighbour ok', 'neighbour broken'));
    assert.match(firstBroken(report)?.seen ?? '', /^beta asked who has 10\.1\.2\.4 on eth0, and nobody answered/);
  });

  test('nobody listens', async () => {
    const report = await look('alpha', 6100);
    assert.equal(states(report), ALL_OK.replace('listener ok', 'listener broken'));
    assert.equal(firstBroken(report)?.seen, 'nobody listens on port 6100 of alpha');
    assert.match(firstBroken(report)?.cure ?? '', /^Start server first/);
  });

  test('a listener on loopback only is named, and reached from its own machine', async () => {
    await using _server = await listener('127.0.0.1', 6100);
    const broken = firstBroken(await look('alpha', 6100));
    assert.match(
      broken?.seen ?? '',
      /^process \d+ \(python3 .* listens on 127\.0\.0\.1:6100 only; other machines cannot reach it$/,
    );
    assert.match(broken?.cure ?? '', /^Bind to '' or 0\.0\.0\.0/);
    assert.deepEqual([broken?.problem?.kind, broken?.problem?.seen.local.address], ['loopback-only', '127.0.0.1']);
    const own = await look('localhost', 6100, 'tcp', 'alpha');
    assert.equal(own.broken, null, JSON.stringify(own, undefined, 1));
  });

  test('a port with its bytes swapped, another port, one that the system chose, UDP', async () => {
    {
      await using _swapped = await listener('0.0.0.0', 54_295);
      const broken = firstBroken(await look('alpha', 6100));
      assert.match(
        broken?.seen ?? '',
        /^nobody has port 6100 of alpha; process .* listens on port 54295 \(0xD417\) instead of 6100 \(0x17D4\)/,
      );
      assert.match(broken?.cure ?? '', /htons\(6100\)/);
    }
    {
      await using _other = await listener('0.0.0.0', 6101);
      assert.equal(await kindOf(6100), 'other-port');
    }
    {
      await using _chosen = await program('alpha', 's = socket(); s.listen()');
      assert.equal(await kindOf(6100), 'system-chosen');
    }
    {
      await using _udp = await program('alpha', 's = socket(AF_INET, SOCK_DGRAM); s.bind(("", 6100))');
      assert.equal(await kindOf(6100), 'other-protocol');
      assert.equal(states(await look('alpha', 6100, 'udp')), ALL_OK);
    }
    await using _second = await listener('0.0.0.0', 2120);
    assert.equal(await kindOf(2121), 'not-yet');
    assert.equal(await kindOf(6100), undefined, 'the port of another program of the lab is no mistake');
  });

  test('a client with the wrong port is told the right one', async () => {
    await using _server = await listener('0.0.0.0', 6100);
    const other = firstBroken(await look('alpha', 6102));
    assert.match(other?.seen ?? '', /^nobody has port 6102 of alpha; process .* listens on port 6100$/);
    assert.equal(other?.cure, 'Let the client use port 6100, which is the port of server.');
    assert.match(firstBroken(await look('alpha', 54_295))?.cure ?? '', /let the client use htons\(6100\)/);
    const itself = firstBroken(await look('localhost', 6100));
    assert.match(itself?.seen ?? '', /^nobody has port 6100 of beta itself/);
    assert.equal(itself?.cure, 'server listens on alpha: let the client use the name alpha.');
  });

  test('a socket that is bound and does not listen', async () => {
    await using _bound = await program('alpha', 's = socket(); s.bind(("", 6100))');
    const broken = firstBroken(await look('alpha', 6100));
    assert.match(broken?.seen ?? '', /^process \d+ .* has bound port 6100 of alpha, but does not listen$/);
  });

  test('a queue that is full', async () => {
    await using _server = await listener('0.0.0.0', 6100, 1);
    await using _clients = await program('beta', 'c = [create_connection(("alpha", 6100)) for _ in range(2)]');
    const broken = firstBroken(await look('alpha', 6100));
    assert.match(broken?.seen ?? '', /its queue is full: 2 connections wait to be accepted \(backlog 1\)/);
    assert.match(broken?.cure ?? '', /does not call accept/);
  });

  test('rules of nftables: drop, reject, policy, on each side, and rules that do not matter', async () => {
    await using _server = await listener('0.0.0.0', 6100);

    const dropped = await firewall('alpha', chain('input', 'accept', 'tcp dport { 22, 6000-6200 } counter drop'));
    assert.match(
      dropped?.seen ?? '',
      /^on alpha, a rule of chain inet t c: "tcp dport \{ 22, 6000-6200 \} counter drop" stops what comes in for port 6100: it drops it/,
    );
    assert.match(dropped?.cure ?? '', /^Let it through: lab exec alpha -- sudo nft delete rule inet t c handle \d+$/);
    const rejected = await firewall('beta', chain('output', 'accept', 'ip daddr 10.1.2.0/24 meta l4proto tcp reject'));
    assert.match(
      rejected?.seen ?? '',
      /^on beta, .* stops what goes out to port 6100: it rejects it, and the client is refused$/,
    );
    const policy = await firewall(
      'alpha',
      chain('input', 'drop', 'ct state established,related accept', 'iifname lo accept'),
    );
    assert.match(policy?.seen ?? '', /^on alpha, the policy of chain inet t c stops/);
    assert.match(policy?.cure ?? '', /nft add rule inet t c tcp dport 6100 accept$/);
    const back = await firewall('beta', chain('input', 'drop', 'ct state new accept'));
    assert.match(back?.seen ?? '', /^on beta, .* stops what comes back from port 6100/);
    for (const harmless of [
      chain('input', 'drop', 'ct state established,related accept', 'tcp dport 6100 accept'),
      chain('input', 'accept', 'tcp dport 7000 drop', 'udp dport 6100 drop', 'ip saddr 10.9.0.0/16 drop'),
    ])
      assert.equal((await firewall('alpha', harmless))?.state, 'ok');
    const depends = await firewall('alpha', chain('input', 'accept', 'meta mark 7 tcp dport 6100 drop'));
    assert.deepEqual([depends?.state, /may be stopped by a rule/.test(depends?.seen ?? '')], ['unknown', true]);
  });

  test('rules are seen also while a run counts attempts with rules of its own', async () => {
    await using _server = await listener('0.0.0.0', 6100);
    const played = run(context(), { scenario: 'long', times: 1 });
    try {
      await on('beta', 'for _ in $(seq 300); do [ ! -d /tmp/plays ] || exit 0; sleep 0.1; done; exit 1');
      assert.match(await on('beta', 'sudo nft list tables'), /table inet lab_watch/);
      assert.equal(states(await look('alpha', 6100)), ALL_OK);
      const dropped = await firewall('alpha', chain('input', 'accept', 'tcp dport 6100 drop'));
      assert.match(dropped?.seen ?? '', /"tcp dport 6100 drop" stops what comes in/);
    } finally {
      await on('beta', 'rmdir /tmp/plays');
    }
    assert.equal((await played).result, 'passed');
  });

  test('lab ping: all pairs answer, also where nobody may be root, and each pair that does not is told with its cause', async () => {
    const whole = await ping(context(), { machines: [], count: 2 });
    assert.deepEqual(
      [whole.machines, whole.pairs.length, whole.failed, whole.sent, whole.received, whole.notAsked],
      [['alpha', 'beta', 'gamma'], 6, 0, 12, 12, []],
    );
    assert.ok(whole.leastMs! > 0 && whole.leastMs! <= whole.averageMs! && whole.averageMs! <= whole.mostMs!);

    await using _refused = await changed(
      'alpha',
      `echo '${chain('input', 'accept', 'icmp type echo-request reject with icmp type admin-prohibited')}' | sudo nft -f -`,
      'sudo nft delete table inet t',
    );
    const refused = await ping(context(), { machines: ['alpha'], count: 1 });
    assert.deepEqual(
      refused.pairs.map(({ from, to, cause }) => [from, to, cause]),
      [
        ['alpha', 'beta', undefined],
        ['alpha', 'gamma', undefined],
        ['beta', 'alpha', { kind: 'filtered', from: '10.1.2.4' }],
        ['gamma', 'alpha', { kind: 'filtered', from: '10.1.2.4' }],
      ],
    );
    await using _unreachable = await changed('beta', 'sudo ip route del 10.1.2.0/24', routeAgain('10.1.2.5'));
    const typed = await lab('ping', 'beta', 'gamma');
    assert.equal(typed.exitCode, 1);
    assert.match(
      typed.stdout,
      /✖ beta → gamma \(10\.1\.2\.6\): it has no route there\n✖ gamma → beta \(10\.1\.2\.5\): no answer\n/,
    );
  });

  test('lab iperf: what goes through by TCP and by UDP, in both directions, and nothing of it stays', async () => {
    const LISTENING = 'ss -Htlnu | wc -l; pgrep -c perl || true';
    const idle = await on('beta', LISTENING);
    const base = { from: 'alpha', to: 'beta', seconds: 0.3, rate: 2e6, reverse: false } as const;
    const [tcp, udp, back] = await Promise.all([
      iperf(context(), { ...base, protocol: 'tcp' }),
      iperf(context(), { ...base, protocol: 'udp', reverse: true }),
      iperf(context(), { ...base, protocol: 'tcp', to: '10.1.2.6', reverse: true }),
    ]);
    assert.deepEqual(
      [tcp.sender, tcp.receiver, tcp.address, back.sender, back.address],
      ['alpha', 'beta', '10.1.2.5', 'gamma', '10.1.2.6'],
    );
    for (const { receivedBytes, sentBytes, intervals } of [tcp, back]) {
      assert.ok(receivedBytes > 0 && receivedBytes === sentBytes);
      assert.equal(intervals.length, 1);
    }
    assert.ok(udp.udp!.received > 10 && udp.udp!.received + udp.udp!.lost === udp.udp!.sent);
    assert.ok(udp.bitsPerSecond < 4e6, String(udp.bitsPerSecond));
    assert.equal(await on('beta', LISTENING), idle);

    await using _refused = await changed(
      'beta',
      `echo '${chain('input', 'accept', 'tcp dport > 1024 reject with tcp reset')}' | sudo nft -f -`,
      'sudo nft delete table inet t',
    );
    await assert.rejects(iperf(context(), { ...base, protocol: 'tcp' }), {
      code: 'iperf-failed',
      message: 'alpha could not measure: connect: Connection refused',
      hint: '"lab why alpha beta" looks at each link between the two.',
    });
    assert.equal(await on('beta', LISTENING), idle);
    const wrong = await lab('iperf', 'alpha', 'beta', '--rate', '5M');
    assert.deepEqual(
      [wrong.exitCode, wrong.stderr],
      [
        2,
        'error: --rate is for UDP: TCP sends as fast as it goes\nhint: Add --udp:  lab iperf alpha beta --udp --rate 10M\n',
      ],
    );
  });

  test('lab status --watch: lines for a pipe, a screen of its own for a terminal, which is given back', async () => {
    const watching = spawn(process.execPath, [mainFile, 'status', '--watch'], { cwd: folder.path });
    const said = new Wake();
    let shown = '';
    watching.stdout.setEncoding('utf8').on('data', (piece: string) => {
      shown += piece;
      said.notify();
    });
    const until = async (pattern: RegExp): Promise<void> => {
      while (!pattern.test(shown)) await said.next();
    };
    await until(/^server +alpha +6100 free\n/m);
    await on('alpha', 'setsid python3 -m http.server 6100 >/dev/null 2>&1 &');
    await until(/^[\d:.]{12}  server: 6100 free → 6100 held by python3 -m http\.server 6100 \(PID \d+\)\n/m);
    await on('alpha', 'pkill -f "[h]ttp.server 6100"');
    await until(/^[\d:.]{12}  server: 6100 held by .* → 6100 free\n/m);
    watching.kill('SIGINT');
    const [exitCode] = (await once(watching, 'close')) as [number | null];
    assert.equal(exitCode, 130);

    for (const press of ['q', '\x03']) {
      const { shown: screen, exitCode: code } = await onTerminal(folder.path, ['status', '--watch'], {
        when: /gamma/,
        press,
      });
      assert.equal(code, 0);
      assert.ok(
        screen.startsWith('\x1b[?1049h\x1b[?25l') && screen.trimEnd().endsWith('\x1b[?25h\x1b[?1049l'),
        JSON.stringify(screen),
      );
    }
    const wrong = await lab('status', '--watch', '--json');
    assert.deepEqual(
      [wrong.exitCode, (JSON.parse(wrong.stdout) as { error: { code: string } }).error.code],
      [2, 'watch-alone'],
    );
  });

  test('what is no machine of the lab', async () => {
    const none = await look('10.1.2.77', 80);
    assert.deepEqual([none.broken, none.to.machine], ['address', undefined]);
    assert.match(firstBroken(none)?.cure ?? '', /alpha 10\.1\.2\.4, beta 10\.1\.2\.5, gamma 10\.1\.2\.6/);
    const outside = await look('192.0.2.1', 80);
    assert.equal(outside.broken, 'route');
    assert.match(firstBroken(outside)?.seen ?? '', /192\.0\.2\.1/);
    assert.equal(outside.links.find(({ link }) => link === 'listener')?.state, 'unknown');
    const nameless = await look('delta', 80);
    assert.deepEqual([nameless.broken, firstBroken(nameless)?.seen], ['name', 'beta does not know the name delta']);
  });

  test('an address that was added by hand, of IPv6', async () => {
    await using _alpha = await changed(
      'alpha',
      'sudo ip addr add fd00::4/64 dev eth0 nodad',
      'sudo ip addr del fd00::4/64 dev eth0',
    );
    await using _beta = await changed(
      'beta',
      'sudo ip addr add fd00::5/64 dev eth0 nodad',
      'sudo ip addr del fd00::5/64 dev eth0',
    );
    {
      await using _old = await listener('0.0.0.0', 6100);
      const broken = firstBroken(await look('fd00::4', 6100));
      assert.deepEqual([broken?.link, broken?.problem?.kind], ['listener', 'ipv4-only']);
    }
    await using _server = await program('alpha', 's = create_server(("", 6100), family=AF_INET6, dualstack_ipv6=True)');
    const report = await look('fd00::4', 6100);
    assert.deepEqual([report.to.machine, states(report)], ['alpha', ALL_OK], JSON.stringify(report, undefined, 1));
  });

  test('a machine where nobody may be root shows what it can, and the rest is not known', async () => {
    await using _server = await listener('0.0.0.0', 6100);
    const report = await look('alpha', 6100, 'tcp', 'gamma');
    assert.equal(states(report), ALL_OK.replace('firewall ok', 'firewall unknown'));
    assert.equal(report.broken, null);
    assert.equal(report.links.at(-1)?.seen, 'cid may not see the rules of gamma (sudo does not let it)');
  });

  test('the own name of a machine may be loopback there: a client on it goes the same way', async () => {
    const keep = 'sudo cp /etc/hosts /etc/hosts.kept; sudo sed -i "s/.* alpha$/127.0.1.1 alpha/" /etc/hosts';
    await using _hosts = await changed('alpha', keep, 'sudo cp /etc/hosts.kept /etc/hosts');
    await using _server = await listener('10.1.2.4', 6100);
    const report = await look('alpha', 6100, 'tcp', 'alpha');
    assert.deepEqual([report.to.address, report.broken], ['127.0.1.1', 'listener']);
    const fromBeta = await look('alpha', 6100);
    assert.equal(fromBeta.broken, null);
    assert.match(
      fromBeta.links[0]?.seen ?? '',
      /; on alpha itself it is 127\.0\.1\.1, which no other machine reaches$/,
    );
  });

  test('the command line: words, JSON, exit codes, wrong targets', async () => {
    await using _server = await listener('127.0.0.1', 6100);
    const text = await lab('why', 'beta', 'alpha:6100');
    assert.equal(text.exitCode, 1);
    assert.match(text.stdout, /^beta → alpha:6100\n {2}✔ name {7}alpha is 10\.1\.2\.4 on beta/);
    assert.match(text.stdout, /✖ listener .*\n(?: {15}.*\n)+/);
    assert.match(text.stdout, /Broken: the first link that does not hold is the listener\.\n$/);
    const json = JSON.parse((await lab('--json', 'why', 'beta', 'alpha:6100')).stdout) as ReachReport;
    assert.deepEqual(Object.keys(json).slice(0, 5), ['schemaVersion', 'from', 'to', 'links', 'broken']);
    assert.deepEqual([json.from, json.broken, json.links.length], ['beta', 'listener', 6]);
    assert.deepEqual(Object.keys(json.links[4]!), ['link', 'state', 'seen', 'cure', 'problem']);
    assert.equal((await lab('why', 'beta', 'alpha')).exitCode, 0);
    for (const [from, target, code] of [
      ['beta', '6100', 2],
      ['beta', 'alpha:0', 2],
      ['beta', 'alpha:70000', 2],
      ['beta', 'idle', 2],
      ['delta', 'alpha:6100', 2],
    ] as const)
      assert.equal((await lab('why', from, target)).exitCode, code, `${from} ${target}`);
  });

  /* The last: the machine is gone. */
  test('a machine that does not answer', async () => {
    process.kill(machineInits(folder.path)[0]!, 'SIGKILL');
    const report = await look('alpha', 6100);
    assert.match(states(report), /^name ok, address broken, /);
    assert.match(firstBroken(report)?.seen ?? '', /^alpha cannot be reached: /);
    assert.match(firstBroken(report)?.cure ?? '', /lab status/);
    await assert.rejects(look('beta', 6100, 'tcp', 'alpha'), { exitCode: 3 });
  });
});
