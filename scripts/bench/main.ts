import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findOnHost, findTool } from '../../src/host/tools.ts';
import { againstCheckout } from './against.ts';
import { inTurn, printedSeconds, type Benchmark, type Timed } from './measure.ts';
import { networks } from './networks.ts';
import { startSshHosts } from './ssh-hosts.ts';
import { virtualMachines } from './virtual-machines.ts';

/*
 * npm run bench [-- --rounds N] [--against FOLDER] [NAME…]
 *
 * Whole commands, each in turn with its peer, medians and the ratio. Peers come from Debian's packages (as root they are installed; otherwise a
 * comparison without its peer is left out, and that is said). --against times the daily commands in turn with another compiled checkout of lab,
 * for example that of the commit before.
 */
const root = join(import.meta.dirname, '../..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' }, against: { type: 'string' } },
});
const rounds = Number(values.rounds);
const lab = join(root, 'scripts/lab');
let change = 0;
const work = mkdtempSync(join(tmpdir(), 'lab-bench-'));

const benchmarks: readonly Benchmark[] = [
  {
    name: 'version',
    bar: 'at most 1.5 x "node -e 0"',
    run: async () => ({
      commands: [ours('lab --version', ['--version']), { name: 'node -e 0', command: [process.execPath, '-e', '0'] }],
    }),
  },
  up(2, 'under 0.6 s, with two programs deployed and SSH verified'),
  up(16, 'faster than Mininet'),
  up(64, 'faster than Mininet'),
  {
    name: 'up-again',
    bar: 'under 0.3 s',
    run: async () =>
      withLab(practical(), ({ folder, end }) => ({ commands: [ours('lab up, nothing to do', ['up'], folder)], end })),
  },
  {
    name: 'run',
    bar: 'at most 1.5 x pexpect over two "ssh -tt"',
    packages: ['python3-pexpect'],
    run: async () =>
      withLab(practical(), ({ folder, end }) => ({
        commands: [
          ours('lab run tp1', ['run', 'tp1'], folder),
          {
            name: 'pexpect',
            command: ['/usr/bin/python3', join(import.meta.dirname, 'pexpect-run.py'), sshConfig(folder)],
          },
        ],
        end,
      })),
  },
  {
    name: 'report',
    bar: 'under 1 s',
    run: async () =>
      withLab(practical(), ({ folder, end }) => {
        runLab(folder, 'run');
        return { commands: [ours('lab report', ['report'], folder)], end };
      }),
  },
  {
    name: 'deploy-16',
    bar: '10 x faster than ansible-playbook with pipelining',
    packages: ['ansible-core'],
    run: async () =>
      withLab(many(16, true), ({ folder, end }) => ({
        commands: [
          ours('lab up, programs changed', ['up'], folder, { prepare: () => changePrograms(folder) }),
          ansible(folder),
        ],
        rounds: 3,
        end,
      })),
  },
  down(2, 'under 0.3 s'),
  down(64, 'under 1 s'),
  {
    name: 'exec-64',
    bar: 'within 2 x of the fastest of pssh and pdsh; 5 x faster than "ansible -m raw"',
    packages: ['ansible-core', 'pssh'],
    run: async () =>
      withLab(many(64, false), ({ folder, end }) => ({
        commands: [
          ours('lab exec --all -- true', ['exec', '--all', '--', 'true'], folder),
          parallelSsh(folder),
          ansibleRaw(folder),
        ],
        rounds: 3,
        end,
      })),
  },
  {
    name: 'exec-64-ssh',
    bar: 'machines that exist already: within 2 x of the fastest of pssh and pdsh; 5 x faster than "ansible -m raw"',
    packages: ['ansible-core', 'pssh', 'pdsh'],
    run: execOverSsh,
  },
  {
    name: 'up-256',
    bar: 'works; memory of each machine told',
    run: async () => {
      const folder = many(256, false);
      let memory = 0;
      let before = 0;
      const command = ours('lab up, 256 machines', ['up'], folder, {
        prepare: () => (before = availableMiB()),
        restore: () => {
          memory = (before - availableMiB()) / 256;
          runLab(folder, 'down');
        },
      });
      return {
        commands: [command],
        rounds: 2,
        note: () => `memory that the host lost for each machine: ${memory.toFixed(1)} MiB`,
        end: () => rmSync(folder, { recursive: true, force: true }),
      };
    },
  },
  networks({ ours, runLab }),
  ...againstCheckout(values.against, { root, practical }),
  ...virtualMachines({ ours, runLab, practical }),
];

