import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { userKeyPath } from '../../../src/providers/lab-keys.ts';
import { cannotBe, currentUser, finish, ordinaryUser, type Finished, type LabUser } from '../../helpers/lab-command.ts';
import { labelledProcesses, leftovers } from '../../helpers/machines/leftovers.ts';

const isLong = process.env['LAB_TEST_LONG'] === '1';
const fixtures = join(import.meta.dirname, 'fixtures/attacks');

/** One attack: a program that ends by itself, on the machine of the server, and how it is to end. */
interface Attack {
  readonly name: string;
  readonly command: readonly string[];
  /** By the account of the machine, by its root, or by both. */
  readonly by: readonly ('user' | 'root')[];
  /** Default: exit status 0, after words that nothing got through. */
  readonly ends?: string;
}

const both = ['user', 'root'] as const;
const machine = { processes: 150, diskMiB: 64, memoryMiB: 256 };

const python = (file: string, ...args: readonly (string | number)[]): string[] => [
  'python3',
  file,
  ...args.map(String),
];

/** Attacks after which the machine is as it was: they are played one after the other beside one exchange. */
function quietAttacks(user: LabUser, other: LabUser, port: number): Attack[] {
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ family }) => family === 'IPv4')
    .map(({ address }) => address);
  const key = readFileSync(userKeyPath(join(user.folder, '.lab')), 'utf8').split('\n')[2]!;
  const paths = [user, other].flatMap(({ folder }) =>
    ['', '/.lab', '/.lab/sockets', '/.lab/keys'].map((p) => folder + p),
  );
  return [
    { name: 'init', command: python('init.py'), by: both },
    { name: 'trace', command: python('trace.py'), by: both },
    { name: 'kernel', command: python('kernel.py'), by: both },
    { name: 'priority', command: python('priority.py'), by: both },
    { name: 'raw', command: python('raw.py'), by: both },
    { name: 'addresses', command: python('addresses.py', port, abstractSocket, ...addresses), by: both },
    { name: 'other-labs', command: python('other-labs.py', key, ...paths), by: both },
    { name: 'open-files', command: python('open-files.py'), by: both },
    { name: 'disk', command: python('disk.py', '/tmp', machine.diskMiB + 4), by: both },
    { name: 'shared-memory', command: python('disk.py', '/dev/shm', machine.diskMiB + 4), by: both },
    { name: 'links', command: python('links.py'), by: ['user'] },
    { name: 'forged-words', command: python('forged-words.py'), by: ['user'] },
    {
      name: 'set-user-id',
      command: ['sh', '-c', 'cc -o attack setuid.c && chown root attack && chmod 4755 attack && ./attack'],
      by: ['root'],
    },
  ];
}

/** Those that leave a trace in the machine, or take what the exchange needs: each is played for itself. */
const loudAttacks: readonly Attack[] = [
  { name: 'memory', command: python('memory.py', machine.memoryMiB + 40), ends: 'KILL', by: both },
  { name: 'output', command: python('output.py', isLong ? 1_000_000_000 : 10_000_000), by: ['user'] },
  { name: 'end-captures', command: ['sh', 'end-captures.sh'], by: both },
  { name: 'daemon', command: python('daemon.py', 7998), by: ['user'] },
];

/** What every later login would meet, so it comes last. */
const startupFiles: Attack = { name: 'startup-files', command: python('startup-files.py'), by: ['user'] };

const exchange = `
    - send: { client: "Hello vm1" }
    - expect: { server: "from client 'Hello vm1'" }
    - send: { server: "Hello" }
    - expect: { client: "from server Hello" }
    - send: { client: exit }
    - exit: { client: 0, server: 0 }`;

function programText(role: string, on: string, command: readonly string[]): string {
  const files = readdirSync(fixtures).filter((name) => name === 'walls_lib.py' || command.join(' ').includes(name));
  return `  ${role}: { on: ${on}, files: [${files.join(', ')}], command: ${JSON.stringify(command)} }\n`;
}

