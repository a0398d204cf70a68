import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { cannotBe, currentUser, ordinaryUser, type Finished, type LabUser } from '../../helpers/lab-command.ts';

const lab = (machine = ''): string => `version: 1
name: entered
networks: { n: { subnet: 192.168.100.0/24, nat: false } }
machines:
  vm1: { user: ada, address: 192.168.100.4${machine} }
  vm2: { user: bob, address: 192.168.100.5 }
programs:
  server: { on: vm1, files: [server.py], command: [python3, server.py], listens: 7999 }
  client: { on: vm2, files: [client.py], command: [python3, client.py] }
scenarios:
  talk:
    - start: server
    - start: client
    - expect: { server: served }
    - exit: { client: 0 }
`;
const server = (attack: string): string => `import os, signal, socket, subprocess, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('', 7999))
s.listen()
c, _ = s.accept()
${attack}
c.sendall(b'x')
print('served', flush=True)
time.sleep(60)
`;
const client = "import socket\ns = socket.create_connection(('vm1', 7999))\ns.recv(1)\n";

async function labWith(user: LabUser, attack: string, machine = ''): Promise<void> {
  writeFileSync(join(user.folder, 'lab.yaml'), lab(machine));
  writeFileSync(join(user.folder, 'server.py'), server(attack));
  writeFileSync(join(user.folder, 'client.py'), client);
  const { exitCode, stderr } = await user.lab('up');
  assert.equal(exitCode, 0, stderr);
}

async function on(user: LabUser, ...command: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await user.lab('exec', 'vm1', '--', ...command);
  assert.equal(exitCode, 0, `${command.join(' ').slice(0, 200)}: ${stdout}${stderr}`);
  return stdout;
}

function passed({ exitCode, stdout, stderr }: Finished): void {
  assert.equal(exitCode, 0, stdout + stderr);
}

/** What a process is, as the kernel tells it. */
const facts = `grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp|Umask|SigBlk|SigIgn|SigCgt)' /proc/self/status
cat /proc/self/limits /proc/self/uid_map /proc/self/cgroup /proc/self/oom_score_adj
for kind in /proc/self/ns/*; do readlink $kind; done
for descriptor in /proc/self/fd/*; do [ ! -e $descriptor ] || echo \${descriptor##*/}; done
umask; pwd; readlink /proc/self/root; id; echo "$PATH $HOME $USER $LOGNAME $LANG $SHELL"; nice`;

for (const [kind, make] of [
  ['root', currentUser],
  ['ordinary', ordinaryUser],
] as const) {
  describe(`machines of ${kind === 'root' ? 'root' : 'an ordinary user'}, entered`, { skip: cannotBe(kind) }, () => {
    for (const sudo of [true, false])
      test(`what enters has the rights of who logs in, and nothing more (sudo: ${sudo})`, async () => {
        await using user = make();
        await labWith(user, '', sudo ? '' : ', sudo: false');
        const config = join(user.folder, 'config');
        writeFileSync(config, (await user.lab('ssh-config')).stdout);
        for (const before of sudo ? [[], ['sudo']] : [[]]) {
          const entered = await on(user, ...before, 'sh', '-c', facts);
          const ssh = user.command(['ssh', '-F', 'config', 'vm1', ...before, 'sh', '-s'], 'pipe');
          let loggedIn = '';
          ssh.stdout!.setEncoding('utf8').on('data', (text: string) => (loggedIn += text));
          ssh.stdin!.end(facts);
          await new Promise((resolve) => ssh.once('close', resolve));
          assert.equal(entered, loggedIn);
        }
        passed(await user.lab('down'));
      });

    test('what ends all that it can reach ends no run: it goes on, and says what happened', async () => {
      await using user = make();
      for (const attack of [
        "subprocess.run(['sh', '-c', 'kill -9 -1'])",
        "subprocess.run(['sudo', 'sh', '-c', 'kill -9 -1'])",
      ]) {
        await labWith(user, attack);
        const { exitCode, stdout, stderr } = await user.lab('run');
        assert.equal(exitCode, 1, stdout + stderr);
        assert.match(stdout + stderr, /server ended with signal KILL/);
        assert.doesNotMatch(stdout + stderr, /connection was lost|SSH/);
        passed(await user.lab('down'));
      }
    });

    test('start-up files, keys and rc files of the account say nothing of what lab does', async () => {
      await using user = make();
      await labWith(user, '');
      const attack = [
        'for file in .bashrc .profile .bash_profile .ssh/rc .ssh/environment; do echo "echo noise; kill -9 \\$PPID; exec sleep 60" >$file; done',
        'echo nothing >.ssh/authorized_keys',
        'sudo sh -c "echo exit 3 >/etc/profile; echo noise >/etc/ssh/sshrc; echo exit 4 >/etc/bash.bashrc;"',
        'sudo rm -f /etc/ssh/lab/authorized_keys /usr/sbin/sshd || :',
      ];
      await on(user, 'sh', '-c', attack.join('\n'));
      assert.equal(await on(user, 'echo', 'as before'), 'as before\n');
      passed(await user.lab('run'));
      passed(await user.lab('status'));
      passed(await user.lab('down'));
    });

    test('a machine whose table of processes is full is told of and freed; a command that needs no other is run', async () => {
      await using user = make();
      await labWith(user, '', ', processes: 40');
      const bomb = `import os, signal, socket, time
s = socket.socket()
s.bind(('', 7001))
s.listen()
if os.fork(): os._exit(0)
os.setsid()
for descriptor in 0, 1, 2: os.dup2(os.open('/dev/null', os.O_RDWR), descriptor)
s2 = s
while True:
    try:
        if os.fork() == 0:
            s.close()
            signal.pause()
    except OSError:
        time.sleep(0.01)
`;
      await on(user, 'python3', '-c', bomb);
      assert.match(
        (await user.lab('exec', 'vm1', '--', 'sh', '-c', 'for i in 1 2 3; do true | true; done; echo done')).stderr,
        /fork|Resource/i,
      );
      assert.equal(await on(user, 'echo', 'alone'), 'alone\n');
      const { exitCode, stdout } = await user.lab('check-port', '7001', '--on', 'vm1', '--kill', '--yes');
      assert.equal(exitCode, 0, stdout);
      assert.match(stdout, /ended with SIGTERM: python3 -c/);
      passed(await user.lab('status'));
      passed(await user.lab('down'));
    });

    test('where all processes are stopped, and all tools are gone, lab still tells what there is', async () => {
      await using user = make();
      await labWith(user, '');
      const attack = `import os, signal
for name in 'ss', 'perl', 'dash', 'bash', 'ps', 'kill':
    try: os.remove('/usr/bin/' + name)
    except OSError: pass
print('now', flush=True)
os.kill(-1, signal.SIGSTOP)`;
      const stopped = user.start('exec', 'vm1', '--', 'sudo', 'python3', '-c', attack);
      const ended = once(stopped, 'close');
      await once(stopped.stdout!, 'data');
      assert.match((await user.lab('check-port', '7999', '--on', 'vm1')).stdout, /vm1: TCP port 7999 is free/);
      assert.equal(await on(user, 'echo', 'still'), 'still\n');
      passed(await user.lab('status'));
      passed(await user.lab('down'));
      await ended;
    });
  });
}
