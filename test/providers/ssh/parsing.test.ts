import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Route } from '../../../src/lab/types.ts';
import { parseLinks } from '../../../src/providers/ssh/interfaces.ts';
import { expandTokens, parseAnswer, pathsOf } from '../../../src/providers/ssh/route/openssh-config.ts';
import { parseWays, wayFaults } from '../../../src/providers/ssh/machine-ways.ts';
import { parseMachineSurvey } from '../../../src/providers/ssh/machine-survey.ts';

const none = { addresses: [], links: [], ifconfig: [] };

describe('interfaces and addresses are read from', () => {
  test('ip of iproute2 and BusyBox', () => {
    const links = [
      '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue',
      String.raw`2: eth0@if5: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1400 qdisc noqueue\    link/ether 02:42:ac:11:00:02 brd ff:ff:ff:ff:ff:ff`,
      '3: wlan0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500',
    ];
    const addresses = [
      '1: lo    inet 127.0.0.1/8 scope host lo',
      '2: eth0    inet 192.168.100.4/24 brd 192.168.100.255 scope global eth0',
      '2: eth0    inet 10.0.0.9/8 scope global secondary eth0:1',
      '2: eth0    inet6 fd00:0:0:1:0::4/64 scope global',
    ];
    assert.deepEqual(parseLinks({ ...none, links, addresses }), [
      { name: 'lo', isUp: true, mtu: 65_536, addresses: [{ address: '127.0.0.1', prefixLength: 8 }] },
      {
        name: 'eth0',
        isUp: true,
        mac: '02:42:ac:11:00:02',
        mtu: 1400,
        addresses: [
          { address: '192.168.100.4', prefixLength: 24 },
          { address: '10.0.0.9', prefixLength: 8 },
          { address: 'fd00:0:0:1::4', prefixLength: 64 },
        ],
      },
      { name: 'wlan0', isUp: false, mtu: 1500, addresses: [] },
    ]);
  });

  test('ifconfig of net-tools, BusyBox and BSD', () => {
    const variants = {
      netTools: [
        'eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500',
        '        inet 192.168.100.4  netmask 255.255.255.0  broadcast 192.168.100.255',
        '        inet6 fd00::4  prefixlen 64  scopeid 0x0<global>',
        '        ether 02:42:ac:11:00:02  txqueuelen 0  (Ethernet)',
      ],
      busyBox: [
        'eth0      Link encap:Ethernet  HWaddr 02:42:AC:11:00:02',
        '          inet addr:192.168.100.4  Bcast:192.168.100.255  Mask:255.255.255.0',
        '          inet6 addr: fd00::4/64 Scope:Global',
        '          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1',
      ],
      bsd: [
        'en0: flags=8863<UP,BROADCAST,SMART,RUNNING,SIMPLEX,MULTICAST> mtu 1500',
        '\tether 02:42:ac:11:00:02',
        '\tinet 192.168.100.4 netmask 0xffffff00 broadcast 192.168.100.255',
        '\tinet6 fd00::4%en0 prefixlen 64 autoconf secured',
      ],
    };
    for (const [name, ifconfig] of Object.entries(variants)) {
      const [found] = parseLinks({ ...none, ifconfig });
      const addresses = [
        { address: '192.168.100.4', prefixLength: 24 },
        { address: 'fd00::4', prefixLength: 64 },
      ];
      assert.deepEqual(
        found,
        { name: name === 'bsd' ? 'en0' : 'eth0', isUp: true, mac: '02:42:ac:11:00:02', mtu: 1500, addresses },
        name,
      );
    }
  });
});

