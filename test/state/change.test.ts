import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSubnet } from '../../src/core/ipv4.ts';
import { DEFAULT_USER } from '../../src/lab/defaults.ts';
import { schemaAt, type JsonSchema } from '../../src/lab/fields/json-schema.ts';
import { checkLabText } from '../../src/lab/load-lab.ts';
import type { Lab } from '../../src/lab/types.ts';
import { describeChange, isUnchanged, labFingerprint } from '../../src/state/lab-change.ts';
import { stateOf } from '../../src/state/state.ts';
import { labJson } from '../lab/golden.ts';
import { eth, named, sampleLab, sampleMachine, sampleNetwork } from './fixtures/sample-lab.ts';

const [vm1, vm2] = [sampleMachine('vm1', '192.168.100.4'), sampleMachine('vm2', '192.168.100.5')];
const { isUserWritten: _unwritten, ...unwritten } = { ...vm1, user: DEFAULT_USER };
const twoPorts = { interfaces: [eth('eth0', '192.168.100.4'), eth('eth1', '192.168.100.9')] };

const cases: readonly {
  readonly what: string;
  readonly from?: Partial<Lab>;
  readonly to: Partial<Lab>;
  readonly says: readonly string[];
}[] = [
  {
    what: 'an address',
    to: { machines: named([vm1, sampleMachine('vm2', '192.168.100.6')]) },
    says: ['vm2: address 192.168.100.5 → 192.168.100.6'],
  },
  { what: 'the provider', to: { provider: 'qemu' }, says: ['provider netns → qemu'] },
  {
    what: 'machines that came and went',
    to: { machines: named([vm1, sampleMachine('vm3', '192.168.100.7')]) },
    says: ['vm2: machine removed', 'vm3: machine added'],
  },
  {
    what: 'a user and an image',
    to: { machines: named([vm1, { ...vm2, user: 'me', image: 'debian-12' }]) },
    says: ['vm2: image ubuntu-24.04 → debian-12', 'vm2: user ildvm2 → me'],
  },
  {
    what: 'a default user that is written now',
    from: { machines: named([unwritten]) },
    to: { machines: named([{ ...unwritten, isUserWritten: true }]) },
    says: ['vm1: user not written (student) → student'],
  },
  {
    what: 'sizes',
    from: { machines: named([{ ...vm1, memoryMiB: 256 }]) },
    to: { machines: named([{ ...vm1, memoryMiB: 512, cpus: 2, diskMiB: 100 }]) },
    says: ['vm1: memory 256 MiB → 512 MiB', 'vm1: cpus none → 2', 'vm1: disk none → 100 MiB'],
  },
  {
    what: 'who may become root, and what is reached through NAT',
    to: { machines: named([{ ...vm1, sudo: false }, vm2]), networks: named([sampleNetwork({ reachesPrivate: true })]) },
    says: ['natnet: nat private off → on', 'vm1: sudo on → off'],
  },
  {
    what: 'packages and what is set up',
    from: { machines: named([{ ...vm1, packages: ['iperf3'] }]) },
    to: { machines: named([{ ...vm1, packages: ['iperf3', 'traceroute'], setup: [['sysctl', '-w', 'a b=1']] }]) },
    says: ['vm1: packages iperf3 → iperf3, traceroute', "vm1: setup none → sysctl -w 'a b=1'"],
  },
  {
    what: 'folders of the host that a machine sees',
    from: { machines: named([{ ...vm1, hostFolders: ['/opt'] }]) },
    to: { machines: named([{ ...vm1, hostFolders: ['/opt', '/usr/local'] }]) },
    says: ['vm1: host-folders /opt → /opt, /usr/local'],
  },
  {
    what: 'an interface that came',
    to: { machines: named([{ ...vm1, ...twoPorts }, vm2]) },
    says: ['vm1: eth1: interface added'],
  },
  {
    what: 'one of several interfaces',
    from: { machines: named([{ ...vm1, ...twoPorts }]) },
    to: {
      machines: named([
        { ...vm1, interfaces: [eth('eth0', '192.168.100.4'), eth('eth1', '192.168.100.10', 'backnet')] },
      ]),
    },
    says: ['vm1: eth1: address 192.168.100.9 → 192.168.100.10', 'vm1: eth1: network natnet → backnet'],
  },
  {
    what: 'an interface that was renamed',
    to: { machines: named([{ ...vm1, interfaces: [eth('lan', '192.168.100.4')] }, vm2]) },
    says: ['vm1: eth0: interface removed', 'vm1: lan: interface added'],
  },
  {
    what: 'the order of interfaces',
    from: { machines: named([{ ...vm1, ...twoPorts }]) },
    to: { machines: named([{ ...vm1, interfaces: twoPorts.interfaces.toReversed() }]) },
    says: ['vm1: order of the interfaces changed'],
  },
  {
    what: 'a network',
    to: { networks: named([sampleNetwork({ subnet: parseSubnet('10.0.0.0/8')!, gateway: undefined, nat: false })]) },
    says: [
      'natnet: subnet 192.168.100.0/24 → 10.0.0.0/8',
      'natnet: gateway 192.168.100.1 → none',
      'natnet: nat on → off',
    ],
  },
  {
    what: 'how a machine is reached',
    to: { machines: named([{ ...vm1, ssh: { host: 'h', port: 22, user: undefined, key: undefined } }, vm2]) },
    says: ['vm1: ssh host none → h', 'vm1: ssh port none → 22'],
  },
];

