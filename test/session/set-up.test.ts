import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
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