describe('routes and settings of the kernel', () => {
  const found = parseWays(
    [
      'ip',
      'route\tdefault via 10.1.0.1 dev eth0 ',
      'route\t10.1.0.0/24 dev eth0 proto kernel scope link src 10.1.0.5 ',
      'route\t10.2.0.0/16 via 10.1.0.2 dev eth0',
      'route\t10.2.7.9 via 10.1.0.3 dev eth0',
      'route\tfd00:1::/64 dev eth0 proto kernel metric 256 pref medium',
      'route\tdefault via fe80::1 dev eth0 proto ra metric 1024',
      'setting\tnet.ipv4.ip_forward\t0',
      'setting\tnet.ipv4.tcp_rmem\t4096 131072  6291456',
      'end',
    ].join('\n'),
  );

  const faults = (routes: readonly Route[], settings: Readonly<Record<string, string>> = {}): string[] =>
    wayFaults('vm1', { routes, settings: new Map(Object.entries(settings)) }, found).map(({ message }) => message);

  test('are right when the most exact route to all of a subnet leads where it should', () => {
    for (const [to, via] of [
      ['default', '10.1.0.1'],
      ['10.2.3.0/24', '10.1.0.2'],
      ['10.2.7.0/24', '10.1.0.2'],
      ['10.2.7.9/32', '10.1.0.3'],
      ['10.9.0.0/24', '10.1.0.1'],
      ['default', 'fe80::1'],
      ['fd00:2::/64', 'fe80::1'],
    ] as const)
      assert.deepEqual(faults([{ to, via }]), [], to);
    assert.deepEqual(faults([], { 'net.ipv4.tcp_rmem': '4096\t131072\t6291456' }), []);
  });

  test('are told with what is there instead', () => {
    assert.deepEqual(
      faults(
        [
          { to: '10.2.3.0/24', via: '10.1.0.9' },
          { to: '10.1.0.0/25', via: '10.1.0.9' },
          { to: 'fd00:2::/64', via: 'fd00:1::9' },
        ],
        { 'net.ipv4.ip_forward': '1', 'net.ipv4.no_such': '1' },
      ),
      [
        'it sends to 10.2.3.0/24 through 10.1.0.2, and not through 10.1.0.9',
        'it sends to 10.1.0.0/25 directly, and not through 10.1.0.9',
        'it sends to fd00:2::/64 through fe80::1, and not through fd00:1::9',
        'its kernel has net.ipv4.ip_forward = 0, not 1',
        'its kernel has no setting net.ipv4.no_such, which should be 1',
      ],
    );
    assert.deepEqual(
      wayFaults('vm1', { routes: [], settings: new Map(), isEnd: true }, found).map(({ message }) => message),
      ['it has a default route through 10.1.0.1, and should have none (gateway: false)'],
    );
    const empty = wayFaults(
      'vm1',
      { routes: [{ to: 'default', via: '10.1.0.1' }], settings: new Map() },
      parseWays('ip\nend\n'),
    );
    assert.deepEqual(
      empty.map(({ message, hint }) => [message, hint.endsWith('sudo ip route replace default via 10.1.0.1')]),
      [['it has no route to default, and should have one through 10.1.0.1', true]],
    );
  });
});

test('a machine with little to tell is still known as far as it goes', () => {
  const survey = parseMachineSurvey(['hostname\tbox', 'user\tme', 'home\t/home/me', 'writable\tyes', 'end']);
  assert.equal(survey.sshPort, 22);
  assert.deepEqual(
    [survey.facts.home.writable, survey.facts.home.freeBytes, survey.facts.home.executable, survey.facts.sudo],
    [true, undefined, true, 'none'],
  );
});

test('space and mount options of the home folder are those of the file system that it lies on', () => {
  const lines = [
    'df\tFilesystem     1024-blocks   Used Available Capacity Mounted on',
    'df\t/dev/sda2            41020  40000      1020      98% /home',
    'mount\t/\trw,noexec',
    'mount\t/home\trw,nosuid',
    'mount\t/home\trw,noexec,nosuid',
  ];
  const { home } = parseMachineSurvey(['home\t/home/me', ...lines]).facts;
  assert.deepEqual([home.freeBytes, home.executable], [1020 * 1024, false]);
});

function sudo(...lines: string[]): string {
  return parseMachineSurvey(['uid\t1000', ...lines]).facts.sudo;
}

test('rights of sudo are told apart', () => {
  assert.deepEqual(
    [
      sudo('tool\tsudo', 'sudo\tfree'),
      sudo('tool\tsudo', 'groups\tme sudo'),
      sudo('tool\tsudo', 'groups\tme'),
      sudo('groups\tsudo'),
    ],
    ['without-password', 'with-password', 'none', 'none'],
  );
  assert.equal(parseMachineSurvey(['uid\t0']).facts.sudo, 'without-password');
});

test('what ssh -G answers is read with its paths, which it does not quote', () => {
  const answer = parseAnswer(
    'user me\r\nidentityfile ~/.ssh/a\nidentityfile ~/.ssh/b\nuserknownhostsfile /home/Jane Doe/.ssh/known_hosts /home/Jane Doe/.ssh/known_hosts2\nglobalknownhostsfile none\n',
  );
  assert.deepEqual(answer.get('identityfile'), ['~/.ssh/a', '~/.ssh/b']);
  assert.deepEqual(pathsOf(answer, 'userknownhostsfile'), [
    '/home/Jane Doe/.ssh/known_hosts',
    '/home/Jane Doe/.ssh/known_hosts2',
  ]);
  assert.deepEqual(pathsOf(answer, 'globalknownhostsfile'), []);
  assert.equal(
    expandTokens('nc %h %p as %r (%n), 100%%, %Z', { alias: 'vm', host: '10.0.0.1', port: 22, user: 'me' }),
    'nc 10.0.0.1 22 as me (vm), 100%, %Z',
  );
});
