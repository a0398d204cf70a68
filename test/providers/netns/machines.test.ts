import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { generateKeyPair } from '../../../src/ssh/keys/key-pair.ts';
import { cannotBe, currentUser, finish, ordinaryUser, type LabUser } from '../../helpers/lab-command.ts';
import { hostLinks, leftovers, nothing } from '../../helpers/machines/leftovers.ts';
import { without } from '../../helpers/tools.ts';

/** Runs a shell command on a machine as its user, and gives what it printed. */
async function on(user: LabUser, machine: string, script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await user.lab('exec', machine, '--', 'sh', '-c', script);
  assert.equal(exitCode, 0, `${script}: ${stdout}${stderr}`);
  return stdout.trim();
}

for (const [kind, make] of [
  ['root', currentUser],
  ['ordinary', ordinaryUser],
] as const) {
  describe(`machines made by ${kind === 'root' ? 'root' : 'an ordinary user'}`, { skip: cannotBe(kind) }, () => {
    test('the reference practical works from up to down, and leaves the host as it was', async () => {
      await using user = make();
      const links = hostLinks();
      const up = await user.lab('up');
      assert.equal(up.exitCode, 0, up.stderr);
      assert.deepEqual(hostLinks(), links, 'nothing appears in the network of the host');
      assert.notDeepEqual(
        leftovers(user.folder, links).mounts,
        [],
        'the mounts of the machines are seen while they run',
      );
      assert.equal((await user.lab('check-port', '7999')).exitCode, 0);
      const own = await user.lab('check-port', '22/tcp', '--on', 'vm1');
      assert.match(own.stdout, /^vm1: port 22 is busy\n {2}It is held by the SSH server of the machine.* it stays\./);
      assert.doesNotMatch(own.stdout, /--kill|container/);
      const freed = await user.lab('check-port', '22', '--kill', '--yes');
      assert.deepEqual([freed.exitCode, freed.stderr.split('\n').length], [1, 3], freed.stderr);
      assert.match(freed.stderr, /^error: port 22 of vm1 is not freed: it is the port of the SSH server/);
      const run = await user.lab('run', 'tp1');
      assert.equal(run.exitCode, 0, run.stdout + run.stderr);
      assert.equal((await user.lab('down')).exitCode, 0);
      assert.deepEqual(leftovers(user.folder, links), nothing);
      assert.deepEqual(readdirSync(join(user.folder, '.lab')).toSorted(), [
        '.gitignore',
        'keys',
        'known_hosts',
        'runs',
      ]);
    });

    test('everyday tools work inside, as the user of the machine', async () => {
      await using user = make();
      appendFileSync(join(user.folder, 'lab.yaml'), 'ssh: peers\n');
      assert.equal((await user.lab('up')).exitCode, 0);
      assert.equal(await on(user, 'vm1', 'id -un; hostname; pwd'), 'ildvm1\nvm1\n/home/ildvm1');
      assert.equal(await on(user, 'vm1', 'sudo id -u'), '0');
      assert.match(await on(user, 'vm1', 'ip -4 -brief address show eth0'), /^eth0\S*\s+UP\s+192\.168\.100\.4\/24/);
      assert.equal(
        await on(user, 'vm1', 'cat /etc/hosts'),
        '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n192.168.100.4 vm1\n192.168.100.5 vm2',
      );
      // With an audit log, sshd would ask a name server for "UNKNOWN" at each login.
      const audit = 'import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)';
      assert.match(await on(user, 'vm1', `python3 -c '${audit}' 2>&1 || true`), /Protocol not supported/);
      assert.match(await on(user, 'vm1', 'ping -c 1 -W 5 vm2'), /1 received/);
      assert.equal(await on(user, 'vm1', 'ssh vm2 hostname'), 'vm2');
      assert.equal(await on(user, 'vm2', 'ssh -o BatchMode=yes vm1 id -un'), 'ildvm1');
      const listener =
        'import os, socket; s = socket.create_server(("", 7999)); os.system("lsof -i :7999; netstat -an | grep 7999")';
      const seen = await on(user, 'vm1', `python3 -c '${listener}'`);
      assert.match(seen, /python3\s+\d+\s+ildvm1 .*TCP \*:7999 \(LISTEN\)/);
      assert.match(seen, /tcp\s+0\s+0 0\.0\.0\.0:7999\s+0\.0\.0\.0:\*\s+LISTEN/);
      const capture =
        'timeout 20 tcpdump -l -i eth0 -c 1 icmp 2>&1 | while read -r line; do echo "$line"; case $line in listening*) ping -c 1 vm2 >/dev/null;; esac; done';
      assert.match(await on(user, 'vm1', capture), /vm1 > vm2: ICMP echo request/);
    });

    test(
      'OpenSSH\'s own client gets there with "lab ssh-config", host keys checked',
      { skip: without('ssh') },
      async () => {
        await using user = make();
        assert.equal((await user.lab('up')).exitCode, 0);
        const config = await user.lab('ssh-config');
        writeFileSync(join(user.folder, 'config'), config.stdout);
        const there = await finish(user.command(['ssh', '-F', join(user.folder, 'config'), 'vm2', 'hostname']));
        assert.deepEqual([there.exitCode, there.stdout], [0, 'vm2\n'], there.stderr);
        writeFileSync(
          join(user.folder, '.lab/known_hosts'),
          readFileSync(join(user.folder, '.lab/known_hosts'), 'utf8').replaceAll(
            /AAAA\S+/g,
            generateKeyPair('other').publicKey.split(' ')[1]!,
          ),
        );
        const refused = await finish(user.command(['ssh', '-F', join(user.folder, 'config'), 'vm2', 'hostname']));
        assert.match(refused.stderr, /Host key verification failed/);
      },
    );

    test('two labs with the same addresses run side by side', async () => {
      await using one = make();
      await using two = make();
      for (const { folder } of [one, two]) appendFileSync(join(folder, 'lab.yaml'), 'ssh: peers\n');
      const results = await Promise.all([one.lab('up'), two.lab('up')]);
      assert.deepEqual(
        results.map(({ exitCode }) => exitCode),
        [0, 0],
        results.map(({ stderr }) => stderr).join('\n'),
      );
      await on(one, 'vm1', 'echo one >mark');
      assert.equal(await on(two, 'vm1', 'ls mark 2>/dev/null || echo no mark'), 'no mark');
      assert.match(await on(one, 'vm2', 'ssh vm1 cat mark'), /one/);
    });

    test('root of a machine can neither mount nor make devices, nor turn the switches of the host, nor read its secrets', async () => {
      await using user = make();
      assert.equal((await user.lab('up')).exitCode, 0);
      const attempts = [
        'mount -t tmpfs none /mnt',
        'mknod /tmp/disk b 254 0',
        'sh -c "echo x >/proc/sys/kernel/core_pattern"',
        'sh -c "echo h >/proc/sysrq-trigger"',
        'sh -c "echo 1 >/sys/kernel/profiling"',
        'test -s /etc/shadow-',
        'ls /root/.ssh',
      ];
      for (const attempt of attempts) {
        assert.equal(
          await on(user, 'vm1', `sudo ${attempt} >/dev/null 2>&1 && echo done || echo refused`),
          'refused',
          attempt,
        );
      }
      assert.equal(
        await on(user, 'vm1', 'sudo sysctl -qw net.ipv4.ip_forward=1 && cat /proc/sys/net/ipv4/ip_forward'),
        '1',
        'the network of a machine is its own',
      );
    });

    test("a full disk on one machine is that machine's own", async () => {
      await using user = make();
      const file = join(user.folder, 'lab.yaml');
      writeFileSync(
        file,
        readFileSync(file, 'utf8').replace(/vm1: \{|vm1:\n/, (start) =>
          start.endsWith('{') ? 'vm1: { disk: 64M,' : 'vm1:\n    disk: 64M\n',
        ),
      );
      const up = await user.lab('up');
      assert.equal(up.exitCode, 0, up.stderr);
      assert.match(await on(user, 'vm1', 'head -c 100M /dev/zero 2>&1 >big || true'), /No space left on device/);
      assert.equal(await on(user, 'vm2', 'head -c 1M /dev/zero >big && wc -c <big'), '1048576');
    });
  });
}
