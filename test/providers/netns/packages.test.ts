import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { makeSource, withoutDpkg, type PackageParts } from '../../helpers/debian-package.ts';
import { toolsFolder } from '../../../src/host/tools.ts';
import { cannotBe, currentUser, ordinaryUser, type LabUser } from '../../helpers/lab-command.ts';

const machine = (last: number, fields: string): string => `{ address: 192.168.100.${last}${fields} }`;
const network = 'networks: { n: { subnet: 192.168.100.0/24, nat: false } }';

const packages: readonly PackageParts[] = [
  {
    name: 'lab-test-server',
    depends: 'lab-test-base',
    files: {
      '/usr/bin/lab-test-server':
        '#!/bin/sh\necho "$(cat /etc/lab-test.d/words) $(cat /usr/share/lab-test/deep/words)"\n',
      '/usr/bin/lab-test-setuid': '#!/bin/sh\n',
      '/etc/lab-test.d/words': 'from etc\n',
      '/opt/lab-test/bin/tool': '#!/bin/sh\necho tool\n',
    },
    afterwards: [
      'useradd --system lab-test',
      'usermod -a -G games lab-test',
      'mkdir -p /var/lib/lab-test && echo data >/var/lib/lab-test/data && chown lab-test:adm /var/lib/lab-test/data && chmod 640 /var/lib/lab-test/data',
      'chown games:adm /var/lib/lab-test && chmod 2750 /var/lib/lab-test',
      'chown root:adm /usr/bin/lab-test-setuid && chmod 6755 /usr/bin/lab-test-setuid',
    ].join('\n'),
  },
  { name: 'lab-test-base', files: { '/usr/share/lab-test/deep/words': 'from usr\n' } },
  {
    name: 'lab-test-broken',
    files: { '/usr/share/lab-test-broken/x': 'x\n' },
    afterwards:
      'mkdir -p /var/lib/lab-test-broken/x; chown -R games:games /var/lib/lab-test-broken; chmod 700 /var/lib/lab-test-broken; echo it breaks >&2; exit 3',
  },
];

/** The user of a host with no source of packages but ours, and a cache of its own. */
function withSource(
  kind: 'root' | 'ordinary',
  source: 'copy' | 'file' = 'copy',
): LabUser & { readonly leftInCache: () => string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'lab-source-'));
  const mount = `mount --bind ${makeSource(folder, packages, source)} /etc/apt`;
  // A cache of its own, with the same tools.
  const tools = toolsFolder();
  const own = join(folder, tools.slice(tools.indexOf('lab/tools/')));
  const cache = `mkdir -p ${own}; [ ! -d ${tools} ] || mount --bind ${tools} ${own}; export XDG_CACHE_HOME=${folder}`;
  const within = ['unshare', '-m', 'sh', '-c', `set -e; mount --make-rprivate /; ${mount}; ${cache}; exec "$@"`, 'sh'];
  const user = kind === 'root' ? currentUser(within) : ordinaryUser([], { host: [mount] });
  const end = user[Symbol.asyncDispose].bind(user);
  const layers = join(kind === 'root' ? folder : join(user.folder, '../tools'), 'lab/packages');
  return Object.assign(user, {
    leftInCache: () => (existsSync(layers) ? readdirSync(layers) : []),
    [Symbol.asyncDispose]: async () => {
      await end();
      rmSync(folder, { recursive: true });
    },
  });
}

async function on(user: LabUser, machine: string, ...command: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await user.lab('exec', machine, '--', ...command);
  assert.equal(exitCode, 0, `${command.join(' ').slice(0, 200)}: ${stdout}${stderr}`);
  return stdout.trim();
}

async function up(user: LabUser, ...options: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await user.lab('up', ...options);
  assert.equal(exitCode, 0, stdout + stderr);
  return stderr;
}

const hostNow = (): string[] =>
  ['/var/lib/dpkg/status', '/etc/passwd', '/etc/group'].map((path) =>
    createHash('sha256').update(readFileSync(path)).digest('hex'),
  );

