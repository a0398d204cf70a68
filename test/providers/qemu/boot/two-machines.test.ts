import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readCapture } from '../../../../src/packets/read-capture.ts';
import { retryUntil } from '../../../../src/core/time/retry.ts';
import { playOnSameMachines } from '../../../helpers/machines/boot-templates.ts';
import { hostLinks, leftovers, nothing } from '../../../helpers/machines/leftovers.ts';
import { finish, type LabUser } from '../../../helpers/lab-command.ts';
import { allProcesses } from '../../../helpers/machines/labelled-machines.ts';
import { cannotBoot, testImages, up, userOfMachines } from '../../../helpers/machines/virtual-machines.ts';

/** A service of this host that is meant for nobody else. */
async function listenOnLoopback(): Promise<Disposable & { readonly port: string; readonly calls: () => number }> {
  let calls = 0;
  const server = createServer((socket) => {
    calls++;
    socket.destroy();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: String((server.address() as AddressInfo).port),
    calls: () => calls,
    [Symbol.dispose]: () => void server.close(),
  };
}

/** All that a process has said so far. */
function collected({ stdout, stderr }: ChildProcess): () => string {
  let text = '';
  for (const stream of [stdout, stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return () => text;
}

function withLimits(text: string): string {
  return text.replace('user: ildvm1', 'user: ildvm1, processes: 100, open-files: 128, file-size: 5M');
}

/** Prints the limits that a login has, how many processes it can start, and what becomes of a file that is too large. */
const tryLimits = `
ulimit -n; ulimit -f
python3 -c '
import os, time
children = []
try:
    while len(children) < 300:
        child = os.fork()
        if child == 0: time.sleep(60); os._exit(0)
        children.append(child)
except OSError as error: print(error.errno == 11 and 80 < len(children) < 100)
for child in children: os.kill(child, 9)'
head -c 9000000 /dev/zero >large; kill -l $?; wc -c <large; rm large`;

/** How many packets `lab capture` sees of one ping; they come from outside of the machine. */
async function capturedPing(user: LabUser): Promise<number> {
  const capturing = user.start('capture', 'vm1', '--json', '-w', 'ping.pcap', 'icmp', 'and', 'host', 'vm2');
  const said = collected(capturing);
  await retryUntil(() => (said().includes('capturing on eth0 of vm1') ? { value: true } : { seen: said() }), {
    what: 'the capture',
    timeoutMs: 300_000,
  });
  assert.equal((await user.lab('exec', 'vm2', '--', 'ping', '-c', '1', '-W', '60', 'vm1')).exitCode, 0);
  capturing.kill('SIGINT');
  await once(capturing, 'close');
  assert.doesNotMatch(said(), /inside of vm1|ended early/);
  return readCapture(readFileSync(join(user.folder, 'ping.pcap'))).packets;
}

describe(
  'the reference practical on two virtual machines, as an ordinary user',
  { skip: cannotBoot('tiny', 4), timeout: 1_800_000 },
  () => {
    test('is played; a machine that was killed comes back; the next start resumes; nothing stays', async () => {
      const links = hostLinks();
      await using user = userOfMachines(testImages.tiny, withLimits);

      const first = await up(user);
      assert.equal(first.made, true);
      assert.match(first.steps.find(({ title }) => title === 'start vm1')!.note!, /process .*SSH .*set up/);
      assert.equal((await up(user)).made, false);

      const look = await user.lab(
        'exec',
        'vm1',
        '--',
        'sh',
        '-c',
        'hostname; id -un; ip -4 -brief address show eth0; getent hosts vm2; sudo -n id -un',
      );
      assert.match(look.stdout, /vm1\s.*ildvm1\s.*192\.168\.100\.4\/24\s.*192\.168\.100\.5\s+vm2\s.*root/s);
      const limits = await user.lab('exec', 'vm1', '--', 'bash', '-c', tryLimits);
      assert.equal(limits.stdout, '128\n5120\nTrue\nXFSZ\n5242880\n', limits.stderr);
      const ofRoot = await user.lab('exec', 'vm1', '--', 'sudo', 'bash', '-c', 'ulimit -n; ulimit -f; ulimit -u');
      assert.equal(ofRoot.stdout, '128\n5120\n100\n', ofRoot.stderr);
      const lease = await user.lab(
        'exec',
        'vm2',
        '--',
        'sudo',
        '/usr/lib/klibc/bin/ipconfig',
        '-n',
        '-t',
        '60',
        '-c',
        'dhcp',
        'eth0',
      );
      assert.match(lease.stdout + lease.stderr, /address: 192\.168\.100\.5 .*gateway: 192\.168\.100\.1 /s);
      using ownService = await listenOnLoopback();
      const call = 'import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)';
      for (const address of ['192.168.100.1', '192.168.100.77'])
        assert.equal(
          (await user.lab('exec', 'vm1', '--', 'python3', '-c', call, address, ownService.port)).exitCode,
          1,
          address,
        );
      assert.equal(ownService.calls(), 0, 'no service of this host was reached');
      assert.equal((await user.lab('check-port', '7999')).exitCode, 0);
      assert.equal(
        (await user.lab('exec', 'vm1', '--', 'sh', '-c', 'sudo mv "$(PATH=$PATH:/usr/sbin command -v tcpdump)" /root/'))
          .exitCode,
        0,
      );
      const run = await user.lab('run');
      assert.equal(run.exitCode, 0, run.stderr + run.stdout);
      assert.doesNotMatch(run.stderr, /tcpdump|captured inside/);
      assert.match(run.stdout + run.stderr, /from client 'Hello vm1'/);
      assert.match((await user.lab('logs', '--tcp')).stdout, /SYN.*Hello vm1.*FIN/s);
      assert.equal(await capturedPing(user), 2);
      for (const template of ['tp1', 'tp2-udp']) await playOnSameMachines(user, template);

      assert.equal((await user.lab('exec', 'vm1', '--', 'touch', 'kept')).exitCode, 0);
      assert.equal((await user.lab('snapshot', 'save', 'clean')).exitCode, 0);
      const playing = user.start('run');
      const shown = collected(playing);
      await retryUntil(() => (shown().includes('Listening') ? { value: true } : { seen: shown() }), {
        what: 'the server',
        timeoutMs: 300_000,
      });
      process.kill(
        allProcesses(user.folder).find(({ role, name }) => role === 'machine' && name === 'vm2')!.pid,
        'SIGKILL',
      );
      assert.deepEqual(await once(playing, 'close'), [3, null], shown());
      assert.match(shown(), /vm2: the connection was lost: the virtual machine ended/);
      assert.match(shown(), /tp1 broke off/);
      const gone = await user.lab('exec', 'vm2', '--', 'true');
      assert.equal(gone.exitCode, 3);
      assert.match(gone.stderr, /vm2 does not run/);
      const back = await user.lab('up');
      assert.match(back.stdout, /is up \(it was already, except vm2\)/);
      const restored = await user.lab('snapshot', 'restore', 'clean');
      assert.equal(restored.exitCode, 0, restored.stderr);
      assert.equal((await user.lab('exec', 'vm1', 'vm2', '--', 'ls', '/home')).exitCode, 0);
      assert.match((await user.lab('exec', 'vm1', '--', 'ls')).stdout, /kept/);
      assert.match((await user.lab('console', 'vm1', '--log')).stdout, /./);

      const down = await user.lab('down', '--json');
      assert.match(down.stdout, /vm1 \(shut down\)/);
      assert.deepEqual(leftovers(user.folder, links), nothing);

      const secondAt = Date.now() / 1000;
      assert.deepEqual(
        (await up(user)).steps
          .map(({ title }) => title)
          .filter((title) => /vm\d/.test(title))
          .toSorted(),
        ['resume vm1', 'resume vm2'],
      );
      const clock = Number((await user.lab('exec', 'vm1', '--', 'date', '+%s')).stdout);
      assert.ok(
        secondAt - 2 <= clock && clock <= Date.now() / 1000 + 2,
        `the clock of vm1 says ${clock}; it was resumed after ${secondAt}`,
      );
      assert.equal(await capturedPing(user), 2);
      assert.equal((await user.lab('down')).exitCode, 0);
      assert.deepEqual(leftovers(user.folder, links), nothing);
    });

    test('leaves nothing when lab is killed while they start', async () => {
      const links = hostLinks();
      await using user = userOfMachines(testImages.tiny);
      const child = user.start('up');
      await retryUntil(
        () =>
          allProcesses(user.folder).some(({ role }) => role === 'machine') ? { value: true } : { seen: 'no machine' },
        { what: 'a machine', timeoutMs: 60_000 },
      );
      child.kill('SIGKILL');
      await finish(child);
      assert.match(readFileSync(join(user.folder, '.lab/journal.ndjson'), 'utf8'), /qemu-process/);
      const down = await user.lab('down');
      assert.equal(down.exitCode, 0, down.stderr);
      assert.deepEqual(leftovers(user.folder, links), nothing);
    });
  },
);
