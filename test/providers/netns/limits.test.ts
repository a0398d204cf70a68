import assert from 'node:assert/strict';
import { mkdirSync, mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { findControlGroups, makeGroups, outOfMemoryKills } from '../../../src/providers/netns/control-groups.ts';
import { cannotBe, currentUser, ordinaryUser } from '../../helpers/lab-command.ts';

const lab = `version: 1
name: limits
networks: { n: { subnet: 192.168.100.0/24, nat: false } }
machines:
  vm1:
    { user: ada, address: 192.168.100.4, memory: 128M, disk: 40M, cpus: 1, processes: 40, open-files: 64, file-size: 10M }
  vm2: { user: bob, address: 192.168.100.5, memory: 128M }
  vm3: { user: eve, address: 192.168.100.6 }
programs:
  memory: { on: vm1, files: [use.py], command: [python3, use.py, memory, "400"] }
  many: { on: vm1, files: [use.py], command: [python3, use.py, many, "3", "60"] }
  shared: { on: vm2, files: [use.py], command: [python3, use.py, memory, "300"] }
  within: { on: vm1, files: [use.py], command: [python3, use.py, memory, "60"] }
  fork: { on: vm1, files: [use.py], command: [python3, use.py, fork, "100"] }
  threads: { on: vm1, files: [use.py], command: [python3, use.py, threads, "100"] }
  files: { on: vm1, files: [use.py], command: [python3, use.py, files, "100"] }
  size: { on: vm1, files: [use.py], command: [python3, use.py, write, /tmp/large, "15"] }
  shm: { on: vm1, files: [use.py], command: [python3, use.py, parts, /dev/shm, "8", "7"] }
  run: { on: vm1, files: [use.py], command: [python3, use.py, parts, /tmp, "8", "7"] }
scenarios:
`;

/** Every use ends by itself, also where nothing stops it. */
const use = `import os, sys, threading, time
what, args = sys.argv[1], sys.argv[2:]
def take(mebibytes):
    block = bytearray(b'x') * (mebibytes << 20)
    time.sleep(0.5)
    return len(block)
if what == 'memory': take(int(args[0]))
if what == 'many':
    children = []
    for _ in range(int(args[0])):
        child = os.fork()
        if child == 0:
            take(int(args[1]))
            os._exit(0)
        children.append(child)
    sys.exit(max(os.waitpid(child, 0)[1] for child in children) and 1)
if what == 'fork':
    for _ in range(int(args[0])):
        if os.fork() == 0:
            time.sleep(1)
            os._exit(0)
if what == 'threads':
    for _ in range(int(args[0])): threading.Thread(target=time.sleep, args=(1,)).start()
if what == 'files': kept = [open('/etc/hostname') for _ in range(int(args[0]))]
if what == 'write': open(args[0], 'wb').write(b'x' * (int(args[1]) << 20))
if what == 'parts':
    for part in range(int(args[1])): open(f'{args[0]}/part{part}', 'wb').write(b'x' * (int(args[2]) << 20))
print('got all')
`;

/** What each program meets, by name; undefined: nothing. */
const met: Readonly<Record<string, RegExp | undefined>> = {
  memory: /memory was ended: memory limit 128M of vm1\. /,
  many: /many met a limit: memory limit 128M of vm1\. /,
  shared: /shared was ended: memory limit 128M of vm2\. /,
  within: undefined,
  fork: /fork was ended: limit of processes 40 of vm1\. /,
  threads: /threads was ended: limit of processes 40 of vm1\. /,
  files: /files was ended: limit of open files 64 of vm1\. /,
  size: /size was ended: limit of file size 10M of vm1\. /,
  shm: /shm was ended: disk limit 40M of vm1\. /,
  run: /run was ended: disk limit 40M of vm1\. /,
};

for (const [kind, make] of [
  ['root', currentUser],
  ['ordinary', ordinaryUser],
] as const)
  describe(
    `limits of machines made by ${kind === 'root' ? 'root' : 'an ordinary user'}`,
    { skip: cannotBe(kind) },
    () => {
      test('are kept, and a program that meets one is told so', async () => {
        await using user = make();
        // Other limits are kept in the same way for both; memory is not.
        const played = Object.entries(met).filter(
          ([name]) => kind === 'ordinary' || ['memory', 'many', 'shared', 'within', 'shm'].includes(name),
        );
        const scenarios = played.map(
          ([name]) => `  ${name}: [{ start: ${name} }, { exit: { ${name}: 0 }, timeout: 30s }]\n`,
        );
        writeFileSync(join(user.folder, 'lab.yaml'), lab + scenarios.join(''));
        writeFileSync(join(user.folder, 'use.py'), use);
        const up = await user.lab('up');
        assert.equal(up.exitCode, 0, up.stderr);
        // Which way memory is kept is said: by control groups, or by lab.
        assert.match(up.stderr, /limits by control groups, version [12]|memory of vm1, vm2 is kept by lab itself/);
        for (const [name, words] of played) {
          const { exitCode, stdout } = await user.lab('run', name);
          assert.equal(exitCode, words === undefined ? 0 : 1, `${name}: ${stdout}`);
          if (words !== undefined) assert.match(stdout, words, name);
          const clean = await user.lab('exec', 'vm1', '--', 'sh', '-c', 'rm -f /tmp/large /tmp/part* /dev/shm/part*');
          assert.equal(clean.exitCode, 0, clean.stderr);
        }
        const limits = await user.lab(
          'exec',
          'vm3',
          '--',
          'bash',
          '-c',
          'ulimit -u; ulimit -n; df -m --output=size / /dev/shm',
        );
        assert.deepEqual(
          limits.stdout.split(/\s+/).filter((word) => /^\d+$/.test(word)),
          ['512', '1024', '1024', '1024'],
        );
        // Control groups count the time on all of them, else there is the one.
        const processors = await user.lab('exec', 'vm1', '--', 'nproc');
        const isCounted = /limits by control groups/.test(up.stderr);
        assert.equal(processors.stdout.trim(), isCounted ? String(availableParallelism()) : '1');
        assert.equal((await user.lab('down')).exitCode, 0);
      });
    },
  );

const unified = '26 25 0:24 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n';

/** A folder with the files of a control group, as far as they are read and written. */
function group(folder: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

const delegated = { 'cgroup.controllers': 'cpu memory pids\n', 'cgroup.subtree_control': '', 'cgroup.procs': '' };

describe('control groups', () => {
  test('of version 2 are those that were delegated to an ordinary user, and for root those at the top', () => {
    using top = mkdtempDisposableSync(join(tmpdir(), 'lab-groups-'));
    const mountInfo = unified.replace('/sys/fs/cgroup', top.path);
    group(top.path, delegated);
    const own = group(join(top.path, 'user.slice/lab.scope'), { ...delegated, 'cgroup.controllers': 'memory\n' });
    const files = { mountInfo, ownGroups: '0::/user.slice/lab.scope\n' };
    assert.deepEqual(findControlGroups({ ...files, isRoot: true }), { version: 2, memory: top.path, cpu: top.path });
    assert.deepEqual(findControlGroups({ ...files, isRoot: false }), { version: 2, memory: own, cpu: undefined });
    group(own, { 'cgroup.procs': `${process.pid}\n` });
    assert.equal(findControlGroups({ ...files, isRoot: false })?.memory, own, 'lab itself may be in it');
    group(own, { 'cgroup.procs': `${process.pid}\n${process.ppid}\n` });
    assert.equal(findControlGroups({ ...files, isRoot: false }), undefined, 'the group of the shell of a terminal');
  });

  test('of version 2 without a controller of memory are none, and version 1 is taken where it has one', () => {
    using top = mkdtempDisposableSync(join(tmpdir(), 'lab-groups-'));
    group(join(top.path, 'unified'), { ...delegated, 'cgroup.controllers': 'hugetlb\n' });
    const memory = group(join(top.path, 'memory/session'), { 'cgroup.procs': '' });
    const mountInfo = [
      unified.replace('/sys/fs/cgroup', join(top.path, 'unified')).trim(),
      `27 25 0:25 / ${top.path}/memory rw - cgroup cgroup rw,memory`,
    ].join('\n');
    const ownGroups = '4:memory:/session\n1:cpu:/\n0::/\n';
    assert.deepEqual(findControlGroups({ mountInfo, ownGroups, isRoot: true }), { version: 1, memory, cpu: undefined });
    assert.equal(findControlGroups({ mountInfo: '', ownGroups, isRoot: true }), undefined);
  });

  test('of version 2 get their limits, each controller handed down, and what ran in the delegated one stands aside', () => {
    using top = mkdtempDisposableSync(join(tmpdir(), 'lab-groups-'));
    group(top.path, { ...delegated, 'cgroup.type': 'domain\n', 'cgroup.procs': '4711\n' });
    const groups = { version: 2, memory: top.path, cpu: top.path } as const;
    // A folder that is no control group has no files of its own: those of the lab's group are laid there before.
    group(join(top.path, 'lab-1'), delegated);
    const [made] = makeGroups(groups, '1', new Map([['vm1', { memoryBytes: 134_217_728, cpus: 2 }]]));
    const folder = join(top.path, 'lab-1/vm1');
    assert.deepEqual(made, { machine: 'vm1', folders: [folder] });
    const read = (...path: string[]): string => readFileSync(join(top.path, ...path), 'utf8');
    assert.equal(read('lab-1/vm1/memory.max'), '134217728');
    assert.equal(read('lab-1/vm1/cpu.max'), '200000 100000');
    assert.equal(read('cgroup.subtree_control'), '+memory +cpu');
    assert.equal(read('lab-1/cgroup.subtree_control'), '+memory +cpu');
    assert.equal(read('lab-host/cgroup.procs'), '4711');
    writeFileSync(join(folder, 'memory.events'), 'low 0\nmax 12\noom 2\noom_kill 3\n');
    assert.equal(outOfMemoryKills(folder), 3);
  });
});