for (const { what, from = {}, to, says } of cases) {
  test(`a change of ${what} changes the fingerprint and is reported in words`, () => {
    const running = stateOf(sampleLab(from), 'id-1', {});
    const lab = sampleLab(to);
    assert.deepEqual(describeChange(running, lab), says);
    assert.notEqual(labFingerprint(lab), running.fingerprint);
  });
}

test('a lab that only names its machines in another order, moved, or has other programs is the same for running machines', () => {
  const lab = sampleLab({
    name: 'other',
    machines: named([vm2, vm1]),
    file: '/elsewhere/lab.yaml',
    folder: '/elsewhere',
  });
  const running = stateOf(sampleLab(), 'id-1', {});
  assert.equal(labFingerprint(lab), running.fingerprint);
  assert.deepEqual(describeChange(running, lab), []);
});

test('an image that an older lab wrote down for machines that are made from none is no change', () => {
  const running = stateOf(sampleLab(), 'id-1', {});
  const withoutImage = [vm1, vm2].map(({ image: _image, ...machine }) => machine);
  const lab = sampleLab({ machines: named(withoutImage) });
  assert.notEqual(labFingerprint(lab), running.fingerprint);
  assert.deepEqual([describeChange(running, lab), isUnchanged(running, lab)], [[], true]);
  assert.equal(isUnchanged(running, sampleLab({ machines: named([{ ...withoutImage[0]!, user: 'me' }]) })), false);
});

/** A lab whose machine has these fields. */
async function labWith(fields: object): Promise<Lab> {
  const networks = { natnet: '192.168.100.0/24', lan: '10.1.0.0/24' };
  const vm1 = { ...('interfaces' in fields || 'count' in fields ? {} : { address: '10.1.0.2' }), ...fields };
  const text = JSON.stringify({ version: 1, networks, machines: { vm1 } });
  const result = await checkLabText(text, '/home/student/tp1/lab.yaml', ['netns']);
  assert.ok('lab' in result, text);
  return result.lab;
}

function machineSchema(): JsonSchema {
  const { anyOf = [], ...schema } = schemaAt(['machines', 'vm1'])!;
  return anyOf.find(({ properties }) => properties !== undefined) ?? schema;
}

test('every field of a machine that makes another lab is part of the fingerprint, and its change is said', async () => {
  const before = await labWith({});
  const running = stateOf(before, 'id-1', {});
  const changed: string[] = [];
  for (const [name, { examples }] of Object.entries(machineSchema().properties!)) {
    const lab = await labWith({ [name]: examples![0] });
    // Ports of this host: the machines are the same for it.
    if (name === 'publish' || labJson(lab) === labJson(before)) continue;
    changed.push(name);
    assert.notEqual(labFingerprint(lab), running.fingerprint, name);
    assert.notDeepEqual(describeChange(running, lab), [], name);
  }
  // All but `image`, whose example is its default.
  assert.ok(changed.length >= 8, changed.join());
});
