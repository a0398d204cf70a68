import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdtempDisposableSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { retryUntil } from '../../../src/core/time/retry.ts';
import { findOnHost, findTool } from '../../../src/host/tools.ts';
import { forwardSsh } from '../../../src/providers/qemu/process/gateway.ts';
import { Qmp } from '../../../src/providers/qemu/process/qmp.ts';
import { hostLinks, leftovers, nothing } from '../../helpers/machines/leftovers.ts';
import { currentUser, type Finished, type LabUser } from '../../helpers/lab-command.ts';
import { cannotEmulate, userOfMachines } from '../../helpers/machines/virtual-machines.ts';

/** An empty disk; 64 MiB, some 200 kB on the host. */
function makeDisk(path: string): void {
  const tool = findTool('qemu-img')!;
  execFileSync(tool.path, ['create', '-q', '-f', 'qcow2', '-o', 'preallocation=metadata', path, '64M'], {
    env: { ...process.env, ...tool.env },
  });
  chmodSync(path, 0o644);
}

/** A boot sector that jumps to itself. */
function stuckDisk(): Buffer {
  const disk = Buffer.alloc(2 ** 21);
  disk.writeUInt16BE(0xebfe, 0);
  disk.writeUInt16BE(0x55aa, 510);
  return disk;
}

