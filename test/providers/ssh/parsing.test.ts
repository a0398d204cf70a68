import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseLinks } from '../../../src/providers/ssh/interfaces.ts';
import { expandTokens, parseAnswer, pathsOf } from '../../../src/providers/ssh/route/openssh-config.ts';
import { parseMachineSurvey } from '../../../src/providers/ssh/machine-survey.ts';

const none = { addresses: [], links: [], ifconfig: [] };

describe('interfaces and addresses are read from', () => {
  test('ip of iproute2 and BusyBox', () => {
    const links = [
      '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue',
      '2: eth0@if5: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500',
      '3: wlan0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500',
    ];
    const addresses = [
      '1: lo    inet 127.0.0.1/8 scope host lo',
      '2: eth0    inet 192.168.100.4/24 brd 192.168.100.255 scope global eth0',
      '2: eth0    inet 10.0.0.9/8 scope global secondary eth0:1',
      '2: eth0    inet6 fe80::1/64 scope link',
    ];
    assert.deepEqual(parseLinks({ ...none, links, addresses }), [
      { name: 'lo', isUp: true, addresses: [{ address: '127.0.0.1', prefixLength: 8 }] },
      {
        name: 'eth0',
        isUp: true,
        addresses: [
          { address: '192.168.100.4', prefixLength: 24 },
          { address: '10.0.0.9', prefixLength: 8 },
        ],
      },
      { name: 'wlan0', isUp: false, addresses: [] },
    ]);
  });

  test('ifconfig of net-tools, BusyBox and BSD', () => {
    const variants = {
      netTools: [
        'eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500',
        '        inet 192.168.100.4  netmask 255.255.255.0  broadcast 192.168.100.255',
      ],
      busyBox: [
        'eth0      Link encap:Ethernet  HWaddr 02:42:AC:11:00:02',
        '          inet addr:192.168.100.4  Bcast:192.168.100.255  Mask:255.255.255.0',
        '          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1',
      ],
      bsd: [
        'en0: flags=8863<UP,BROADCAST,SMART,RUNNING,SIMPLEX,MULTICAST> mtu 1500',
        '\tinet 192.168.100.4 netmask 0xffffff00 broadcast 192.168.100.255',
      ],
    };
    for (const [name, ifconfig] of Object.entries(variants)) {
      const [found] = parseLinks({ ...none, ifconfig });
      assert.deepEqual([found?.isUp, found?.addresses], [true, [{ address: '192.168.100.4', prefixLength: 24 }]], name);
    }
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
