import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { toolsFolder } from '../../../src/host/tools.ts';
import { rangeOfLab } from '../../../src/host/subordinate-ids.ts';
import { isMappingRefused } from '../../../src/providers/netns/lab-process.ts';
import { systemCallFilter } from '../../../src/providers/netns/plan/seccomp.ts';
import {
  cannotBe,
  currentUser,
  ordinaryUser,
  repository,
  userWithoutRanges,
  type LabUser,
} from '../../helpers/lab-command.ts';
import { labelledProcesses } from '../../helpers/machines/leftovers.ts';

const attack = readFileSync(join(import.meta.dirname, 'fixtures/walls.py'), 'utf8');
const lab =
  'version: 1\nname: walls\nnetworks: { n: { subnet: 192.168.100.0/24, nat: false } }\nmachines: { vm1: { user: ada, address: 192.168.100.4 }, vm2: { user: bob, address: 192.168.100.5 } }\n';

async function on(user: LabUser, machine: string, ...command: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await user.lab('exec', machine, '--', ...command);
  assert.equal(exitCode, 0, `${command.join(' ').slice(0, 200)}: ${stdout}${stderr}`);
  return stdout.trim();
}

/** A program of one word, and what it is to say. */
const talk = (word: string): string =>
  `programs: { client: { on: vm1, command: [${word}], files: [talk] } }\n` +
  'scenarios: { talk: [{ start: client }, { expect: { client: done } }, { exit: { client: 0 } }] }\n';

const runtime = join(repository, `node_modules/node-linux-${process.arch}/bin/node`);
const runtimeNow = (): unknown => [
  createHash('sha256').update(readFileSync(runtime)).digest('hex'),
  statSync(runtime).mode,
  statSync(runtime).uid,
];
const devicesNow = (): unknown =>
  ['null', 'zero', 'urandom', 'tty'].map((name) => [
    name,
    statSync(`/dev/${name}`).mode,
    statSync(`/dev/${name}`).uid,
    statSync(`/dev/${name}`).gid,
  ]);

