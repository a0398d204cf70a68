import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { retryUntil } from '../../../src/core/time/retry.ts';
import { currentUser, finish, type LabUser } from '../../helpers/lab-command.ts';
import { portForward } from '../../helpers/ssh/port-forward.ts';
import { laySshPractical, playsWell } from '../../helpers/ssh/ssh-lab.ts';
import { makeSshMachines, type SshMachineOptions, type SshMachines } from '../../helpers/ssh/ssh-machines.ts';

const isRoot = process.getuid?.() === 0;
const addresses = { vm1: '192.168.100.4', vm2: '192.168.100.5' } as const;

/** Two machines, the first with these peculiarities, and somebody who works with them. */
async function withMachines(
  peculiar: Partial<SshMachineOptions>,
  work: (made: SshMachines, user: LabUser) => Promise<void>,
  both = false,
): Promise<void> {
  await using made = await makeSshMachines({
    vm1: { address: addresses.vm1, ...peculiar },
    vm2: { address: addresses.vm2, ...(both ? peculiar : {}) },
  });
  await using user = currentUser(made.within);
  laySshPractical(user, made);
  await work(made, user);
}

describe('rough roads', { skip: !isRoot && 'making the machines needs root', concurrency: 3 }, () => {
  const banner =
    'printf "Only for %s\\nlab-1 2 3\\n" members >$FOLDER/banner; cp $FOLDER/banner $FOLDER/motd; [ ! -e /etc/motd ] || mount --bind $FOLDER/motd /etc/motd';
  const noisy = `cat >$HOME_FOLDER/.bashrc <<'END'\necho "Welcome to $(hostname)!"; echo oops >&2; printf 'no newline'; alias ls='ls --color'; set -o noclobber\nEND\n`;
  const servers: readonly (readonly [title: string, peculiar: Partial<SshMachineOptions>])[] = [
    ['MaxSessions 1', { sshdConfig: ['MaxSessions 1'] }],
    [
      'MaxStartups 2, AllowTcpForwarding no, no sftp, a banner and a message of the day',
      {
        sshdConfig: [
          'MaxStartups 2',
          'AllowTcpForwarding no',
          'Banner FOLDER/banner',
          'PrintMotd yes',
          'PrintLastLog yes',
        ],
        prepare: banner,
      },
    ],
    [
      'a noisy .bashrc and old algorithms alone',
      {
        sshdConfig: ['KexAlgorithms diffie-hellman-group14-sha256', 'Ciphers aes128-ctr', 'MACs hmac-sha2-256'],
        prepare: noisy,
      },
    ],
    [
      'dash, new algorithms alone and a home from which nothing may be executed',
      {
        loginShell: '/bin/dash',
        sshdConfig: [
          'KexAlgorithms curve25519-sha256',
          'Ciphers aes256-gcm@openssh.com',
          'PubkeyAcceptedAlgorithms ssh-ed25519',
        ],
        prepare: 'mount -t tmpfs -o noexec,mode=777 tmpfs $HOME_FOLDER',
      },
    ],
  ];
  for (const [title, peculiar] of servers) {
    test(`the practical is played in spite of ${title}`, async () =>
      withMachines(peculiar, async (made, user) => void (await playsWell(made, user))));
  }

  test('the practical is played over a road with 200 ms of latency, and the machines are reached in a few seconds', async () => {
    await withMachines({}, async (made, user) => {
      await using near = await portForward(made, 'vm1', 100);
      await using far = await portForward(made, 'vm2', 100);
      writeFileSync(
        made.sshConfig,
        [near, far].map(({ name, port }) => `Host slow-${name}\n  HostName 127.0.0.1\n  Port ${port}\n`).join(''),
      );
      laySshPractical(
        user,
        made,
        Object.fromEntries(
          ['vm1', 'vm2'].map((name) => [
            name,
            `{ user: ild${name}, address: ${addresses[name as 'vm1']}, ssh: { host: slow-${name}, key: ${made.keyFile} } }`,
          ]),
        ),
      );
      const started = performance.now();
      await playsWell(made, user);
      assert.ok(performance.now() - started < 40_000);
    });
  });

  test('the merged transcript is in the order of what happened, though one machine is far away', async () => {
    await withMachines({}, async (made, user) => {
      // What vm1 prints arrives 200 ms late; events lie 170 ms apart, less than that, and more than a busy host holds one back.
      await using far = await portForward(made, 'vm1', 200);
      writeFileSync(made.sshConfig, `Host slow-vm1\n  HostName 127.0.0.1\n  Port ${far.port}\n`);
      laySshPractical(user, made, {
        vm1: `{ user: ildvm1, address: ${addresses.vm1}, ssh: { host: slow-vm1, key: ${made.keyFile} } }`,
      });
      const file = join(user.folder, 'lab.yaml');
      const caller =
        "import socket, time; s = socket.create_connection(('192.168.100.4', 7999)); s.recv(10); print('2 client has heard', flush=True); time.sleep(0.17)";
      const server =
        "import socket, time; s = socket.create_server(('', 7999)); c = s.accept()[0]; print('1 server speaks', flush=True); time.sleep(0.17); c.send(b'x'); c.recv(10); print('3 server hears the end', flush=True)";
      writeFileSync(
        file,
        readFileSync(file, 'utf8').replace(
          /programs:[\s\S]*/,
          `programs:
  server: { on: vm1, command: [python3, -c, ${JSON.stringify(server)}], listens: 7999 }
  client: { on: vm2, command: [python3, -c, ${JSON.stringify(caller)}] }
scenarios:
  s:
    - start: server
    - start: client
    - exit: { server: 0, client: 0 }
`,
        ),
      );
      assert.equal((await user.lab('up', '--accept-new-host-keys')).exitCode, 0);
      const run = await user.lab('run');
      assert.equal(run.exitCode, 0, run.stdout + run.stderr);
      const [stored] = readdirSync(join(user.folder, '.lab/runs'));
      const lines = readFileSync(join(user.folder, '.lab/runs', stored!, 'session.log'), 'utf8')
        .split('\n')
        .flatMap((line) => /│ (\d .*)/.exec(line)?.[1] ?? []);
      assert.deepEqual(lines, ['1 server speaks', '2 client has heard', '3 server hears the end']);
    });
  });

  test('a machine without Node is sent ours, once, and it is gone again after down', async () => {
    await withMachines(
      { prepare: 'mount --bind /dev/null /usr/bin/node' },
      async (made, user) => void (await playsWell(made, user)),
    );
  });

  test('a connection lost in mid-run is reported at once, the run is broken, and its programs are gone when the machine is back', async () => {
    await withMachines({}, async (made, user) => {
      writeFileSync(made.sshConfig, 'Host *\n  ServerAliveInterval 1\n  ServerAliveCountMax 2\n');
      waitForever(user);
      assert.equal((await user.lab('up', '--accept-new-host-keys')).exitCode, 0);
      const { vm1 } = made.machines;
      const run = user.start('run');
      const ended = finish(run);
      await retryUntil(
        () =>
          vm1!.processes().length > 0 && listening(vm1!.run('ss', '-Hltn')) ? { value: true } : { seen: 'no server' },
        { what: 'the server', timeoutMs: 10_000 },
      );
      made.cable('vm1', 'down');
      const cutMs = performance.now();
      const { exitCode, stdout, stderr } = await ended;
      assert.ok(performance.now() - cutMs < 8000, 'told at once');
      assert.equal(exitCode, 3, stdout + stderr);
      assert.match(stdout + stderr, /vm1: the connection was lost/);
      const [stored] = readdirSync(join(user.folder, '.lab/runs'));
      assert.equal(
        (JSON.parse(readFileSync(join(user.folder, '.lab/runs', stored!, 'run.json'), 'utf8')) as { result: string })
          .result,
        'broken',
      );
      await retryUntil(
        () => (vm1!.processes().length === 0 ? { value: true } : { seen: `${vm1!.processes().length} processes` }),
        { what: 'the programs to end by themselves, with the cable still out', timeoutMs: 15_000, intervalMs: 100 },
      );
      made.cable('vm1', 'up');
      assert.equal((await user.lab('check-port', '7999')).exitCode, 0);
      assert.equal((await user.lab('down')).exitCode, 0);
    });
  });

  test('a server that is killed in mid-run breaks the run at once', async () => {
    await withMachines({}, async (made, user) => {
      waitForever(user);
      assert.equal((await user.lab('up', '--accept-new-host-keys')).exitCode, 0);
      const { vm1 } = made.machines;
      const ended = finish(user.start('run'));
      await retryUntil(() => (listening(vm1!.run('ss', '-Hltn')) ? { value: true } : { seen: 'no server' }), {
        what: 'the server',
        timeoutMs: 10_000,
      });
      vm1!.killConnections();
      const { exitCode, stdout, stderr } = await ended;
      assert.equal(exitCode, 3, stdout + stderr);
      assert.match(stdout + stderr, /vm1: the connection was lost/);
      await retryUntil(() => (vm1!.processes().length === 0 ? { value: true } : { seen: 'programs' }), {
        what: 'the programs to end',
        timeoutMs: 5000,
        intervalMs: 50,
      });
    });
  });

  test('a host that is there but has no SSH is told apart from one that is not there', async () => {
    await withMachines({}, async (made, user) => {
      made.machines['vm1']!.stopServer();
      made.controller('ip', 'route', 'add', 'unreachable', '192.168.100.5/32');
      const { exitCode, stderr } = await user.lab('up', '--accept-new-host-keys');
      assert.equal(exitCode, 3);
      assert.match(stderr, /vm1: 192\.168\.100\.4:22 refused the connection: no SSH server listens there/);
      assert.match(stderr, /vm2: 192\.168\.100\.5:22 cannot be reached/);
    });
  });

  const homes: readonly (readonly [title: string, prepare: string, message: RegExp])[] = [
    [
      'a read-only home',
      'mount -t tmpfs -o ro,mode=777 tmpfs $HOME_FOLDER',
      /vm1: ildvm1 cannot write to the home folder \/home\/ildvm1/,
    ],
    [
      'a full disk',
      'mount -t tmpfs -o size=2m,mode=777 tmpfs $HOME_FOLDER; head -c 3m /dev/zero >$HOME_FOLDER/full 2>/dev/null || :',
      /vm1: the disk of \/home\/ildvm1 is full/,
    ],
    [
      'no home at all',
      'umount /home',
      /vm1: ildvm1 cannot write to the home folder|vm1: the account ildvm1 has no home folder/,
    ],
  ];
  for (const [title, prepare, message] of homes) {
    test(`${title} is reported before anything is sent`, async () => {
      await withMachines({ prepare }, async (_made, user) => {
        const { exitCode, stderr } = await user.lab('up', '--accept-new-host-keys');
        assert.equal(exitCode, 3);
        assert.match(stderr, message);
      });
    });
  }

  test('a compiled program in a home that may not be executed is reported with the reason', async () => {
    await withMachines({ prepare: 'mount -t tmpfs -o noexec,mode=777 tmpfs $HOME_FOLDER' }, async (_made, user) => {
      const file = join(user.folder, 'lab.yaml');
      writeFileSync(join(user.folder, 'tool'), '#!/bin/sh\necho hello\n', { mode: 0o755 });
      writeFileSync(
        file,
        readFileSync(file, 'utf8').replace(
          /programs:[\s\S]*/,
          'programs:\n  tool: { on: vm1, files: [tool], command: [./tool] }\nscenarios:\n  s:\n    - start: tool\n',
        ),
      );
      const { exitCode, stderr } = await user.lab('up', '--accept-new-host-keys');
      assert.equal(exitCode, 0, stderr);
      assert.match(stderr, /vm1: programs cannot be run from the home folder \/home\/ildvm1 \(mounted noexec\)/);
    });
  });

  for (const [title, loginShell] of [
    ['a restricted shell', '/bin/rbash'],
    ['a shell that runs nothing', '/usr/sbin/nologin'],
    ['a shell that only talks', '/bin/echo'],
  ] as const) {
    test(`an account with ${title} is reported as such`, async () => {
      await withMachines({ loginShell }, async (_made, user) => {
        const { exitCode, stderr } = await user.lab('up', '--accept-new-host-keys');
        assert.equal(exitCode, 3, stderr);
        assert.match(stderr, /vm1: the (?:login shell did not run \/bin\/sh|account ildvm1 does not run commands)/);
        assert.match(stderr, /hint: .*login shell/);
      });
    });
  }
});

/** A scenario that waits for what never comes. */
function waitForever(user: LabUser): void {
  const file = join(user.folder, 'lab.yaml');
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace(
      /scenarios:[\s\S]*/,
      'scenarios:\n  wait:\n    - start: server\n    - expect: { server: never }\n      timeout: 60s\n',
    ),
  );
}

function listening(table: string): boolean {
  return table.includes(':7999 ');
}