/** `lab up` with a changed environment; the tests of this file run one after the other. */
async function upWith(user: LabUser, env: Readonly<Record<string, string>>, ...options: string[]): Promise<Finished> {
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    return await user.lab('up', ...options);
  } finally {
    for (const name of Object.keys(env)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

const oneMachine = (text: string): string => text.replace(/ {2}vm2: .*\n/, '').replace(/^programs:[^]*/m, '');

describe('a start that cannot be', { skip: cannotEmulate(), timeout: 600_000 }, () => {
  test('a disk without a system is reported as soon as the firmware says so, and nothing stays', async () => {
    const links = hostLinks();
    await using user = userOfMachines('./blank.qcow2', oneMachine);
    makeDisk(join(user.folder, 'blank.qcow2'));
    const { exitCode, stderr } = await user.lab('up');
    assert.equal(exitCode, 3, stderr);
    assert.match(stderr, /the firmware of vm1 finds nothing to start on its disk/);
    assert.match(stderr, /not a bootable disk/);
    assert.deepEqual(leftovers(user.folder, links), nothing);
  });

  test('a machine that never comes up ends with what was seen, and nothing stays', async () => {
    const links = hostLinks();
    await using user = userOfMachines('./stuck.raw', oneMachine);
    writeFileSync(join(user.folder, 'stuck.raw'), stuckDisk(), { mode: 0o644 });
    const { exitCode, stderr } = await upWith(user, { LAB_BOOT_TIMEOUT: '10' });
    assert.equal(exitCode, 4, stderr);
    assert.match(stderr, /waited 10 s for SSH of vm1; the last look saw: (nothing yet|console, but no SSH)/);
    assert.match(stderr, /Last lines of its console|Its console stayed empty/);
    assert.match(stderr, /LAB_BOOT_TIMEOUT=1200 lab up/);
    assert.deepEqual(leftovers(user.folder, links), nothing);
  });

  const refusals: readonly [
    what: string,
    image: string,
    change: (text: string) => string,
    exitCode: number,
    message: RegExp,
  ][] = [
    [
      'an image name that nobody knows',
      'ubunto-24.04',
      oneMachine,
      2,
      /there is no image "ubunto-24\.04"\s+hint: did you mean "ubuntu-24\.04"/,
    ],
    ['an image file that is missing', './none.qcow2', oneMachine, 2, /there is no image file .*none\.qcow2/],
    ['an image that is cut off', './cut.qcow2', oneMachine, 3, /broken or cut off|cannot read|cannot make a disk/],
    ['an image that is none', './text.qcow2', oneMachine, 3, /is no disk image that a machine could start from/],
    [
      'more memory than there is',
      './blank.qcow2',
      (text) => oneMachine(text).replace('user: ildvm1', 'user: ildvm1, memory: 9000G'),
      3,
      /this host is too small for the lab: .* of memory .* are free/,
    ],
    [
      'more processors than there are',
      './blank.qcow2',
      (text) => oneMachine(text).replace('user: ildvm1', 'user: ildvm1, cpus: 999'),
      3,
      /vm1 wants 999 processors/,
    ],
  ];
  for (const [what, image, change, exitCode, message] of refusals) {
    test(`${what}: reported before anything is started`, async () => {
      await using user = userOfMachines(image, change);
      makeDisk(join(user.folder, 'blank.qcow2'));
      makeDisk(join(user.folder, 'cut.qcow2'));
      truncateSync(join(user.folder, 'cut.qcow2'), 70_000);
      writeFileSync(join(user.folder, 'text.qcow2'), 'not a disk');
      const result = await user.lab('up', '--offline');
      assert.equal(result.exitCode, exitCode, result.stderr);
      assert.match(result.stderr, message);
      assert.doesNotMatch(result.stderr, /start vm1/);
    });
  }

  test(
    'QEMU that is too old is reported with the package to install',
    { skip: process.platform !== 'linux' && 'this is about packages of Linux' },
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'lab-old-'));
      chmodSync(folder, 0o755);
      writeFileSync(join(folder, 'qemu-system-x86_64'), '#!/bin/sh\necho "QEMU emulator version 6.2.0"\n', {
        mode: 0o755,
      });
      await using user = userOfMachines('./blank.qcow2', oneMachine);
      const { exitCode, stderr } = await upWith(user, { PATH: `${folder}:${process.env['PATH']}` });
      rmSync(folder, { recursive: true });
      assert.equal(exitCode, 3);
      assert.match(stderr, /QEMU 7\.2 or newer: .*version 6\.2\.0/);
      assert.match(stderr, /qemu-system-x86/);
    },
  );

  test(
    'QEMU that is missing is reported with the command that gets it',
    { skip: findOnHost('qemu-system-x86_64') !== undefined && 'this host has QEMU itself' },
    async () => {
      using empty = mkdtempDisposableSync(join(tmpdir(), 'lab-no-tools-'));
      await using user = currentUser();
      const file = join(user.folder, 'lab.yaml');
      writeFileSync(file, readFileSync(file, 'utf8').replace('provider: netns', 'provider: qemu'));
      const { exitCode, stderr } = await upWith(user, { XDG_CACHE_HOME: empty.path });
      assert.equal(exitCode, 3, stderr);
      assert.match(stderr, /QEMU 7\.2 or newer: not found\n.*lab doctor --fix --provider qemu/);
    },
  );

  test('a port of this host that is taken is passed over for another one', async () => {
    const tool = findTool('qemu-system-x86_64')!;
    using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-gateway-'));
    const socket = join(folder.path, 'qmp');
    const gateway = spawn(
      tool.path,
      [
        '-nodefaults',
        '-display',
        'none',
        '-machine',
        'none',
        '-netdev',
        'user,id=way,net=192.168.100.0/24',
        '-qmp',
        `unix:${socket},server=on,wait=off`,
      ],
      { env: { ...process.env, ...tool.env } },
    );
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    try {
      const qmp = await retryUntil(
        () =>
          Qmp.connect(socket).then(
            (value) => ({ value }),
            (error: Error) => ({ seen: error.message }),
          ),
        { what: 'the gateway', timeoutMs: 20_000 },
      );
      const { port } = taken.address() as AddressInfo;
      assert.notEqual(await qmp.monitor(`hostfwd_add way tcp:127.0.0.1:${port}-192.168.100.4:22`), '', 'QEMU says so');
      const other = await forwardSsh(qmp, '192.168.100.4');
      assert.notEqual(other, port);
      assert.equal(await forwardSsh(qmp, '192.168.100.4'), other, 'one that is there is used again');
      qmp.close();
    } finally {
      gateway.kill('SIGKILL');
      taken.close();
    }
  });
});
