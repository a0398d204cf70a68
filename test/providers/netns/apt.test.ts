import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { makePackage, withoutDpkg } from '../../helpers/debian-package.ts';
import { cannotBe, currentUser, ordinaryUser, type LabUser } from '../../helpers/lab-command.ts';

const lab =
  'version: 1\nname: apt\nnetworks: { n: { subnet: 192.168.100.0/24, nat: false } }\nmachines: { vm1: { user: ada, address: 192.168.100.4 }, vm2: { user: bob, address: 192.168.100.5 } }\n';

/** A package that every Debian and Ubuntu has, and no program needs. */
const OF_HOST = 'sensible-utils';
const PROGRAM = '/usr/bin/sensible-editor';

async function on(user: LabUser, machine: string, ...command: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await user.lab('exec', machine, '--', ...command);
  assert.equal(exitCode, 0, `${command.join(' ').slice(0, 200)}: ${stdout}${stderr}`);
  return stdout.trim();
}

async function install(user: LabUser, ...packages: string[]): Promise<void> {
  for (const path of packages) {
    const { exitCode, stderr } = await user.lab('cp', path, 'vm1:/var/tmp/');
    assert.equal(exitCode, 0, stderr);
  }
  const paths = packages.map((path) => `/var/tmp/${path.slice(path.lastIndexOf('/') + 1)}`);
  await on(user, 'vm1', 'sudo', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', 'install', '-y', ...paths);
}

const sumOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
/** Every Debian and Ubuntu has it. */
const withoutProgram = (): string | false => !existsSync(PROGRAM) && `THIS HOST HAS NO ${PROGRAM}`;
const hostNow = (): string[] => ['/var/lib/dpkg/status', '/etc/passwd', PROGRAM].filter(existsSync).map(sumOf);

for (const [kind, make] of [
  ['root', currentUser],
  ['ordinary', ordinaryUser],
] as const) {
  describe(
    `apt on machines made by ${kind === 'root' ? 'root' : 'an ordinary user'}`,
    { skip: cannotBe(kind) || withoutDpkg() },
    () => {
      test('packages are installed, with what belongs to others than root, and removed; neither the host nor the other machine has them', async () => {
        await using user = make();
        writeFileSync(join(user.folder, 'lab.yaml'), lab);
        const before = hostNow();
        const server = makePackage(user.folder, {
          name: 'lab-test-server',
          depends: 'lab-test-base',
          files: {
            '/usr/bin/lab-test-server':
              '#!/bin/sh\necho "$(cat /etc/lab-test.d/words) $(cat /usr/share/lab-test/deep/words)"\n',
            '/etc/lab-test.d/words': 'from etc\n',
            '/etc/default/lab-test': 'X=1\n',
            '/lib/systemd/system/lab-test.service': '[Unit]\n',
          },
          afterwards:
            'mkdir -p /var/lib/lab-test; chown games:adm /var/lib/lab-test; chmod 2750 /var/lib/lab-test; useradd --system lab-test',
        });
        const base = makePackage(user.folder, {
          name: 'lab-test-base',
          files: { '/usr/share/lab-test/deep/words': 'from usr\n', '/usr/share/doc/lab-test-base/x': 'x\n' },
        });
        assert.equal((await user.lab('up')).exitCode, 0);
        await install(user, server, base);
        assert.equal(await on(user, 'vm1', 'lab-test-server'), 'from etc from usr');
        assert.equal(await on(user, 'vm1', 'stat', '-c', '%U %G %a', '/var/lib/lab-test'), 'games adm 2750');
        assert.equal(
          await on(user, 'vm1', 'dpkg-query', '-W', '-f', '${Status}', 'lab-test-server'),
          'install ok installed',
        );
        assert.match(await on(user, 'vm1', 'id', 'lab-test'), /^uid=/);
        const other = await user.lab('exec', 'vm2', '--', 'dpkg-query', '-W', 'lab-test-base');
        assert.equal(other.exitCode, 1, other.stdout);
        await on(user, 'vm1', 'sudo', 'apt-get', '-qq', 'purge', '-y', 'lab-test-base');
        assert.equal(
          await on(
            user,
            'vm1',
            'sh',
            '-c',
            'ls -d /usr/bin/lab-test-server /etc/lab-test.d /usr/share/lab-test 2>/dev/null; sudo dpkg --audit',
          ),
          '',
        );
        assert.deepEqual(hostNow(), before);
        assert.ok(!existsSync('/usr/bin/lab-test-server') && !existsSync('/var/lib/lab-test'));
        assert.equal((await user.lab('down')).exitCode, 0);
      });

      test(
        'a package that the host has is replaced and removed, on that machine alone',
        { skip: withoutProgram() },
        async () => {
          await using user = make();
          writeFileSync(join(user.folder, 'lab.yaml'), lab);
          const before = hostNow();
          const newer = makePackage(user.folder, {
            name: OF_HOST,
            version: '99',
            files: { [PROGRAM]: '#!/bin/sh\necho newer\n' },
          });
          assert.equal((await user.lab('up')).exitCode, 0);
          await install(user, newer);
          assert.equal(await on(user, 'vm1', PROGRAM), 'newer');
          assert.match(await on(user, 'vm2', 'cat', PROGRAM), /\n/);
          assert.notEqual(await on(user, 'vm2', 'dpkg-query', '-W', '-f', '${Version}', OF_HOST), '99');
          await on(user, 'vm1', 'sudo', 'dpkg', '--remove', '--force-depends', OF_HOST);
          assert.equal(await on(user, 'vm1', 'sh', '-c', `test ! -e ${PROGRAM} && echo gone`), 'gone');
          assert.deepEqual(hostNow(), before);
          assert.equal((await user.lab('down')).exitCode, 0);
        },
      );
    },
  );
}