for (const benchmark of benchmarks) {
  if (positionals.length > 0 && !positionals.includes(benchmark.name)) continue;
  if (!havePackages(benchmark.packages ?? [])) {
    console.log(`\n${benchmark.name}: LEFT OUT, its peer is missing: apt-get install ${benchmark.packages?.join(' ')}`);
    continue;
  }
  const missing = benchmark.missing?.();
  if (missing !== undefined) {
    console.log(`\n${benchmark.name}: LEFT OUT, ${missing}`);
    continue;
  }
  const { commands, rounds: own, note, end } = await benchmark.run();
  try {
    const figures = await inTurn(commands, own ?? rounds);
    console.log(`\n${benchmark.name}  (to reach: ${benchmark.bar})`);
    for (const { name, median, seconds } of figures) {
      const ratio = name === figures[0]!.name ? '' : `  ${(median / figures[0]!.median).toFixed(2)} x ours`;
      console.log(
        `  ${name.padEnd(28)} median ${median.toFixed(3)} s  (${Math.min(...seconds).toFixed(3)} to ${Math.max(...seconds).toFixed(3)}, ${seconds.length} runs)${ratio}`,
      );
    }
    if (note) console.log(`  ${note()}`);
  } finally {
    end?.();
  }
}
rmSync(work, { recursive: true, force: true });

/** 64 real sshds on this host, reached as a user reaches them, by names of the OpenSSH configuration, with host keys checked. */
async function execOverSsh(): ReturnType<Benchmark['run']> {
  const folder = newFolder();
  const hosts = await startSshHosts(folder, 64);
  process.env['LAB_SSH_CONFIG'] = hosts.config;
  writeFileSync(join(folder, 'lab.yaml'), `version: 1\nname: bench\nprovider: ssh\nmachines:\n${hosts.labPart}`);
  runLab(folder, 'up');
  const pdsh: Timed = {
    name: 'pdsh',
    command: ['pdsh', '-R', 'ssh', '-f', '64', '-w', names(folder).join(','), 'true'],
    env: { PDSH_SSH_ARGS_APPEND: `-F ${hosts.config}` },
  };
  const end = (): void => {
    runLab(folder, 'down');
    hosts.end();
    rmSync(folder, { recursive: true, force: true });
  };
  // OpenSSH prefers a key exchange that costs it most of its time and that ssh2 does not have; the last row is without that.
  const sameExchange = `${hosts.config}-curve25519`;
  writeFileSync(sameExchange, `${readFileSync(hosts.config, 'utf8')}  KexAlgorithms curve25519-sha256\n`);
  const commands = [
    ours('lab exec --all -- true', ['exec', '--all', '--', 'true'], folder),
    parallelSsh(folder, hosts.config),
    pdsh,
    ansibleRaw(folder, hosts.config),
    { ...parallelSsh(folder, sameExchange), name: 'pssh, same key exchange' },
  ];
  return { commands, end };
}

function up(count: number, bar: string): Benchmark {
  return {
    name: `up-${count}`,
    bar,
    packages: ['mininet', 'bridge-utils'],
    run: async () => {
      const folder = count === 2 ? practical() : many(count, false);
      return {
        commands: [
          ours(`lab up, ${count} machines`, ['up'], folder, { restore: () => runLab(folder, 'down') }),
          mininet(count),
        ],
        end: () => rmSync(folder, { recursive: true, force: true }),
      };
    },
  };
}

function down(count: number, bar: string): Benchmark {
  return {
    name: `down-${count}`,
    bar,
    run: async () => {
      const folder = count === 2 ? practical() : many(count, false);
      return {
        commands: [ours(`lab down, ${count} machines`, ['down'], folder, { prepare: () => runLab(folder, 'up') })],
        end: () => rmSync(folder, { recursive: true, force: true }),
      };
    },
  };
}

function ours(name: string, args: readonly string[], folder?: string, more: Partial<Timed> = {}): Timed {
  return { name, command: [lab, ...(folder === undefined ? [] : ['-f', join(folder, 'lab.yaml')]), ...args], ...more };
}