/** Roles of an attack: by the account of the machine, by its root. */
function rolesOf({ name, command, by }: Attack): [role: string, command: readonly string[]][] {
  return by.map((who) => [`${name}-${who}`, who === 'root' ? ['sudo', ...command] : command]);
}

function stepsOf(attack: Attack): string {
  return rolesOf(attack)
    .map(([role]) =>
      attack.ends === undefined
        ? `\n    - start: ${role}\n    - expect: { ${role}: "attack over: held" }\n      timeout: ${isLong ? 600 : 60}s\n    - exit: { ${role}: 0 }`
        : `\n    - start: ${role}\n    - exit: { ${role}: ${attack.ends} }`,
    )
    .join('');
}

function labText(quiet: readonly Attack[]): string {
  const start = '\n    - start: server\n    - start: client';
  const limits = `memory: ${machine.memoryMiB}M, disk: ${machine.diskMiB}M, processes: ${machine.processes}`;
  const attacks = [...quiet, ...loudAttacks, startupFiles].flatMap(rolesOf);
  return `version: 1
name: attacked
networks: { n: { subnet: 192.168.100.0/24, nat: false } }
machines:
  vm1: { user: ada, ${limits}, address: 192.168.100.4 }
  vm2: { user: bob, ${limits}, address: 192.168.100.5 }
  vm3: { user: eve, ${limits}, address: 192.168.100.6 }
  vm4: { user: sue, ${limits}, sudo: false, address: 192.168.100.7 }
programs:
  server: { on: vm1, files: [dist/programs/server.js], command: [node, server.js, --port, 7999], listens: 7999, prompt: "server@vm1:7999$ " }
  client: { on: vm2, files: [dist/programs/client.js], command: [node, client.js, vm1, 7999], prompt: "client@vm2:7999$ " }
  sudo: { on: vm4, files: [sudo.py, walls_lib.py], command: [python3, sudo.py] }
${attacks.map(([role, command]) => programText(role, 'vm1', command)).join('')}${['user', 'root']
    .map((who) => {
      const before = who === 'root' ? ['sudo'] : [];
      return (
        programText(`bomb-${who}`, 'vm1', [...before, 'python3', 'processes.py', String(machine.processes + 70)]) +
        programText(`kill-here-${who}`, 'vm1', [...before, 'python3', 'kill-all.py']) +
        programText(`kill-there-${who}`, 'vm3', [...before, 'python3', 'kill-all.py'])
      );
    })
    .join(
      '',
    )}${programText('tools', 'vm1', ['sudo', 'sh', 'replaced-tools.sh'])}${programText('shells', 'vm1', ['sudo', 'sh', 'replaced-tools.sh', 'sh', 'dash', 'bash'])}scenarios:
  honest:${start}${exchange}
  quiet:${start}${quiet.map(stepsOf).join('')}
    - start: sudo
    - expect: { sudo: "attack over: held" }${exchange}
${[...loudAttacks, startupFiles].map((attack) => `  ${attack.name}:${start}${stepsOf(attack)}${exchange}\n`).join('')}${[
    'user',
    'root',
  ]
    .map(
      (who) =>
        `  bomb-${who}:${start}\n    - start: bomb-${who}\n    - expect: { bomb-${who}: made some }${exchange}\n    - send: { bomb-${who}: go }\n    - expect: { bomb-${who}: "attack over: held" }\n` +
        `  kill-here-${who}:${start}\n    - start: kill-here-${who}\n    - exit: { server: KILL }\n` +
        `  kill-there-${who}:${start}\n    - start: kill-there-${who}\n    - exit: { kill-there-${who}: KILL }${exchange}\n`,
    )
    .join('')}  tools:${start}\n    - start: tools\n    - expect: { tools: "attack over: held" }${exchange}
  shells:${start}\n    - start: shells\n    - expect: { shells: "attack over: held" }${exchange}
`;
}

/** Another lab of the same user, which answers for as long as nothing reaches it. */
interface SecondLab extends AsyncDisposable {
  readonly user: LabUser;
  /** What it has in a file. */
  answer(): Promise<string>;
}

