import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, copyFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { retryUntil } from '../../../../src/core/time/retry.ts';
import { quoteCommand } from '../../../../src/core/text/shell-quote.ts';
import { cachedImage } from '../../../../src/providers/qemu/images/image-store.ts';
import { hostLinks, leftovers, nothing } from '../../../helpers/machines/leftovers.ts';
import type { LabUser } from '../../../helpers/lab-command.ts';
import { cannotBoot, testImages, up, userOfOwnMachines } from '../../../helpers/machines/virtual-machines.ts';

const image = `imported-${process.pid}`;

/** Server and client of the practical on one machine, whose disk is larger than that of its image. */
function onOneMachine(text: string): string {
  return text
    .replace(/ {2}vm2: .*\n/, '')
    .replace('user: ildvm1', 'user: ildvm1, disk: 4G, processes: 200, forward: true')
    .replace('subnet: 192.168.100.0/24', 'subnet: [192.168.100.0/24, "fd00:1::/64"], mtu: 1400')
    .replace('address: 192.168.100.4', 'address: [192.168.100.4, "fd00:1::4"]')
    .replace('on: vm2', 'on: vm1')
    .replace('client@vm2', 'client@vm1');
}

/** What a command of the machine prints. */
async function onMachine(user: LabUser, script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await user.lab('exec', 'vm1', '--', 'sh', '-c', script);
  assert.equal(exitCode, 0, stderr + stdout);
  return stdout;
}

/** Joins the console on a terminal, wakes the prompt there, and leaves; gives the exit status. */
async function takeSeat(user: LabUser): Promise<number | null> {
  const seat = user.command(['script', '-qec', quoteCommand([user.executable, 'console', 'vm1']), '/dev/null'], 'pipe');
  const ended = once(seat, 'close') as Promise<[number | null]>;
  let shown = '';
  seat.stdout!.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  const see = (expected: RegExp): Promise<true> =>
    retryUntil(() => (expected.test(shown) ? { value: true as const } : { seen: shown.slice(-300) }), {
      what: String(expected),
      timeoutMs: 120_000,
    });
  await see(/Joined the console of vm1/);
  seat.stdin!.write('\r');
  await see(/Joined[^]*vm1 login:/);
  seat.stdin!.write('\x1d');
  return (await ended)[0];
}

async function done(user: LabUser, ...command: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await user.lab(...command);
  assert.equal(exitCode, 0, stderr + stdout);
  return stdout + stderr;
}

describe(
  'an image as it is published: firmware, boot loader, systemd, cloud-init, netplan',
  { skip: cannotBoot('cloud-init'), timeout: 1_800_000 },
  () => {
    test('is imported, becomes the machine of lab.yaml, plays the practical, is saved, put back, shut down and resumed', async () => {
      const links = hostLinks();
      await using user = userOfOwnMachines(image, onOneMachine);
      const file = join(user.folder, 'published.qcow2');
      copyFileSync(cachedImage(testImages['cloud-init'])!.disk, file);
      chmodSync(file, 0o644);
      await done(user, 'images', 'import', file, '--as', image);
      rmSync(file);
      try {
        const { steps } = await up(user);
        assert.match(steps.find(({ title }) => title === 'start vm1')!.note!, /process .*console .*SSH .*set up/);

        const system = await onMachine(
          user,
          'cat /proc/cmdline; hostname; id -un; sudo -n id -un; networkctl --no-pager status eth0; getent ahostsv4 vm1; getent ahostsv6 vm1; ls /etc/ssh; cat /etc/machine-id',
        );
        assert.match(system, /^BOOT_IMAGE=/);
        assert.match(system, /^vm1\nildvm1\nroot\n/m);
        assert.match(system, /Address: 192\.168\.100\.4$/m);
        assert.match(system, /Gateway: 192\.168\.100\.1$/m);
        const ways =
          'ip -6 -brief address show eth0; cat /sys/class/net/eth0/mtu /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding; sudo ping -n -c 1 -W 60 fd00:1::1';
        assert.match(await onMachine(user, ways), /fd00:1::4\/64[^]*\n1400\n1\n1\n[^]* 0% packet loss/);
        assert.match(system, /^192\.168\.100\.4 +STREAM vm1$/m);
        assert.match(system, /^fd00:1::4 +STREAM vm1$/m);
        assert.deepEqual(system.match(/ssh_host_\w+key$/gm), ['ssh_host_ed25519_key']);
        assert.match(system, /^[0-9a-f]{32}$/m);
        assert.match(
          await onMachine(user, 'cat /proc/self/cgroup /sys/fs/cgroup/user.slice/pids.max'),
          /^0::\/user\.slice\/.*\n200\n?$/,
        );
        assert.ok(
          Number(await onMachine(user, 'df --output=size -BM / | tail -n 1 | tr -d " M"')) > 3700,
          'the file system has grown to the disk of lab.yaml',
        );
        assert.match(
          await onMachine(user, 'cloud-init status; sudo cloud-init schema --system 2>&1'),
          /status: done[^]*Valid/,
        );

        assert.match(await done(user, 'run'), /from client 'Hello vm1'/);

        await done(user, 'snapshot', 'save', 'before');
        await onMachine(user, 'touch later');
        await done(user, 'snapshot', 'restore', 'before');
        assert.doesNotMatch(await onMachine(user, 'ls'), /later/);
        assert.match(await done(user, 'snapshot', 'list'), /before/);
        await done(user, 'snapshot', 'rm', 'before');
        assert.doesNotMatch(await done(user, 'snapshot', 'list'), /before/);
        assert.match(await done(user, 'console', 'vm1', '--log'), /vm1 login:/);
        assert.equal(await takeSeat(user), 0);

        assert.match(await done(user, 'down', '--json'), /vm1 \(shut down\)/);
        assert.match(readFileSync(join(user.folder, '.lab/console/vm1.log'), 'utf8'), /reboot: Power down/);
        assert.deepEqual(leftovers(user.folder, links), nothing);

        const resumedAt = Date.now() / 1000;
        assert.ok((await up(user)).steps.some(({ title }) => title === 'resume vm1'));
        const [clock, name] = (await onMachine(user, 'date +%s; hostname')).split('\n');
        assert.equal(name, 'vm1');
        assert.ok(
          resumedAt - 2 <= Number(clock) && Number(clock) <= Date.now() / 1000 + 2,
          `the clock says ${clock}; it was resumed after ${resumedAt}`,
        );
        await done(user, 'down');
      } finally {
        await user.lab('down');
        await user.lab('images', 'rm', image);
      }
    });
  },
);