function runLab(folder: string, ...args: string[]): string {
  return execFileSync(lab, ['-f', join(folder, 'lab.yaml'), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** The reference practical in a folder of its own. */
function practical(): string {
  const folder = newFolder();
  copyFileSync(join(root, 'lab.yaml'), join(folder, 'lab.yaml'));
  return folder;
}

function many(count: number, withPrograms: boolean): string {
  const folder = newFolder();
  const names = Array.from({ length: count }, (_, index) => `vm${index + 1}`);
  const machines = names.map(
    (name, index) =>
      `  ${name}: { user: ild${name}, interfaces: { eth0: { network: net, address: 10.98.${(index + 10) >> 8}.${(index + 10) & 255} } } }`,
  );
  const programs = names.flatMap((name) =>
    ['server', 'client'].map(
      (program) =>
        `  ${program}-${name}: { on: ${name}, files: [dist/programs/${program}.js], command: [node, ${program}.js] }`,
    ),
  );
  writeFileSync(
    join(folder, 'lab.yaml'),
    [
      'version: 1',
      'name: bench',
      'networks: { net: { subnet: 10.98.0.0/16, nat: false } }',
      'machines:',
      ...machines,
      ...(withPrograms ? ['programs:', ...programs] : []),
      '',
    ].join('\n'),
  );
  return folder;
}

function newFolder(): string {
  const folder = mkdtempSync(join(work, 'lab-'));
  cpSync(join(root, 'dist/programs'), join(folder, 'dist/programs'), { recursive: true });
  return folder;
}

function withLab<T>(folder: string, use: (lab: { folder: string; end: () => void }) => T): T {
  runLab(folder, 'up');
  return use({
    folder,
    end: () => {
      runLab(folder, 'down');
      rmSync(folder, { recursive: true, force: true });
    },
  });
}

function changePrograms(folder: string): void {
  for (const program of ['server', 'client'])
    appendFileSync(join(folder, `dist/programs/${program}.js`), `// ${++change}\n`);
}

/** In namespaces of its own: Mininet makes its switch in the network of the host, and sshd wants an account and a folder there. */
function mininet(count: number): Timed {
  const sshd = findTool('sshd')!;
  const config = join(work, 'mininet-sshd_config');
  const key = join(work, 'mininet-host-key');
  if (!existsSync(key)) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  writeFileSync(config, `HostKey ${key}\nPidFile none\nUsePAM no\nUseDNS no\n`);
  const accounts = join(work, 'mininet-passwd');
  writeFileSync(
    accounts,
    `${readFileSync('/etc/passwd', 'utf8').replaceAll(/^sshd:.*\n/gm, '')}sshd:x:990:65534::/run/sshd:/usr/sbin/nologin\n`,
  );
  const script = `mount --bind ${accounts} /etc/passwd; mount -t tmpfs none /run; mkdir /run/sshd; exec /usr/bin/python3 "$@"`;
  return {
    name: `Mininet, ${count} hosts with sshd`,
    command: [
      'unshare',
      '-n',
      '-m',
      'sh',
      '-c',
      script,
      'sh',
      join(import.meta.dirname, 'mininet-up.py'),
      String(count),
      sshd.path,
      config,
    ],
    env: { SSHD_LIBRARY_PATH: sshd.env['LD_LIBRARY_PATH'] ?? '' },
    elapsed: printedSeconds,
  };
}

/** The ssh_config of the lab, with the quickest way to the machines that OpenSSH has, so that the peer is not slowed by ours. */
function sshConfig(folder: string): string {
  const path = join(folder, 'ssh_config');
  const nc = findTool('nc')!;
  const config = runLab(folder, 'ssh-config').replaceAll(
    /^(\s*)ProxyCommand .*$/gm,
    `$1ProxyCommand ${nc.path} -U ${folder}/.lab/sockets/%n.sock`,
  );
  writeFileSync(path, config);
  return path;
}

function ansible(folder: string): Timed {
  return {
    name: 'ansible-playbook',
    command: [
      'ansible-playbook',
      '-i',
      inventory(folder),
      '-e',
      `programs=${folder}/dist/programs`,
      join(import.meta.dirname, 'deploy.yaml'),
    ],
    env: ansibleEnv(folder),
    prepare: () => changePrograms(folder),
  };
}

function ansibleRaw(folder: string, config = sshConfig(folder)): Timed {
  return {
    name: 'ansible -m raw',
    command: ['ansible', '-i', inventory(folder), 'all', '-m', 'raw', '-a', 'true'],
    env: ansibleEnv(folder, config),
  };
}

/** Pipelining, host keys checked, as many forks as machines, and no connection kept from an earlier run: each run of ours connects anew, too. */
function ansibleEnv(folder: string, config = sshConfig(folder)): Record<string, string> {
  return {
    ANSIBLE_PIPELINING: 'True',
    ANSIBLE_HOST_KEY_CHECKING: 'True',
    ANSIBLE_FORKS: '64',
    ANSIBLE_SSH_ARGS: `-F ${config} -o ControlMaster=no`,
    ANSIBLE_PYTHON_INTERPRETER: '/usr/bin/python3',
    ANSIBLE_LOCALHOST_WARNING: 'False',
  };
}

function inventory(folder: string): string {
  const path = join(folder, 'hosts');
  writeFileSync(path, names(folder).join('\n'));
  return path;
}

function parallelSsh(folder: string, config = sshConfig(folder)): Timed {
  return {
    name: 'parallel-ssh (pssh)',
    command: ['parallel-ssh', '-h', inventory(folder), '-p', '64', '-x', `-F ${config}`, 'true'],
  };
}

function names(folder: string): string[] {
  return [...readFileSync(join(folder, 'lab.yaml'), 'utf8').matchAll(/^ {2}(vm\d+):/gm)].map((match) => match[1]!);
}

function availableMiB(): number {
  return Number(/MemAvailable:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) / 1024;
}

function havePackages(packages: readonly string[]): boolean {
  const missing = packages.filter((name) => !isInstalled(name));
  if (missing.length > 0 && process.getuid?.() === 0 && findOnHost('apt-get') !== undefined) {
    execFileSync('apt-get', ['-qq', 'update'], { stdio: 'ignore' });
    execFileSync('apt-get', ['-qq', '-y', '--no-install-recommends', 'install', ...missing], {
      stdio: 'ignore',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  }
  return packages.every(isInstalled);
}

function isInstalled(name: string): boolean {
  try {
    return execFileSync('dpkg-query', ['-W', '-f', '${Status}', name], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).includes('ok installed');
  } catch {
    return false;
  }
}