async function secondLab(make: () => LabUser): Promise<SecondLab> {
  const user = make();
  writeFileSync(
    join(user.folder, 'lab.yaml'),
    'version: 1\nname: second\nnetworks: { n: { subnet: 192.168.100.0/24, nat: false } }\nmachines: { o1: { user: joe, address: 192.168.100.4 } }\n',
  );
  const up = await user.lab('up');
  assert.equal(up.exitCode, 0, up.stderr);
  const script = 'echo canary >canary; while read -r word; do echo "$word $(cat canary) $(ls -A | wc -l)"; done';
  const child = user.command([user.executable, 'exec', 'o1', '--', 'sh', '-c', script], 'pipe');
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  let count = 0;
  return {
    user,
    async answer() {
      child.stdin!.write(`${++count}\n`);
      const { value = 'no answer' } = (await lines.next()) as { value?: string };
      return value.replace(/^\d+ /, '').replace(/\d+$/, (files) => (Number(files) > 0 ? 'files' : 'none'));
    },
    async [Symbol.asyncDispose]() {
      child.stdin!.end();
      await finish(child);
      const down = await user.lab('down');
      assert.equal(down.exitCode, 0, down.stderr);
      await user[Symbol.asyncDispose]();
    },
  };
}

/** What of this host attacks could change, as far as it is nobody else's to change meanwhile. */
function hostNow(): unknown {
  const runtime = join(import.meta.dirname, `../../../node_modules/node-linux-${process.arch}/bin/node`);
  const files = ['/etc/hosts', '/etc/resolv.conf', '/usr/bin/ss', '/bin/sh', runtime];
  const settings = ['kernel', 'vm', 'fs', 'net/core', 'user'].flatMap((folder) =>
    readdirSync(`/proc/sys/${folder}`)
      .filter((name) => !/random|ns_last_pid|-nr|-state|pty|compact|drop_caches|usermodehelper/.test(name))
      .map((name) => `${folder}/${name}`),
  );
  const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty'].map((name) => statSync(`/dev/${name}`));
  return {
    files: files
      .filter(existsSync)
      .map((path) => [
        path,
        createHash('sha256').update(readFileSync(path)).digest('hex'),
        statSync(path).mode,
        statSync(path).uid,
      ]),
    settings: settings.map((path) => [path, valueOf(`/proc/sys/${path}`)]),
    devices: devices.map(({ mode, uid, gid, rdev }) => [mode, uid, gid, rdev]),
    made: ['/', '/tmp', '/usr', '/etc', '/dev/shm'].flatMap((folder) =>
      readdirSync(folder).filter((name) => name.startsWith('attack')),
    ),
  };
}

function valueOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** A process of this host, and a port on all its addresses, which attacks are to leave alone. */
interface Bystanders extends Disposable {
  readonly port: number;
  /** What came to the port. */
  readonly arrived: readonly string[];
  readonly child: ChildProcess;
}

const abstractSocket = `lab-attack-${process.pid}`;

async function bystanders(): Promise<Bystanders> {
  const arrived: string[] = [];
  const take = (server: Server): Server =>
    server.on('connection', (socket) => {
      arrived.push(`a connection from ${socket.remoteAddress}`);
      socket.destroy();
    });
  const [server, abstract] = [take(createServer()), take(createServer())];
  server.listen(0, '::');
  abstract.listen(`\0${abstractSocket}`);
  await Promise.all([once(server, 'listening'), once(abstract, 'listening')]);
  const address = server.address();
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  // A test that fails before its end is over all the same.
  for (const one of [server, abstract, child]) one.unref();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    arrived,
    child,
    [Symbol.dispose]: () => {
      server.close();
      abstract.close();
      child.kill('SIGKILL');
    },
  };
}

