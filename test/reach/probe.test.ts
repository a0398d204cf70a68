import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainReach } from '../../src/reach/explain-reach.ts';
import { probeMachine, readProbe } from '../../src/reach/machine-probe.ts';
import type { ReachLab } from '../../src/reach/reach-facts.ts';
import { hold, shellWithTools } from '../helpers/machines/listeners.ts';
import { unusedPort } from '../helpers/programs.ts';
import { localShell } from '../helpers/ssh/local-shell.ts';

const { signal } = new AbortController();

/** This host as the only machine of a lab. */
const labOf = (name: string): ReachLab => ({ networks: [], machines: [{ name, interfaces: [] }], programs: [] });

test('a machine with nothing but a shell shows what it can, and the rest is not known', async () => {
  const shell = shellWithTools(['sh', 'cat', 'sed', 'awk', 'grep', 'ls', 'sort', 'tr', 'od', 'head', 'cksum', 'id']);
  const probe = await probeMachine(shell, { role: 'target', name: 'localhost', wanted: [], signal });
  assert.deepEqual(
    [probe.names, probe.interfaces, probe.route, probe.neighbour],
    [undefined, undefined, undefined, undefined],
  );
  assert.ok(probe.sockets !== undefined, 'from /proc/net');
  assert.match(probe.hosts.join('\n'), /^\d+: .*\blocalhost\b/m);
  assert.notEqual(probe.firewall.kind, 'rules');
  const port = await unusedPort();
  await hold(port);
  const report = await explainReach(
    { from: shell.machine, host: '127.0.0.1', port },
    { lab: labOf(shell.machine), shells: new Map([[shell.machine, shell]]), signal },
  );
  assert.deepEqual(
    report.links.map(({ link, state }) => `${link} ${state}`),
    ['name ok', 'address ok', 'route unknown', 'neighbour unknown', 'listener ok', 'firewall unknown'],
  );
  assert.equal(report.broken, null);
});

test('a program on the machine itself', async () => {
  const shell = localShell();
  const port = await unusedPort();
  const means = { lab: labOf(shell.machine), shells: new Map([[shell.machine, shell]]), signal };
  const before = await explainReach({ from: shell.machine, host: 'localhost', port }, means);
  assert.equal(before.broken, 'listener');
  await hold(port);
  const report = await explainReach({ from: shell.machine, host: 'localhost', port }, means);
  assert.equal(report.broken, null, JSON.stringify(report, undefined, 1));
  assert.equal(report.to.machine, shell.machine);
});

test('what was cut short is no answer', () => {
  const machine = { machine: 'vm1', user: 'ildvm1' };
  assert.equal(readProbe('', machine), undefined);
  assert.equal(readProbe(':::lab-reach-part:::aim\n10.0.0.4\n', machine), undefined);
});

test('routes, neighbours and interfaces as iproute2 prints them', () => {
  const parts = [
    'names\n10.0.0.4       STREAM alpha\n10.0.0.4       DGRAM\nfd00::4  STREAM\n',
    'addresses\n1: lo    inet 127.0.0.1/8 scope host lo\n2: eth0    inet 10.0.0.5/24 brd 10.0.0.255 scope global eth0\n' +
      '2: eth0    inet6 fe80::5/64 scope link\n',
    'interfaces\n1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue\n' +
      '2: eth0@if7: <NO-CARRIER,BROADCAST,UP> mtu 1500 state DOWN link/ether 02:00:00:00:00:05 brd ff:ff:ff:ff:ff:ff\n',
    'aim\n10.9.0.4\n',
    'route\n10.9.0.4 via 10.0.0.1 dev eth0 src 10.0.0.5 uid 1000\n    cache\n',
    'echo\nsilent\n',
    'neighbour\n10.0.0.1 lladdr 02:00:00:00:00:01 DELAY \n',
    'far-echo\nanswered\n',
    'neighbour\n10.0.0.1 FAILED\n',
    'no-nft\n',
    'uid\n1000\n',
    'end\n',
  ];
  const text = parts.map((part) => `:::lab-reach-part:::${part}`).join('');
  const probe = readProbe(text, { machine: 'beta', user: 'bob' });
  assert.deepEqual(probe?.names, ['10.0.0.4', 'fd00::4']);
  assert.deepEqual(probe.interfaces, [
    { name: 'lo', mac: undefined, isUp: true, mtu: 65_536, addresses: ['127.0.0.1'] },
    { name: 'eth0', mac: '02:00:00:00:00:05', isUp: false, mtu: 1500, addresses: ['10.0.0.5', 'fe80::5'] },
  ]);
  assert.deepEqual(probe.route, {
    text: '10.9.0.4 via 10.0.0.1 dev eth0 src 10.0.0.5 uid 1000',
    isLocal: false,
    via: '10.0.0.1',
    device: 'eth0',
    farEcho: true,
  });
  // What root saw later counts.
  assert.deepEqual(probe.neighbour, { state: 'FAILED', mac: undefined, answered: false });
  assert.deepEqual([probe.firewall, probe.uid], [{ kind: 'no-tool' }, 1000]);
});
