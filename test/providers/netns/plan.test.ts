import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadLab } from '../../../src/lab/load-lab.ts';
import type { Lab } from '../../../src/lab/types.ts';
import { planLab } from '../../../src/providers/netns/plan/namespace-plan.ts';
import { encodePlan } from '../../../src/providers/netns/plan/operations.ts';
import type { HostFacts, PlanOptions } from '../../../src/providers/netns/plan/plan-input.ts';
import { assertGolden } from '../../helpers/golden.ts';

const golden = join(import.meta.dirname, 'golden');

const twoNetworks = `version: 1
name: two
networks:
  natnet: { subnet: 192.168.100.0/24, gateway: 192.168.100.1, nat: true }
  inner: { subnet: 10.1.0.0/16, nat: false }
machines:
  vm1: { user: ildvm1, host-folders: [/opt, /usr/local], disk: 512M, sudo: false, interfaces: { eth0: { network: natnet, address: 192.168.100.4 }, eth1: { network: inner, address: 10.1.0.4 } } }
  vm2: { user: root, interfaces: { eth0: { network: inner, address: 10.1.0.5 } } }
`;

async function labOf(text: string): Promise<Lab> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'lab-plan-'));
  const file = join(folder.path, 'lab.yaml');
  writeFileSync(file, text);
  const loaded = await loadLab(file, ['netns']);
  assert.ok('lab' in loaded, JSON.stringify(loaded));
  return loaded.lab;
}

/** A host that has everything. */
const fullHost: HostFacts = {
  accounts: {
    passwd: 'root:x:0:0:root:/root:/bin/bash\nada:x:1000:1000::/home/ada:/bin/bash\n',
    group: 'root:x:0:\nsudo:x:27:ada\nada:x:1000:\n',
    shell: '/bin/bash',
  },
  rootLinks: new Map([['bin', 'usr/bin']]),
  sharedFolders: ['usr', 'etc', 'opt'],
  foldersWithMounts: ['etc'],
  devices: [{ name: 'null', major: 1, minor: 3 }],
  skeleton: new Map([['.bashrc', 'PS1=$\n']]),
  secrets: ['/etc/shadow', '/etc/ssl/private/key', '/usr/local/etc/app/key'],
  packageFolders: ['dpkg', 'apt'],
  installBase: '/home/ada/.cache/lab/install-base',
  toolsFolder: '/tools',
  toolLayers: ['usr'],
  sshd: '/usr/sbin/sshd',
  sftpServer: '/usr/lib/openssh/sftp-server',
  sudoFiles: [{ source: '/usr/bin/sudo', path: '/usr/bin/sudo', mode: 0o4755 }],
  tcpdump: { source: '/tools/usr/bin/tcpdump', path: '/usr/bin/tcpdump' },
  perl: '/usr/bin/perl',
  nft: '/usr/sbin/nft',
  slirp4netns: '/usr/bin/slirp4netns',
  pipesCores: true,
  runtime: { path: '/home/ada/bin/node', key: 'node-v24.0.0-linux-x64' },
};
/** A host that has no more than what is needed. */
const bareHost: HostFacts = {
  ...fullHost,
  sharedFolders: ['usr', 'etc'],
  foldersWithMounts: [],
  toolsFolder: undefined,
  toolLayers: [],
  sftpServer: undefined,
  tcpdump: undefined,
  nft: undefined,
  slirp4netns: undefined,
  pipesCores: false,
  runtime: undefined,
};

const keyPair = (name: string) => ({ privateKey: `private ${name}\n`, publicKey: `ssh-ed25519 ${name}` });
const perMachine = <T>(of: (name: string) => T): Map<string, T> =>
  new Map(['vm1', 'vm2'].map((name) => [name, of(name)]));
const rootOptions: PlanOptions = {
  mountPoint: '/home/ada/.lab/mnt',
  socketFolder: '/home/ada/.lab/sockets',
  keys: { user: 'ssh-ed25519 user', hosts: perMachine(keyPair), clients: perMachine((name) => keyPair(`of ${name}`)) },
  label: 'lab-1',
  labRootMap: '0 100000 65536\n',
  ownsHost: true,
  mapped: true,
  oneIdentity: undefined,
  systemCallFilter: 'filter',
  limits: perMachine((name) => ({
    diskMiB: 512,
    memoryMiB: 256,
    filesAreMemory: false,
    groups: [`/sys/fs/cgroup/memory/lab-1/${name}`],
    isWatched: name === 'vm1',
    processors: undefined,
  })),
  machineIds: perMachine((name) => name.repeat(8)),
};
const userOptions: PlanOptions = {
  ...rootOptions,
  keys: { ...rootOptions.keys, clients: new Map() },
  labRootMap: undefined,
  limits: perMachine(() => ({
    diskMiB: 1024,
    memoryMiB: 512,
    filesAreMemory: true,
    groups: [],
    isWatched: true,
    processors: [1],
  })),
  ownsHost: false,
  mapped: false,
};

test('the plan of a lab says all that its init does', async () => {
  const lab = await labOf(twoNetworks);
  const plans = {
    'root.plan': planLab(lab, fullHost, rootOptions),
    'user.plan': planLab(lab, fullHost, userOptions),
    'bare.plan': planLab(lab, bareHost, userOptions),
  };
  for (const [name, plan] of Object.entries(plans)) {
    // Where the repository is, and the number of a system call, differ from host to host.
    const text = encodePlan(plan).replaceAll(/[^\t]*(address-guard.pl\t{ready}\t)\d+/g, '$1setns');
    assertGolden(join(golden, name), text);
  }
});

test("where root is the only user, no file is anyone else's, and all that a lab starts believes that it became another", async () => {
  const lab = await labOf(twoNetworks.replace('sudo: false, ', ''));
  const lines = encodePlan(planLab(lab, fullHost, { ...userOptions, oneIdentity: { filter: 'identities' } })).split(
    '\n',
  );
  assert.equal(lines[0], 'filter-system-calls\tidentities');
  assert.ok(lines.some((line) => line.startsWith('mount\tdevpts\t')));
  assert.deepEqual(
    lines.filter((line) =>
      /^(mkdir|write|copy)\t.*\t[1-9]\d*\t\d+(\t|$)|gid=/.test(
        line.replace(/^(mkdir|write|copy)\t[^\t]*\t(?:[^\t]*\t)?/, '$1\t'),
      ),
    ),
    [],
  );
});

test('the executor knows the operations of a plan, and a plan all that the executor knows', () => {
  const folder = join(import.meta.dirname, '../../../src/providers/netns');
  const executor = readFileSync(join(folder, 'executor.pl'), 'utf8');
  const table = /^my %operation = \((.*?)^\);/ms.exec(executor)?.[1] ?? '';
  const known = [
    ...[...table.matchAll(/^ {4}'([\w-]+)' *=>/gm)].map(([, name = '']) => name),
    // What it takes apart itself before it carries anything out.
    ...[...executor.matchAll(/\$(?:name|operation->\[0\]) +eq '([\w-]+)'/g)].map(([, name = '']) => name),
  ];
  const operations = readFileSync(join(folder, 'plan/operations.ts'), 'utf8');
  const made = [...operations.matchAll(/\boperation\('([\w-]+)'/g)].map(([, name = '']) => name);
  assert.deepEqual([...new Set(made)].toSorted(), known.toSorted());
});