for (const [kind, make] of [
  ['root', currentUser],
  ['ordinary', ordinaryUser],
] as const) {
  describe(`attacks in a lab of ${kind === 'root' ? 'root' : 'an ordinary user'}`, { skip: cannotBe(kind) }, () => {
    let user: LabUser;
    let second: SecondLab;
    let beside: Bystanders;
    let host: unknown;

    before(async () => {
      host = hostNow();
      beside = await bystanders();
      second = await secondLab(make);
      user = make();
      cpSync(fixtures, user.folder, { recursive: true });
      writeFileSync(join(user.folder, 'lab.yaml'), labText([]));
      const up = await user.lab('up');
      assert.equal(up.exitCode, 0, up.stderr);
      writeFileSync(join(user.folder, 'lab.yaml'), labText(quietAttacks(user, second.user, beside.port)));
    });

    after(async () => {
      const down = await user.lab('down');
      assert.equal(down.exitCode, 0, down.stderr);
      assert.deepEqual(labelledProcesses(user.folder), []);
      await user[Symbol.asyncDispose]();
      await second[Symbol.asyncDispose]();
      beside[Symbol.dispose]();
    });

    /** Plays a scenario; all around it is as it was. */
    const plays = async (scenario: string): Promise<Finished> => {
      const run = await user.lab('run', scenario);
      assert.equal(await second.answer(), 'canary files', 'the second lab answers');
      assert.deepEqual(hostNow(), host, 'the host is as it was');
      assert.deepEqual(beside.arrived, [], 'nothing came to the host');
      assert.equal(beside.child.exitCode ?? beside.child.signalCode, null, 'a process of the host lives');
      return run;
    };
    const passes = async (scenario: string): Promise<Finished> => {
      const run = await plays(scenario);
      assert.equal(run.exitCode, 0, `${scenario}: ${run.stdout.slice(-3000)}${run.stderr.slice(-3000)}`);
      return run;
    };

    test('what is tried against init, other processes, kernel, host, other labs, keys, files, links and words changes nothing', async () => {
      const { stdout } = await passes('quiet');
      assert.doesNotMatch(stdout, /through:/);
    });
    for (const { name } of loudAttacks) {
      test(`${name}: the exchange next to it is played to its end`, () => passes(name).then(() => undefined));
    }
    for (const who of ['user', 'root']) {
      test(`a fork bomb by ${who} takes the processes of its machine and no more, and the exchange goes on`, async () => {
        await passes(`bomb-${who}`);
        await passes('honest');
      });
      test(`kill -9 -1 by ${who} of a machine ends what is there, and no exchange elsewhere`, async () => {
        await passes(`kill-there-${who}`);
      });
      test(`kill -9 -1 by ${who} on the machine of the server ends the server: that is told, and the next exchange is played`, async () => {
        await passes(`kill-here-${who}`);
        await passes('honest');
      });
    }
    test('what shells and sshd read at a login has no say in what lab does and judges', async () => {
      await passes('startup-files');
      await passes('honest');
    });
    test('tools of the machine that were replaced have no say in what lab sees, does and judges', async () => {
      await passes('tools');
      await passes('honest');
      const free = await user.lab('check-port', '7999', '--on', 'vm1');
      assert.equal(free.exitCode, 0, free.stdout + free.stderr);
    });
    test('a machine without a shell of its own plays what has begun, then nothing, and is made again', async () => {
      await passes('shells');
      const run = await plays('honest');
      assert.equal(run.exitCode, 3, run.stdout + run.stderr);
      assert.match(run.stderr, /error: vm1: /);
      const up = await user.lab('up', '--recreate');
      assert.equal(up.exitCode, 0, up.stderr);
      await passes('honest');
    });
    test('lab copies no file of the host by way of a link of a machine, and takes everything down', async () => {
      const copied = await user.lab('cp', 'vm1:stolen', 'copy');
      const shadow = existsSync('/etc/shadow') ? readFileSync('/etc/shadow', 'utf8') : '';
      if (copied.exitCode === 0) assert.notEqual(readFileSync(join(user.folder, 'copy'), 'utf8'), shadow);
      const down = await user.lab('down');
      assert.equal(down.exitCode, 0, down.stderr);
      const { processes, mounts } = leftovers(user.folder, []);
      assert.deepEqual({ processes, mounts }, { processes: [], mounts: [] });
      assert.equal(await second.answer(), 'canary files');
      assert.deepEqual(hostNow(), host);
    });
  });
}