/** A container whose root is user 300,000 of this host; it lives as long as the test holds it, as those that signal each other must be of one. */
async function containerOfUsers(): Promise<Disposable & { readonly within: readonly string[] }> {
  const tools = toolsFolder();
  const script = [
    'mount -t tmpfs -o mode=755 none /mnt',
    `if [ -d ${tools} ]; then mkdir -p /mnt/$0 && mount --bind ${tools} /mnt/$0; fi`,
    'echo root:300000:65536 >/mnt/ids; for file in /etc/subuid /etc/subgid; do [ -e $file ] || : >$file; mount --bind /mnt/ids $file; done',
    'exec unshare --user --map-users=300000,0,65536 --map-groups=300000,0,65536 --setuid=0 --setgid=0 --mount sh -c "echo up; exec sleep 300"',
  ].join('\n');
  const holder = spawn('unshare', ['-m', 'sh', '-ec', script, tools.slice(tools.indexOf('lab/tools/'))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  // nsenter(1) leaves the working folder behind with the mounts that it lies on.
  const enter = `exec nsenter -t ${holder.pid} -U -m --setuid 0 --setgid 0 env HOME=/mnt XDG_CACHE_HOME=/mnt sh -c 'cd "$0" && exec "$@"' "$(pwd -P)" "$@"`;
  const within = ['sh', '-c', enter, 'sh'];
  return { within, [Symbol.dispose]: () => void holder.kill('SIGKILL') };
}

for (const [kind, make] of [
  ['root', currentUser],
  ['ordinary', ordinaryUser],
] as const) {
  describe(
    `walls of machines made by ${kind === 'root' ? 'root' : 'an ordinary user'}`,
    { skip: cannotBe(kind) },
    () => {
      test('neither root of a machine nor its user finds a way out', async () => {
        await using user = make();
        writeFileSync(join(user.folder, 'lab.yaml'), lab);
        const before = [runtimeNow(), devicesNow()];
        assert.equal((await user.lab('up')).exitCode, 0);
        assert.equal(await on(user, 'vm1', 'python3', '-c', attack), 'done', 'as the user of the machine');
        assert.equal(await on(user, 'vm1', 'sudo', 'python3', '-c', attack), 'done', 'as root of the machine');
        await on(
          user,
          'vm1',
          'sudo',
          'sh',
          '-c',
          'echo x >/usr/bin/lab-probe; echo x >/etc/lab-probe; chmod 700 /usr /etc; rm -f /usr/bin/lsof',
        );
        for (const path of ['/usr/bin/lab-probe', '/etc/lab-probe']) assert.ok(!existsSync(path), path);
        assert.match(
          await on(user, 'vm2', 'sh', '-c', 'ls /usr/bin/lab-probe /etc/lab-probe 2>/dev/null; command -v lsof'),
          /lsof$/,
          'nor does the other machine see it',
        );
        assert.deepEqual([runtimeNow(), devicesNow()], before, 'what the host runs and its devices are as they were');
        assert.equal((await user.lab('down')).exitCode, 0);
        assert.deepEqual([runtimeNow(), devicesNow()], before);
      });

      test('all processes of a machine, its init as well, have the capabilities of a container and no more, and none of them is root here', async () => {
        await using user = make();
        writeFileSync(join(user.folder, 'lab.yaml'), lab);
        assert.equal((await user.lab('up')).exitCode, 0);
        const status = await on(user, 'vm1', 'grep', '-hE', '^(Cap(Prm|Eff|Bnd|Inh)|Seccomp):', '/proc/1/status');
        assert.deepEqual(
          status.split('\n').map((line) => line.split('\t')),
          [
            ['CapInh:', '0000000000000000'],
            ['CapPrm:', '00000000a18c7dff'],
            ['CapEff:', '00000000a18c7dff'],
            ['CapBnd:', '00000000a18c7dff'],
            ['Seccomp:', '2'],
          ],
        );
        const [init] = labelledProcesses(user.folder);
        const machines = readFileSync(`/proc/${init}/task/${init}/children`, 'utf8').trim().split(' ');
        // Read here, it says which users of the host they are.
        const maps = machines.flatMap((pid) => readFileSync(`/proc/${pid}/uid_map`, 'utf8').trim().split('\n'));
        assert.ok(maps.length >= 2, 'each machine has a map');
        assert.deepEqual(
          maps.filter((line) => line.trim().split(/\s+/)[1] === '0'),
          [],
        );
        const owner = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${init}/status`, 'utf8'))?.[1];
        assert.notEqual(owner, '0', 'the init of the lab');
      });

      test('what only root of the host may read, root of a machine may not', { skip: cannotBe('root') }, async () => {
        const secrets = ['/etc', '/usr/local/etc', '/opt'].map((place) => join(place, `lab-secret-${process.pid}`));
        await using user = make();
        writeFileSync(
          join(user.folder, 'lab.yaml'),
          lab.replace('user: ada', 'user: ada, host-folders: [/usr/local, /opt]'),
        );
        using _made = {
          [Symbol.dispose]: () => secrets.forEach((path) => rmSync(path, { recursive: true, force: true })),
        };
        for (const path of secrets) {
          mkdirSync(path, { recursive: true });
          writeFileSync(join(path, 'key'), 'secret', { mode: 0o600 });
          writeFileSync(join(path, 'open'), 'everybody', { mode: 0o644 });
        }
        assert.equal((await user.lab('up')).exitCode, 0);
        for (const path of secrets) {
          assert.equal(
            await on(user, 'vm1', 'sudo', 'sh', '-c', `cat ${path}/key 2>/dev/null || echo refused; cat ${path}/open`),
            'refused\neverybody',
            path,
          );
        }
      });

      test('of /opt and /usr/local of the host a machine sees what it asks for, and the one next to it nothing', async () => {
        await using user = make();
        writeFileSync(join(user.folder, 'lab.yaml'), lab.replace('user: ada', 'user: ada, host-folders: [/usr/local]'));
        assert.equal((await user.lab('up')).exitCode, 0);
        const list = 'LC_ALL=C ls /usr/local';
        assert.equal(await on(user, 'vm1', 'sh', '-c', list), readdirSync('/usr/local').toSorted().join('\n'));
        assert.equal(await on(user, 'vm2', 'sh', '-c', list), 'bin\netc\ngames\ninclude\nlib\nman\nsbin\nshare\nsrc');
        assert.equal(await on(user, 'vm2', 'find', '/usr/local', '-not', '-type', 'd', '-not', '-type', 'l'), '');
        for (const machine of ['vm1', 'vm2']) {
          assert.equal(await on(user, machine, 'ls', '/opt'), 'lab', 'our own Node is there');
          await on(user, machine, 'sudo', 'sh', '-c', 'echo x >/usr/local/bin/lab-probe; echo x >/opt/lab-probe');
        }
        for (const path of ['/usr/local/bin/lab-probe', '/opt/lab-probe']) assert.ok(!existsSync(path), path);
        assert.equal((await user.lab('down')).exitCode, 0);
        const file = join(user.folder, 'lab.yaml');
        writeFileSync(file, readFileSync(file, 'utf8').replace('nat: false', 'nat: { private: true }'));
        const other = await user.lab('--provider', 'ssh', 'up');
        assert.match(other.stderr, /"nat: \{ private: true \}" of n does not apply: machines of provider ssh have net/);
        assert.match(other.stderr, /"host-folders" of vm1 does not apply: machines of provider ssh have a system of/);
      });

      test(
        'a program of this host that a machine does not see fails with where it is, and how the machine gets to see it',
        { skip: cannotBe('root') },
        async () => {
          await using user = make();
          const name = `lab-probe-${process.pid}-${kind}`;
          const path = join('/usr/local/bin', name);
          using _made = { [Symbol.dispose]: () => rmSync(path, { force: true }) };
          writeFileSync(path, '#!/bin/sh\necho done\n', { mode: 0o755 });
          writeFileSync(join(user.folder, 'talk'), `#!/usr/bin/env ${name}\n`, { mode: 0o755 });
          for (const word of [name, './talk']) {
            writeFileSync(join(user.folder, 'lab.yaml'), lab + talk(word));
            assert.equal((await user.lab('up')).exitCode, 0);
            const run = await user.lab('run');
            assert.equal(run.exitCode, 1, run.stdout + run.stderr);
            assert.ok(
              (run.stdout + run.stderr)
                .replaceAll(/\s+/g, ' ')
                .includes(
                  `${name} is in /usr/local/bin of this host, which machines do not see: ` +
                    'add host-folders: [/usr/local] to vm1, then lab up --recreate.',
                ),
              run.stdout + run.stderr,
            );
          }
          writeFileSync(
            join(user.folder, 'lab.yaml'),
            lab.replace('user: ada', 'user: ada, host-folders: [/usr/local]') + talk(name),
          );
          const again = await user.lab('up', '--recreate');
          assert.equal(again.exitCode, 0, again.stderr);
          const run = await user.lab('run');
          assert.equal(run.exitCode, 0, run.stdout + run.stderr);
        },
      );

      test('with "sudo: false" nobody on the machine gets more rights than its user has, and the practical works as ever', async () => {
        await using user = make();
        const file = join(user.folder, 'lab.yaml');
        writeFileSync(file, readFileSync(file, 'utf8').replaceAll('user: ildvm', 'sudo: false, user: ildvm'));
        const up = await user.lab('up');
        assert.equal(up.exitCode, 0, up.stderr);
        assert.equal(
          await on(
            user,
            'vm1',
            'sh',
            '-c',
            'sudo -n id -u 2>/dev/null || echo refused; grep NoNewPrivs /proc/self/status; cp /usr/bin/id . && chmod 4755 id && ./id -u; id -Gn',
          ),
          'refused\nNoNewPrivs:\t1\n1000\nildvm1',
        );
        assert.equal(await on(user, 'vm1', 'python3', '-c', attack), 'done');
        const run = await user.lab('run', 'tp1');
        assert.equal(run.exitCode, 0, run.stdout + run.stderr);
        assert.equal((await user.lab('down')).exitCode, 0);
        const other = await user.lab('--provider', 'ssh', 'up');
        assert.equal(other.exitCode, 3);
        assert.match(other.stderr, /"sudo: false" of machine vm1 cannot be kept with provider ssh/);
      });

      test('everyday tools work behind the walls', async () => {
        await using user = make();
        writeFileSync(join(user.folder, 'lab.yaml'), lab);
        assert.equal((await user.lab('up')).exitCode, 0);
        const works = async (script: string): Promise<void> =>
          assert.match(await on(user, 'vm1', 'sh', '-c', script), /(^|\n)ok$/, script);
        await works(
          `python3 -c 'import multiprocessing, threading, subprocess, pty; t = threading.Thread(target=print); t.start(); t.join(); multiprocessing.get_context("spawn"); multiprocessing.Semaphore(); subprocess.run(["true"]); pty.openpty(); print("ok")'`,
        );
        await works(
          'echo x >/dev/null && head -c 8 /dev/urandom >/dev/null && ! echo x 2>/dev/null >/dev/full && echo ok',
        );
        await works(
          'sudo sh -c "ip link add one type veth peer name two && ip address add 10.1.1.1/24 dev one && ip link delete one && sysctl -qw net.ipv4.tcp_syncookies=0" && echo ok',
        );
        await works(
          'sudo useradd -m carol && sudo -u carol sh -c "id -un >~/name && cat ~/name" | grep -qx carol && echo ok',
        );
        await works(
          'ls /opt/lab/runtime/*/node >/dev/null && $(echo /opt/lab/runtime/*/node) -e "new (require(\'worker_threads\').Worker)(\'console.log(\\"ok\\")\', { eval: true })"',
        );
        if (existsSync('/usr/bin/gcc'))
          await works('echo "int main(void){return 0;}" >a.c && gcc -o a a.c && ./a && echo ok');
        if (existsSync('/usr/bin/gdb'))
          await works(
            'sleep 60 & p=$!; sudo gdb -q -batch -p $p >/dev/null 2>&1 && gdb -q -batch -ex run --args true >/dev/null && kill $p && echo ok',
          );
        if (existsSync('/usr/bin/java')) await works('java -version 2>/dev/null && echo ok');
      });
    },
  );
}

test(
  'where root is the only user of a machine, the walls are the same',
  { skip: cannotBe('root') || cannotBe('ordinary') },
  async () => {
    await using user = userWithoutRanges();
    writeFileSync(join(user.folder, 'lab.yaml'), lab);
    const before = [runtimeNow(), devicesNow()];
    const up = await user.lab('up');
    assert.equal(up.exitCode, 0, up.stderr);
    assert.equal(await on(user, 'vm1', 'cat', '/proc/self/uid_map'), '0          0          1');
    assert.equal(await on(user, 'vm1', 'sudo', 'python3', '-c', attack), 'done');
    assert.deepEqual([runtimeNow(), devicesNow()], before);
  },
);

test(
  'where the file system cannot map the owners of its files, the lab of root has those of nobody, and the same walls',
  { skip: cannotBe('root') },
  async () => {
    // overlayfs cannot be mounted with other owners, so here it is what the tools and the runtime lie on.
    await using user = currentUser([
      'unshare',
      '-m',
      'sh',
      '-c',
      'mkdir -p "$0/o/up" "$0/o/work" && mount -t tmpfs none "$0/o" && mkdir "$0/o/up" "$0/o/work" && mount -t overlay overlay -o lowerdir=/usr,upperdir="$0/o/up",workdir="$0/o/work" /usr && exec "$@"',
      '/mnt',
    ]);
    writeFileSync(join(user.folder, 'lab.yaml'), lab);
    const up = await user.lab('up');
    assert.equal(up.exitCode, 0, up.stderr);
    assert.equal(await on(user, 'vm1', 'stat', '-c', '%U', '/usr/bin/env'), 'nobody');
    assert.equal(await on(user, 'vm1', 'sudo', 'python3', '-c', attack), 'done');
  },
);

test('a kernel that cannot map owners is told from one that refuses something else, whichever overlay is the first', () => {
  const mapped = [
    'layer /usr /x/.lab/mnt/host/usr 5 0 1: idmap: Operation not permitted',
    'mount overlay /lab/captures/usr overlay 7 lowerdir=/lab/common/usr:/host/usr: Invalid argument',
    'machine vm1: mount overlay /lab/m/vm1/usr overlay 4 lowerdir=...: Invalid argument',
  ];
  const others = [
    'layer /usr /x 5 0 1: open_tree: Operation not permitted',
    'machine vm1: mount overlay /lab/m/vm1/usr overlay 4 lowerdir=...: No space left on device',
    'mount sysfs /sys sysfs 15: Invalid argument',
  ];
  assert.deepEqual([...mapped, ...others].map(isMappingRefused), [true, true, true, false, false, false]);
});

test("the users of a lab of root are nobody's else: not in a subordinate range of this host, and root's own range where it has one", () => {
  const files = { subuid: '', subgid: '', uidMap: '         0          0 4294967295\n' };
  const free = rangeOfLab('a-lab', files);
  assert.deepEqual(free, rangeOfLab('a-lab', { ...files, subuid: 'ada:100000:65536\n' }), 'the same lab has the same');
  assert.notEqual(free.first, rangeOfLab('another', files).first);
  assert.notEqual(rangeOfLab('a-lab', { ...files, subgid: `ada:${free.first + 65_535}:1\n` }).first, free.first);
  assert.deepEqual(rangeOfLab('a-lab', { ...files, subuid: 'root:231072:65536\n', subgid: '0:231072:65536\n' }), {
    first: 231_072,
    count: 65_536,
  });
  assert.throws(() => rangeOfLab('a-lab', { ...files, subuid: 'ada:600100000:300000000\n' }), /are given away/);
  assert.deepEqual(
    rangeOfLab('a-lab', { ...files, uidMap: '0 100000 1000\n1000 200000 65536\n' }),
    { first: 33_768, count: 32_768 },
    'in a container',
  );
  assert.throws(
    () => rangeOfLab('a-lab', { ...files, uidMap: '0 1000 1\n' }),
    /root of this container has only 1 user IDs/,
  );
});

test(
  'root of a container that has user IDs of its own has labs with the same walls',
  { skip: cannotBe('root') || cannotBe('ordinary') },
  async () => {
    using container = await containerOfUsers();
    await using user = currentUser(container.within);
    chownSync(user.folder, 300_000, 300_000);
    writeFileSync(join(user.folder, 'lab.yaml'), lab);
    const up = await user.lab('up');
    assert.equal(up.exitCode, 0, up.stderr);
    assert.equal(await on(user, 'vm1', 'sudo', 'python3', '-c', attack), 'done');
    const down = await user.lab('down');
    assert.equal(down.exitCode, 0, down.stderr);
    assert.deepEqual(labelledProcesses(user.folder), []);
  },
);

test('a machine of an architecture whose system calls are not known has no filter, and so no lab', () => {
  assert.equal(systemCallFilter('mips'), undefined);
  for (const architecture of ['x64', 'arm64'])
    assert.match(systemCallFilter(architecture)!, /^20000000040000001500010[01]/, architecture);
});
