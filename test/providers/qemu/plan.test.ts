import assert from 'node:assert/strict';
import { mkdtempDisposableSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { EnvironmentError, UsageError } from '../../../src/core/errors.ts';
import { loadLab } from '../../../src/lab/load-lab.ts';
import type { Lab } from '../../../src/lab/types.ts';
import { allProviders } from '../../../src/providers/registry.ts';
import { kvmObstacle } from '../../../src/providers/qemu/process/acceleration.ts';
import { fitKey } from '../../../src/providers/qemu/fit-key.ts';
import { forwardIn } from '../../../src/providers/qemu/process/gateway.ts';
import { nicForSsh, planLab } from '../../../src/providers/qemu/machine-plan.ts';
import { labelArgument } from '../../../src/providers/qemu/process/lab-processes.ts';
import { gatewayArguments, hasSlirp, machineArguments } from '../../../src/providers/qemu/process/qemu-arguments.ts';
import { requireResources, requireRoom } from '../../../src/providers/qemu/resources.ts';
import { isoImage } from '../../../src/providers/qemu/seed/iso9660.ts';
import { fitProvider } from '../../../src/session/lab-file/fit-provider.ts';
import { unkeptLimits } from '../../../src/providers/qemu/seed/limits.ts';
import { seedFiles } from '../../../src/providers/qemu/seed/seed.ts';
import { complaintIn } from '../../../src/providers/qemu/set-up.ts';
import { isNewEnough } from '../../../src/providers/qemu/process/qemu-tools.ts';
import { assertGolden } from '../../helpers/golden.ts';

async function labOf(text: string): Promise<Lab> {
  const folder = mkdtempSync(join(tmpdir(), 'lab-plan-'));
  try {
    writeFileSync(join(folder, 'lab.yaml'), text);
    const loaded = await loadLab(join(folder, 'lab.yaml'), allProviders.names);
    assert.ok('lab' in loaded, JSON.stringify(loaded));
    return fitProvider(loaded.lab, await allProviders.named('qemu'), false).lab;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const two = `version: 1
name: two
networks:
  natnet: { subnet: 192.168.100.0/24, gateway: 192.168.100.1, nat: true }
  inner: { subnet: 10.1.0.0/16, nat: false }
machines:
  vm1: { user: ildvm1, memory: 512M, interfaces: { eth0: { network: natnet, address: 192.168.100.4 }, eth1: { network: inner, address: 10.1.0.4 } } }
  vm2: { user: ildvm2, cpus: 2, interfaces: { eth0: { network: inner, address: 10.1.0.5 } } }
`;

const golden = join(import.meta.dirname, 'golden');
const emulated = { name: 'tcg', arguments: ['-accel', 'tcg'], obstacle: undefined } as const;

describe('the plan of a lab', () => {
  test('says what QEMU is started with, for each machine and network', async () => {
    const plan = planLab(await labOf(two));
    const machines = plan.machines.map((machine) =>
      machineArguments({
        plan: machine,
        label: 'LABEL',
        acceleration: emulated,
        boot: undefined,
        stateFile: undefined,
      }),
    );
    const gateways = [...plan.networks.values()].filter(hasSlirp).map((network) => gatewayArguments(network, 'LABEL'));
    const lines = [...machines, ...gateways].map((words) => words.join(' ').replaceAll(' -', '\n  -'));
    assertGolden(join(golden, 'arguments.txt'), `${lines.join('\n\n')}\n`);
  });

  test('says what cloud-init is told', async () => {
    const limits = 'memory: 512M, processes: 200, open-files: 256, file-size: 10M';
    const lab = await labOf(two.replace('memory: 512M', limits));
    const { machines, networks } = planLab(lab);
    const keys = {
      host: { privateKey: 'PRIVATE\n', publicKey: 'ssh-ed25519 HOST' },
      client: undefined,
      authorized: ['ssh-ed25519 USER'],
      knownHosts: 'vm1 ssh-ed25519 HOST\n',
    };
    const files = seedFiles({ plan: machines[0]!, lab, networks, instanceId: 'ID', keys });
    const text = [...files].map(
      ([name, content]) =>
        `== ${name}\n${content.startsWith('#') ? '#cloud-config\n' : ''}${JSON.stringify(JSON.parse(content.replace('#cloud-config\n', '')), undefined, 2)}\n`,
    );
    assertGolden(join(golden, 'seed.txt'), text.join(''));
  });

  test('gives a machine a key of its own to the others where they may log in to each other, and not else', async () => {
    const lab = await labOf(`${two}ssh: peers\n`);
    assert.equal(lab.ssh, 'peers');
    const { machines, networks } = planLab(lab);
    const keys = {
      host: { privateKey: 'PRIVATE\n', publicKey: 'ssh-ed25519 HOST' },
      client: { privateKey: 'CLIENT\n', publicKey: 'ssh-ed25519 CLIENT1' },
      authorized: ['ssh-ed25519 USER', 'ssh-ed25519 CLIENT2'],
      knownHosts: '',
    };
    const data = JSON.parse(
      seedFiles({ plan: machines[0]!, lab, networks, instanceId: 'ID', keys })
        .get('user-data')!
        .replace('#cloud-config\n', ''),
    ) as { write_files: object[]; users: { ssh_authorized_keys: string[] }[] };
    assert.deepEqual(data.users[0]!.ssh_authorized_keys, ['ssh-ed25519 USER', 'ssh-ed25519 CLIENT2']);
    assert.deepEqual(data.write_files.slice(-2), [
      {
        path: '/home/ildvm1/.ssh/id_ed25519',
        content: 'CLIENT\n',
        permissions: '0600',
        owner: 'ildvm1:ildvm1',
        defer: true,
      },
      {
        path: '/home/ildvm1/.ssh/id_ed25519.pub',
        content: 'ssh-ed25519 CLIENT1\n',
        permissions: '0644',
        owner: 'ildvm1:ildvm1',
        defer: true,
      },
    ]);
  });

  test('of a router, a link and machines without an address of IPv4: cards, routes, settings, and one card more', async () => {
    const lab = await labOf(`version: 1
name: wired
networks:
  servers: { subnet: [10.1.0.0/24, "fd00:1::/64"], gateway: 10.1.0.1, gateway6: "fd00:1::1", nat: false, mtu: 1400 }
  told: { subnet6: "fd00:2::/64", router-advertisement: true, nat: false, dns: { www.tp.lan: vm1 } }
links: [[r1, vm2]]
machines:
  vm1: { address: [10.1.0.4, "fd00:1::4"], routes: [{ to: 10.9.0.0/16, via: 10.1.0.9 }] }
  r1: { forward: true, sysctls: { net.ipv4.ip_default_ttl: 70 }, interfaces: { eth0: [10.1.0.1, "fd00:1::1"] } }
  vm2: {}
  vm3: { interfaces: { eth0: { network: told, mac: "02:00:00:00:00:01" } } }
`);
    const { machines, networks } = planLab(lab);
    const keys = { host: { privateKey: '', publicKey: '' }, client: undefined, authorized: [], knownHosts: '' };
    const seeds = machines.map((plan) => {
      const files = seedFiles({ plan, lab, networks, instanceId: 'ID', keys });
      const { write_files: written, runcmd } = JSON.parse(files.get('user-data')!.replace('#cloud-config\n', '')) as {
        write_files: { path: string; content: string }[];
        runcmd?: unknown;
      };
      const shown = written
        .filter(({ path }) => /hosts$|sysctl/.test(path))
        .map(({ path, content }) => [path, content]);
      return {
        machine: plan.machine.name,
        network: JSON.parse(files.get('network-config')!) as unknown,
        shown,
        runcmd,
      };
    });
    const reached = machines.map((plan) => [plan.machine.name, nicForSsh(plan, { networks })?.name]);
    const gateways = [...networks.values()].map(({ name, slirp, gateway6 }) => ({ name, slirp, gateway6 }));
    assertGolden(join(golden, 'wired.txt'), `${JSON.stringify({ reached, gateways, seeds }, undefined, 2)}\n`);
  });

  test('refuses a network that has no address left for its gateway', async () => {
    const lab = await labOf(
      'version: 1\nname: full\nnetworks:\n  n: { subnet: 10.0.0.0/30, gateway: 10.0.0.1, nat: true }\nmachines:\n  vm1: { interfaces: { eth0: { network: n, address: 10.0.0.2 } } }\n',
    );
    assert.throws(() => planLab(lab), { code: 'network-full' });
  });

  test('is checked against what the host has, all at once', async () => {
    const plan = planLab(await labOf(two));
    requireResources(plan, { memoryMiB: 4000, processors: 2, diskMiB: 4000 });
    assert.throws(
      () => requireResources(plan, { memoryMiB: 1000, processors: 1, diskMiB: 100 }),
      (error: EnvironmentError) => {
        assert.equal(error.code, 'host-too-small');
        assert.match(
          error.message,
          /need 1664 MiB of memory .* 1000 MiB are free; vm2 wants 2 processors, this host has 1; the machines need 1792 MiB on the disk/,
        );
        return true;
      },
    );
  });

  test('is checked against the disks of its images: one can be larger, not smaller', async () => {
    const plan = planLab(await labOf(two.replace('cpus: 2', 'cpus: 2, disk: 2G').replace('memory: 512M', 'disk: 4G')));
    const images = new Map(
      ['vm1', 'vm2'].map((name) => [name, { name: 'ubuntu-24.04', disk: '/disk', boot: undefined, identity: 'x' }]),
    );
    requireRoom(plan, images, new Map([['/disk', { format: 'qcow2', sizeBytes: 2 * 2 ** 30, base: undefined }]]));
    assert.throws(
      () =>
        requireRoom(plan, images, new Map([['/disk', { format: 'qcow2', sizeBytes: 3.5 * 2 ** 30, base: undefined }]])),
      (error: UsageError) => {
        assert.equal(error.code, 'disk-too-small');
        assert.match(error.message, /: vm2 has a disk of 2048 MiB, its image ubuntu-24\.04 one of 3584 MiB$/);
        return true;
      },
    );
  });
});

test('a saved state fits as long as image, machine, keys, and what QEMU is started with are the same', async () => {
  const image = { name: 'x', disk: '/disk', boot: undefined, identity: '1' };
  const keyOf = (lab: Lab, changes: object = {}, surroundings: object = {}): string =>
    fitKey(planLab(lab), new Map(['vm1', 'vm2'].map((name) => [name, { ...image, ...changes }])), {
      emulator: 'qemu 7.2',
      keys: [],
      peers: false,
      ...surroundings,
    });
  const lab = await labOf(two);
  const key = keyOf(lab);
  assert.equal(keyOf(await labOf(two)), key);
  assert.equal(
    key,
    'cc3c497a7e0773828e33aaf0567acf21426e2f0233197c09bdb390ac9957fd1e',
    'as at the commit 0c91b9c: what was saved with an older lab would be refused',
  );
  const unwritten = two.replace('user: ildvm2, ', '');
  assert.equal(
    keyOf(await labOf(unwritten)),
    keyOf(await labOf(two.replace('ildvm2', 'student'))),
    'a default that is written makes no other machine',
  );
  const others = [
    keyOf(await labOf(two.replace('512M', '600M'))),
    keyOf(lab, { identity: '2' }),
    keyOf(lab, { boot: { kernel: 'k', initrd: 'i', arguments: '' } }),
    keyOf(lab, {}, { emulator: 'qemu 8.0' }),
    keyOf(lab, {}, { keys: ['ssh-ed25519 A'] }),
    keyOf(lab, {}, { peers: true }),
  ];
  assert.equal(new Set([key, ...others]).size, 7);
});

describe('what cloud-init complains of', () => {
  const failed = `....
status: error
boot_status_code: enabled-by-generator
last_update: Thu, 26 Nov 2026 01:35:00 +0000
detail:
('locale', ProcessExecutionError("Unexpected error while running command.\\nExit code: 255"))
`;
  const warned = `
status: done
extended_status: degraded done
boot_status_code: enabled-by-generator
last_update: Thu, 01 Jan 1970 00:00:43 +0000
detail: DataSourceNoCloud [seed=/dev/vdb]
errors: []
recoverable_errors:
WARNING:
\t- Failed at merging in cloud config part
\t- Unhandled non-multipart userdata
`;

  test('is reported in one line: an error', () => {
    assert.equal(
      complaintIn(failed),
      `error: ('locale', ProcessExecutionError("Unexpected error while running command.\\nExit code: 255"))`,
    );
  });

  test('is reported in one line: what it could get over', () => {
    assert.equal(
      complaintIn(warned),
      'done: WARNING: Failed at merging in cloud config part Unhandled non-multipart userdata',
    );
  });
});

test('the seed is an ISO 9660 volume with the name that cloud-init looks for, and its files lie where its folder says', () => {
  const image = isoImage(
    'cidata',
    new Map([
      ['meta-data', 'm'],
      ['user-data', 'x'.repeat(3000)],
    ]),
    new Date(0),
  );
  assert.equal(image.toString('latin1', 16 * 2048 + 1, 16 * 2048 + 6), 'CD001');
  assert.equal(image.toString('latin1', 16 * 2048 + 40, 16 * 2048 + 46), 'cidata');
  const files = new Map<string, string>();
  for (let at = 20 * 2048; image[at]! > 0; at += image[at]!) {
    const name = image.toString('latin1', at + 33, at + 33 + image[at + 32]!);
    const start = image.readUInt32LE(at + 2) * 2048;
    if (image[at + 32]! > 1) files.set(name, image.toString('latin1', start, start + image.readUInt32BE(at + 14)));
  }
  assert.deepEqual(
    files,
    new Map([
      ['META-DATA;1', 'm'],
      ['USER-DATA;1', 'x'.repeat(3000)],
    ]),
  );
});

describe('why there is no acceleration', () => {
  const tool = { path: '/bin/false', env: {} };
  const cases: readonly [what: string, flags: string, reason: RegExp, cure: RegExp][] = [
    [
      'a module that is not loaded',
      'flags : fpu vmx',
      /the kernel module is not loaded/,
      process.getuid?.() === 0 ? /^modprobe kvm_intel$/ : /sudo modprobe kvm_intel/,
    ],
    [
      'a virtual machine without nesting',
      'flags : fpu hypervisor',
      /without nested virtualisation/,
      /nested-hw-virt on/,
    ],
    ['a processor without it', 'flags : fpu', /no virtualisation/, /firmware/],
  ];
  for (const [what, flags, reason, cure] of cases) {
    test(`is reported: ${what}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'lab-kvm-'));
      writeFileSync(join(folder, 'cpuinfo'), flags);
      const obstacle = await kvmObstacle(tool, undefined, {
        device: join(folder, 'kvm'),
        processor: join(folder, 'cpuinfo'),
      });
      rmSync(folder, { recursive: true });
      assert.match(obstacle!.reason, reason);
      assert.match(obstacle!.cures.join('\n'), cure);
    });
  }

  test(
    'is reported: no right on the device',
    { skip: process.getuid?.() === 0 && 'root may open everything' },
    async () => {
      using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-device-'));
      const device = join(folder.path, 'kvm');
      writeFileSync(device, '', { mode: 0 });
      const obstacle = await kvmObstacle(tool, undefined, { device });
      assert.match(obstacle!.cures[0]!, /usermod --append --groups kvm/);
    },
  );

  test('is reported: a device that opens and then does not work', async () => {
    const obstacle = await kvmObstacle(tool, undefined, { device: '/dev/null' });
    assert.match(obstacle!.cures.join(), /nested/);
  });
});

test('a forward is found in what QEMU prints of slirp', () => {
  const table =
    'Hub 0 (hub0):\n  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\n  TCP[HOST_FORWARD]  13       127.0.0.1 40123   192.168.100.4    22     0     0\n';
  assert.equal(forwardIn(table, '192.168.100.4'), 40_123);
  assert.equal(forwardIn(table, '192.168.100.5'), undefined);
});

test('QEMU is new enough from 7.2 on', () => {
  assert.deepEqual(['6.2.0', '7.1.9', '7.2.0', '8.0', '10.1.2'].map(isNewEnough), [false, false, true, true, true]);
});

test('a comma in a path does not cut the label', () => {
  assert.equal(
    labelArgument({ labId: 'id', labName: 'n', role: 'machine', name: 'vm1', stateFolder: '/a,b/.lab' }),
    'guest=lab-vm id n machine vm1 /a,,b/.lab',
  );
});

test('limits that a login of a machine does not have are not kept', () => {
  const shown = `Limit                     Soft Limit           Hard Limit           Units     
Max file size             5242880              5242880              bytes     
Max processes             60                   1000                 processes 
Max open files            64                   unlimited            files     
`;
  const kept = shown.replace('1000 ', '60 ').replace('unlimited', '64');
  const limits = { processes: 60, openFiles: 64, fileSizeMiB: 5 };
  assert.deepEqual(unkeptLimits(limits, kept), []);
  assert.deepEqual(unkeptLimits(limits, shown), ['processes', 'open-files']);
  assert.deepEqual(unkeptLimits(limits, shown.replaceAll('5242880', '5242881')), [
    'processes',
    'open-files',
    'file-size',
  ]);
  assert.deepEqual(unkeptLimits(limits, ''), ['processes', 'open-files', 'file-size']);
  assert.deepEqual(unkeptLimits({ fileSizeMiB: 6 }, shown), []);
});
