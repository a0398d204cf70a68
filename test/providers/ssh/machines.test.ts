import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { retryUntil } from '../../../src/core/time/retry.ts';
import { findOnHost } from '../../../src/host/tools.ts';
import { currentUser, finish, repository, type LabUser } from '../../helpers/lab-command.ts';
import { laySshPractical, playsWell } from '../../helpers/ssh/ssh-lab.ts';
import {
  makeSshMachines,
  sudoWithPassword,
  type SshMachineOptions,
  type SshMachines,
} from '../../helpers/ssh/ssh-machines.ts';
import { without } from '../../helpers/tools.ts';

const isRoot = process.getuid?.() === 0;

async function withMachines(
  vm1: Partial<SshMachineOptions>,
  vm2: Partial<SshMachineOptions>,
  work: (made: SshMachines, user: LabUser) => Promise<void>,
): Promise<void> {
  await using made = await makeSshMachines({
    vm1: { address: '192.168.100.4', ...vm1 },
    vm2: { address: '192.168.100.5', ...vm2 },
  });
  await using user = currentUser(made.within);
  laySshPractical(user, made);
  await work(made, user);
}

/** Leaves nothing of /usr/bin but BusyBox, and Node for the programs. */
const onlyBusyBox = `mkdir $FOLDER/bin; cp ${findOnHost('busybox')} $FOLDER/bin/busybox; cp ${process.execPath} $FOLDER/bin/node
for name in $(busybox --list); do [ -e $FOLDER/bin/$name ] || ln -s busybox $FOLDER/bin/$name; done
mount --bind $FOLDER/bin /usr/bin`;

describe('a machine may be of any kind', { skip: !isRoot && 'making the machines needs root', concurrency: 2 }, () => {
  const [fish, tcsh] = ['fish', 'tcsh'].map((name) => findOnHost(name));
  test(
    'the practical is played from the login shells fish and tcsh, with home folders whose names need quotes',
    { skip: without('fish') || without('tcsh') },
    async () => {
      // fish makes folders of its own at its first start, whoever starts it; and where no locale is set, it hands on a name that is not ASCII wrongly.
      const prepare = 'cd "$HOME_FOLDER"; mkdir -p .config/fish .local/share/fish; chown -R $(stat -c %u .) .';
      await withMachines(
        { loginShell: fish!, homeName: `o'neil "& sons" $(x)`, prepare },
        { loginShell: tcsh!, homeName: 'mémé’s' },
        async (made, user) => void (await playsWell(made, user)),
      );
    },
  );

  test('the practical is played where all tools are those of BusyBox', { skip: without('busybox') }, async () => {
    await withMachines(
      { prepare: onlyBusyBox, loginShell: '/bin/sh' },
      {},
      async (made, user) => void (await playsWell(made, user)),
    );
  });

  test('an account with a ForceCommand is reported as such, with what it said', async () => {
    await withMachines({ sshdConfig: ['ForceCommand echo "only backups here"'] }, {}, async (_made, user) => {
      const { exitCode, stderr } = await user.lab('up', '--accept-new-host-keys');
      assert.equal(exitCode, 3);
      assert.match(
        stderr,
        /vm1: the (?:login shell did not run \/bin\/sh|account ildvm1 does not run commands)[\s\S]*only backups here[\s\S]*hint: .*ForceCommand/,
      );
    });
  });

  test('a password is asked for by PAM, as most servers do it, and a wrong one is said to be wrong; an address may be good on the link alone', async () => {
    const pam =
      'mount -t tmpfs tmpfs /etc/pam.d; printf "auth required pam_unix.so nodelay\\naccount required pam_permit.so\\nsession required pam_permit.so\\n" >/etc/pam.d/sshd';
    const options = {
      sshdConfig: [
        'UsePAM yes',
        'KbdInteractiveAuthentication yes',
        'PasswordAuthentication no',
        'PubkeyAuthentication no',
      ],
      password: 'geheim',
      prepare: pam,
    };
    await withMachines(options, {}, async (made, user) => {
      const address = made.linkLocal('vm1') ?? '192.168.100.4';
      laySshPractical(user, made, { vm1: `{ user: ildvm1, address: 192.168.100.4, ssh: { host: "${address}" } }` });
      const lab = (password: string, ...words: string[]) =>
        finish(user.command(['env', `LAB_SSH_PASSWORD_VM1=${password}`, `${repository}/scripts/lab`, ...words]));
      const wrong = await lab('falsch', 'up', '--accept-new-host-keys');
      assert.equal(wrong.exitCode, 3);
      assert.match(
        wrong.stderr,
        /Tried: password\. The server accepts: keyboard-interactive\.[\s\S]*hint: The password in LAB_SSH_PASSWORD_VM1 or LAB_SSH_PASSWORD is not that of ildvm1/,
      );
      const right = await lab('geheim', 'up', '--accept-new-host-keys');
      assert.equal(right.exitCode, 0, right.stderr);
      const { stdout } = await user.lab('ssh-config');
      assert.ok(stdout.includes(`HostName ${address.replace('%', '%%')}\n`), stdout);
      assert.equal((await lab('geheim', 'down')).exitCode, 0);
    });
  });

  test(
    'a process of root on the port is reported and ended with the password of sudo, which is given by the environment',
    { skip: without('sudo') },
    async () => {
      await withMachines({ password: 'geheim', prepare: sudoWithPassword('ildvm1') }, {}, async (made, user) => {
        const { vm1 } = made.machines;
        assert.equal((await user.lab('up', '--accept-new-host-keys')).exitCode, 0);
        const holdPort = async (): Promise<void> => {
          vm1!.run('sh', '-c', 'setsid /usr/bin/python3 -m http.server 7999 >/dev/null 2>&1 </dev/null &');
          await retryUntil(
            () => (vm1!.run('ss', '-Hltn', 'sport = :7999') === '' ? { seen: 'nothing' } : { value: true }),
            { what: 'the server', timeoutMs: 10_000 },
          );
        };
        await holdPort();
        const lab = (password: string | undefined, ...words: string[]) =>
          finish(
            user.command([
              ...(password === undefined ? [] : ['env', `LAB_SUDO_PASSWORD_VM1=${password}`]),
              `${repository}/scripts/lab`,
              ...words,
            ]),
          );
        const check = (password: string | undefined, ...more: string[]) => lab(password, 'check-port', '7999', ...more);
        assert.match((await check(undefined)).stdout, /sudo wants a password\. Put it into\s+LAB_SUDO_PASSWORD/);
        const wrong = await check('falsch', '--kill', '--yes');
        assert.equal(wrong.exitCode, 3);
        assert.match(wrong.stderr, /sudo does not take the password that it was given/);
        assert.match((await check('geheim')).stdout, /python3 -m http\.server 7999 \(PID \d+, user root/);
        const freed = await check('geheim', '--kill', '--yes');
        assert.equal(freed.exitCode, 0, freed.stdout + freed.stderr);
        assert.equal(vm1!.run('ss', '-Hltn', 'sport = :7999'), '');

        await holdPort();
        const file = join(user.folder, 'lab.yaml');
        writeFileSync(file, readFileSync(file, 'utf8').replace('ports: error', 'ports: free'));
        assert.equal((await user.lab('up')).exitCode, 0);
        const played = await lab('geheim', 'run');
        assert.equal(played.exitCode, 0, played.stdout + played.stderr);
      });
    },
  );
});