for (const kind of ['root', 'ordinary'] as const) {
  const skip = cannotBe('root') || cannotBe(kind) || withoutDpkg();
  describe(`packages of machines made by ${kind === 'root' ? 'root' : 'an ordinary user'}`, { skip }, () => {
    test('machines alike share what is installed once, and the next time without a network', async () => {
      await using user = withSource(kind);
      writeFileSync(
        join(user.folder, 'lab.yaml'),
        `version: 1\nname: packages\n${network}\nmachines: { vm1: ${machine(4, ', user: ada, packages: [lab-test-server]')}, vm2: ${machine(5, ', user: root, packages: [lab-test-server]')}, vm3: ${machine(6, '')} }\n`,
      );
      const before = hostNow();
      const first = await up(user);
      assert.match(first, /install lab-test-server for vm1, vm2/);
      for (const name of ['vm1', 'vm2']) {
        assert.equal(await on(user, name, 'lab-test-server'), 'from etc from usr');
        assert.equal(await on(user, name, '/opt/lab-test/bin/tool'), 'tool');
        assert.equal(
          await on(
            user,
            name,
            'sh',
            '-c',
            'sudo stat -c "%n %U %G %a" /var/lib/lab-test /var/lib/lab-test/data /usr/bin/lab-test-setuid',
          ),
          '/var/lib/lab-test games adm 2750\n/var/lib/lab-test/data lab-test adm 640\n/usr/bin/lab-test-setuid root adm 6755',
        );
        assert.match(
          await on(user, name, 'id', 'lab-test'),
          /^uid=(\d+)\(lab-test\) gid=\d+\(lab-test\) groups=.*games/,
        );
        assert.match(
          await on(user, name, 'dpkg-query', '-W', 'lab-test-server', 'lab-test-base'),
          /lab-test-base\t1\.0/,
        );
      }
      assert.match(await on(user, 'vm1', 'id'), /ada.*sudo/);
      await on(user, 'vm1', 'sh', '-c', 'sudo sh -c "echo changed >/usr/bin/lab-test-server; rm -r /var/lib/lab-test"');
      assert.equal(await on(user, 'vm2', 'lab-test-server'), 'from etc from usr', 'what is shared is read-only');
      assert.equal((await user.lab('exec', 'vm3', '--', 'test', '-e', '/usr/bin/lab-test-server')).exitCode, 1);
      await on(user, 'vm2', 'apt-get', '-qq', '-y', 'purge', 'lab-test-base');
      assert.equal((await user.lab('exec', 'vm2', '--', 'test', '-e', '/usr/bin/lab-test-server')).exitCode, 1);
      assert.equal((await user.lab('down')).exitCode, 0);
      assert.doesNotMatch(await up(user, '--offline'), /install/);
      assert.equal(await on(user, 'vm1', 'lab-test-server'), 'from etc from usr');
      assert.equal((await user.lab('down')).exitCode, 0);
      assert.deepEqual(hostNow(), before);
      assert.ok(!existsSync('/usr/bin/lab-test-server') && !existsSync('/opt/lab-test'));
    });

    test('a package that is not there, or cannot be installed, or must not be downloaded, is told of, and nothing is left', async () => {
      await using user = withSource(kind, 'file');
      const write = (names: string): void =>
        writeFileSync(
          join(user.folder, 'lab.yaml'),
          `version: 1\nname: packages\n${network}\nmachines: { vm1: { address: 192.168.100.4, packages: [${names}] } }\n`,
        );
      const cases = [
        { names: 'lab-test-nowhere', says: /error: there is no package lab-test-nowhere in the lists of this host/ },
        { names: 'lab-test-broken, lab-test-base', says: /error: the packages cannot be installed[^]*it breaks/ },
        {
          names: 'lab-test-base',
          offline: true,
          says: /error: no "packages" for vm1: lab-test-base must be downloaded\nhint: Run "lab up" once without --offline/,
        },
      ];
      for (const { names, offline, says } of cases) {
        write(names);
        const { exitCode, stderr } = await user.lab('up', ...(offline === true ? ['--offline'] : []));
        assert.equal(exitCode, 3, stderr);
        assert.match(stderr, says);
        assert.match((await user.lab('status')).stdout, /This lab is not up/);
        assert.deepEqual(user.leftInCache(), [], 'nothing half made');
      }
      write('lab-test-base');
      await up(user);
      assert.equal(await on(user, 'vm1', 'cat', '/usr/share/lab-test/deep/words'), 'from usr');
    });
  });
}
