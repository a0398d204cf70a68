import assert from 'node:assert/strict';
import { chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { makeSource, withoutDpkg } from '../helpers/debian-package.ts';
import { cannotBe, currentUser, ordinaryUser, type LabUser } from '../helpers/lab-command.ts';

const write = (user: LabUser, setup: string): void =>
  writeFileSync(
    join(user.folder, 'lab.yaml'),
    `version: 1\nname: setup\nnetworks: { n: { subnet: 192.168.100.0/24, nat: false } }\nmachines:\n  vm1: { user: ada, sudo: false, address: 192.168.100.4, setup: ${setup} }\n  vm2: { address: 192.168.100.5 }\n`,
  );

async function on(user: LabUser, machine: string, script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await user.lab('exec', machine, '--', 'sh', '-c', script);
  assert.equal(exitCode, 0, `${script}: ${stdout}${stderr}`);
  return stdout.trim();
}

for (const [kind, make] of [
  ['root', currentUser],
  ['ordinary', ordinaryUser],
] as const) {
  describe(`set-up of machines by ${kind === 'root' ? 'root' : 'an ordinary user'}`, { skip: cannotBe(kind) }, () => {
    test('root of the machine runs each command once when it is made, also where its user may not become root', async () => {
      await using user = make();
      write(
        user,
        `[[sysctl, -w, net.ipv4.tcp_syncookies=0], [sh, -c, "id -un >>/var/tmp/who; hostname >>/var/tmp/who"], [setsid, -f, sh, -c, "exec sleep 900 >/dev/null 2>&1"]]`,
      );
      const state = 'cat /proc/sys/net/ipv4/tcp_syncookies; cat /var/tmp/who; pgrep -c sleep';
      const first = await user.lab('up');
      assert.equal(first.exitCode, 0, first.stderr);
      assert.match(first.stderr, /set up vm1/);
      assert.equal(await on(user, 'vm1', state), '0\nroot\nvm1\n1');
      assert.notEqual(await on(user, 'vm2', 'cat /proc/sys/net/ipv4/tcp_syncookies'), '0');
      assert.doesNotMatch((await user.lab('up')).stderr, /set up/);
      assert.equal(await on(user, 'vm1', state), '0\nroot\nvm1\n1', 'not run again');
      assert.equal((await user.lab('up', '--recreate')).exitCode, 0);
      assert.equal(await on(user, 'vm1', state), '0\nroot\nvm1\n1', 'run for the machine that was made again');
    });

    test('a command that fails is told of with what it said, and no machine stays half made', async () => {
      await using user = make();
      for (const [setup, says] of [
        [
          '[["true"], [sh, -c, "echo no such switch >&2; exit 4"], [touch, /never]]',
          /error: setup of vm1: sh -c .* ended with status 4\nno such switch\nhint: Correct the command/,
        ],
        ['[[no-such-program, -x]]', /error: setup of vm1: no-such-program -x was not found/],
      ] as const) {
        write(user, setup);
        const { exitCode, stderr } = await user.lab('up');
        assert.equal(exitCode, 3, stderr);
        assert.match(stderr, says);
        assert.match((await user.lab('status')).stdout, /This lab is not up/);
      }
      write(user, '[["true"]]');
      assert.equal((await user.lab('up')).exitCode, 0);
    });
  });
}

test(
  'machines that lab did not make are set up only where the file asks for it, and lab down removes what was not there',
  { skip: cannotBe('root') || cannotBe('ordinary') || withoutDpkg() },
  async () => {
    await using user = ordinaryUser();
    const { uid } = statSync(user.folder);
    const make = (folder: string): string => {
      const path = join(user.folder, folder);
      mkdirSync(path);
      chownSync(path, uid, uid);
      return path;
    };
    const lab = async (folder: string, ...args: string[]) => {
      const result = await user.lab('-f', join(folder, 'lab.yaml'), ...args);
      assert.equal(result.exitCode, 0, `${args.join(' ')}: ${result.stdout}${result.stderr}`);
      return result;
    };
    const [owned, foreign, keys] = [make('owned'), make('foreign'), make('.ssh')];
    const source = make('source');
    makeSource(source, [
      { name: 'lab-test-base', files: { '/usr/share/lab-test/words': 'words\n' } },
      { name: 'lab-test-there', files: { '/usr/share/lab-test/there': 'there\n' } },
      {
        name: 'lab-test-tool',
        depends: 'lab-test-base',
        files: { '/usr/bin/lab-test-tool': '#!/bin/sh\ncat /usr/share/lab-test/words\n' },
      },
    ]);
    const network = 'networks: { n: { subnet: 192.168.100.0/24, nat: false } }';
    writeFileSync(
      join(owned, 'lab.yaml'),
      `version: 1\nname: owned\n${network}\nmachines: { vm1: { address: 192.168.100.4, setup: [[sh, -c, "rm -r /etc/apt/sources.list.d; echo 'deb [trusted=yes] copy:/var/tmp/source/pool ./' >/etc/apt/sources.list"]] } }\n`,
    );
    await lab(owned, 'up');
    await lab(owned, 'cp', source, 'vm1:/var/tmp/source');
    await lab(
      owned,
      'exec',
      'vm1',
      '--',
      'sudo',
      'apt-get',
      '-qq',
      'install',
      '/var/tmp/source/pool/lab-test-there_1.0_all.deb',
    );
    writeFileSync(join(keys, 'config'), (await lab(owned, 'ssh-config')).stdout);
    chownSync(join(keys, 'config'), uid, uid);
    const write = (install: string): void =>
      writeFileSync(
        join(foreign, 'lab.yaml'),
        `version: 1\nname: foreign\nprovider: ssh\n${network}\nmachines: { vm1: { address: 192.168.100.4, packages: [lab-test-tool, lab-test-there], setup: [[touch, /etc/lab-test-setup]], ssh: { host: vm1${install} } } }\n`,
      );
    const installed = async (): Promise<string> =>
      (
        await lab(
          owned,
          'exec',
          'vm1',
          '--',
          'sh',
          '-c',
          'ls /usr/bin/lab-test-tool /usr/share/lab-test/* /etc/lab-test-setup 2>/dev/null || :',
        )
      ).stdout.trim();
    write('');
    const without = await lab(foreign, 'up');
    assert.match(without.stderr, /"packages" and "setup" of vm1 are left out[^]*ssh: \{ install: true \}/);
    assert.equal(await installed(), '/usr/share/lab-test/there');
    await lab(foreign, 'down');
    write(', install: true');
    await lab(foreign, 'up');
    const all = '/etc/lab-test-setup\n/usr/bin/lab-test-tool\n/usr/share/lab-test/there\n/usr/share/lab-test/words';
    assert.equal(await installed(), all);
    await lab(foreign, 'up');
    const down = await lab(foreign, 'down', '--json');
    assert.match(down.stdout, /packages there: lab-test-(?:base, lab-test-tool|tool, lab-test-base)/);
    assert.match(down.stderr, /what "setup" changed on vm1 stays/);
    assert.equal(await installed(), '/etc/lab-test-setup\n/usr/share/lab-test/there');
    await lab(owned, 'down');
  },
);
