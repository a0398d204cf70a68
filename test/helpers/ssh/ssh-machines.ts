import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { retryUntil } from '../../../src/core/time/retry.ts';
import { quoteWord } from '../../../src/core/text/shell-quote.ts';
import { findTool } from '../../../src/host/tools.ts';
import { generateKeyPair, type KeyPair } from '../../../src/ssh/keys/key-pair.ts';

/** How one machine differs from a plain one. */
export interface SshMachineOptions {
  readonly address: string;
  readonly user?: string;
  /** More lines of sshd_config(5); they win over those of the helper. `FOLDER` is a place for files. */
  readonly sshdConfig?: readonly string[];
  /** Default: `/bin/bash`. */
  readonly loginShell?: string;
  /** Name of the home folder below /home. Default: that of the user. */
  readonly homeName?: string;
  /** The user has this password. */
  readonly password?: string;
  /** Commands that root runs in the machine's own mount namespace before sshd starts; `$HOME_FOLDER` is the user's home, `$FOLDER` a place for files. */
  readonly prepare?: string;
  /** Default: `eth0`. */
  readonly interface?: string;
  /** What the machine calls itself. Default: its name here. */
  readonly hostname?: string;
}

/** A machine that was made without lab: a network namespace of `ip netns`, OpenSSH's sshd on port 22, an ordinary user. */
export interface SshMachine {
  readonly name: string;
  readonly address: string;
  readonly user: string;
  /** On the host. */
  readonly home: string;
  readonly hostKey: KeyPair;
  /** Runs a command as root in its network. */
  run(...command: string[]): string;
  /** PIDs of all its processes but sshd itself. */
  processes(): number[];
  /** Kills every sshd that serves a connection, but not what runs in its sessions. */
  killConnections(): void;
  /** Ends sshd; the machine stays. */
  stopServer(): void;
  /** What sshd logged. */
  log(): string;
}

export interface SshMachines extends AsyncDisposable {
  readonly machines: Readonly<Record<string, SshMachine>>;
  /** A private key that every user's authorized_keys has, in a file that anybody may read. */
  readonly keyFile: string;
  readonly userKey: KeyPair;
  /** Put before a command so that it runs on a host on the machines' network, with address `.2`, as somebody with the configuration `sshConfig`. */
  readonly within: readonly string[];
  /** Path of an ssh_config(5); empty at first. */
  readonly sshConfig: string;
  /** Runs a command as root on that host. */
  controller(...command: string[]): string;
  /** Address of the machine that is only good on that network, with the interface of that host: `fe80::…%eth0`; undefined where the kernel has no IPv6. */
  linkLocal(name: string): string | undefined;
  /** Pulls the network cable of a machine, or puts it back (`up`): nobody is told. */
  cable(name: string, state: 'up' | 'down'): void;
  /** Puts a machine on a network of its own, though its cable has a link. */
  detach(name: string): void;
  /** A ProxyCommand that leads to the sshd of a machine past all networks, as a port forward of VirtualBox does. */
  sideDoor(name: string): string;
  /** Lines of a known_hosts file. */
  readonly knownHosts: string;
  /** `machines:` and `networks:` of a lab.yaml, in which each machine is reached at its own address. */
  labPart(changes?: Readonly<Record<string, string>>): string;
}

/** For `prepare`: the user may become root by sudo with the own password. */
export function sudoWithPassword(user: string): string {
  const pam = 'auth required pam_unix.so nodelay\\naccount required pam_permit.so\\nsession required pam_permit.so\\n';
  return `mount -t tmpfs tmpfs /etc/pam.d; printf '${pam}' >/etc/pam.d/sudo; echo "${user} ALL=(ALL) ALL" >$FOLDER/sudoers; chmod 440 $FOLDER/sudoers; mount --bind $FOLDER/sudoers /etc/sudoers`;
}

let count = 0;

/** Needs root. All machines are on one network, 192.168.100.0/24. */
export async function makeSshMachines(options: Readonly<Record<string, SshMachineOptions>>): Promise<SshMachines> {
  const base = mkdtempSync(join(tmpdir(), 'lab-machines-'));
  execFileSync('chmod', ['755', base]);
  const prefix = `labtest${process.pid}n${++count}`;
  const userKey = generateKeyPair('student');
  const keyFile = join(base, 'key');
  writeFileSync(keyFile, userKey.privateKey, { mode: 0o644 });
  const sshConfig = join(base, 'ssh_config');
  writeFileSync(sshConfig, '');
  const servers: ChildProcess[] = [];
  const namespaces = ['switch', 'controller', ...Object.keys(options)].map((name) => `${prefix}-${name}`);
  try {
    for (const namespace of namespaces) execFileSync('ip', ['netns', 'add', namespace]);
    inNamespace(`${prefix}-switch`, 'ip', 'link', 'add', 'switch', 'type', 'bridge', 'forward_delay', '0');
    inNamespace(`${prefix}-switch`, 'ip', 'link', 'set', 'switch', 'up');
    plug(prefix, 'controller', 'eth0', '192.168.100.2/24');
    const machines: Record<string, SshMachine> = {};
    for (const [name, one] of Object.entries(options)) {
      plug(prefix, name, one.interface ?? 'eth0', `${one.address}/24`);
      const { machine, server } = startMachine(name, one, { base, prefix, userKey });
      servers.push(server);
      machines[name] = machine;
    }
    await Promise.all(Object.values(machines).map((machine) => listens(machine)));
    return {
      machines,
      keyFile,
      userKey,
      sshConfig,
      within: ['ip', 'netns', 'exec', `${prefix}-controller`, 'env', `LAB_SSH_CONFIG=${sshConfig}`],
      cable: (name, state) => void inNamespace(`${prefix}-switch`, 'ip', 'link', 'set', name, state),
      linkLocal: (name) => {
        const address = /inet6 (fe80:\S+)\//.exec(
          inNamespace(`${prefix}-${name}`, 'ip', '-6', 'address', 'show', 'scope', 'link'),
        )?.[1];
        return address && `${address}%eth0`;
      },
      detach: (name) => void inNamespace(`${prefix}-switch`, 'ip', 'link', 'set', name, 'nomaster'),
      sideDoor: (name) =>
        `ip netns exec ${prefix}-${name} ${process.execPath} -e 'const s = require("net").connect(22, "127.0.0.1"); process.stdin.pipe(s).pipe(process.stdout)'`,
      controller: (...command) => inNamespace(`${prefix}-controller`, ...command),
      knownHosts: Object.values(machines)
        .map(({ address, hostKey }) => `${address} ${hostKey.publicKey}\n`)
        .join(''),
      labPart: (changes = {}) => labPart(machines, keyFile, changes),
      [Symbol.asyncDispose]: () => unmake(base, namespaces, servers),
    };
  } catch (error) {
    await unmake(base, namespaces, servers);
    throw error;
  }
}

function inNamespace(namespace: string, ...command: string[]): string {
  return execFileSync('ip', ['netns', 'exec', namespace, ...command], { encoding: 'utf8' });
}

/** A cable from the switch to a machine. */
function plug(prefix: string, name: string, device: string, address: string): void {
  const [namespace, hub] = [`${prefix}-${name}`, `${prefix}-switch`];
  inNamespace(hub, 'ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', device, 'netns', namespace);
  inNamespace(hub, 'ip', 'link', 'set', name, 'master', 'switch', 'up');
  inNamespace(
    namespace,
    'sh',
    '-c',
    `[ ! -e /proc/sys/net/ipv6 ] || echo 0 >/proc/sys/net/ipv6/conf/${device}/accept_dad; ip link set lo up; ip address add ${address} dev ${device}; ip link set ${device} up`,
  );
}

function startMachine(
  name: string,
  options: SshMachineOptions,
  { base, prefix, userKey }: { readonly base: string; readonly prefix: string; readonly userKey: KeyPair },
): { machine: SshMachine; server: ChildProcess } {
  const user = options.user ?? `ild${name}`;
  const uid = 20_000 + (process.pid % 10_000);
  const folder = join(base, name);
  const homeName = options.homeName ?? user;
  const home = join(folder, 'home', homeName);
  mkdirSync(home, { recursive: true, mode: 0o755 });
  chownSync(home, uid, uid);
  writeFileSync(join(folder, 'authorized_keys'), `${userKey.publicKey}\n`);
  const hostKey = generateKeyPair(name);
  writeAccounts(folder, user, uid, options);
  writeServerFiles(folder, hostKey, options.sshdConfig ?? []);
  const namespace = `${prefix}-${name}`;
  const sshd = findTool('sshd');
  if (sshd === undefined) throw new Error("these tests need OpenSSH's sshd: run `npm run setup`");
  const script = [
    'set -e; mount --make-rprivate /',
    `hostname ${options.hostname ?? name}`,
    ...['passwd', 'shadow', 'group', 'hosts'].map((file) => `mount --bind ${folder}/${file} /etc/${file}`),
    `mount -t tmpfs tmpfs /run; mkdir -m 755 /run/sshd`,
    `mount --bind ${folder}/home /home`,
    `HOME_FOLDER=${quoteWord(`/home/${homeName}`)} FOLDER=${folder}`,
    options.prepare ?? ':',
    `exec ${sshd.path} -D -f ${folder}/sshd_config -E ${folder}/log`,
  ].join('\n');
  const server = spawn('ip', ['netns', 'exec', namespace, 'unshare', '-m', '-u', 'sh', '-c', script], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...sshd.env },
  });
  const pids = (): number[] =>
    execFileSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' }).split('\n').filter(Boolean).map(Number);
  return {
    server,
    machine: {
      name,
      user,
      home,
      hostKey,
      address: options.address,
      run: (...command) => inNamespace(namespace, ...command),
      killConnections: () =>
        pids()
          .filter((pid) => pid !== server.pid && commandOf(pid).startsWith('sshd'))
          .forEach(kill),
      stopServer: () => kill(server.pid!),
      processes: () => pids().filter((pid) => pid !== server.pid && !commandOf(pid).startsWith('sshd')),
      log: () => readFileSync(join(folder, 'log'), 'utf8'),
    },
  };
}

function writeAccounts(
  folder: string,
  user: string,
  uid: number,
  { loginShell = '/bin/bash', password, hostname, homeName = user }: SshMachineOptions,
): void {
  const hash =
    password === undefined
      ? '*'
      : execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: password, encoding: 'utf8' }).trim();
  // The host may have a user of that name, of the practical that somebody did by hand: the machine has its own.
  const others = (file: string): string[] =>
    readFileSync(`/etc/${file}`, 'utf8')
      .trimEnd()
      .split('\n')
      .filter((line) => !line.startsWith(`${user}:`));
  const own = (file: string, line: string): void =>
    writeFileSync(join(folder, file), `${[...others(file), line].join('\n')}\n`);
  const sshd = readFileSync('/etc/passwd', 'utf8').includes('\nsshd:')
    ? ''
    : '\nsshd:x:65533:65534::/run/sshd:/usr/sbin/nologin';
  own('passwd', `${user}:x:${uid}:${uid}::/home/${homeName}:${loginShell}${sshd}`);
  own('shadow', `${user}:${hash}:20000:0:99999:7:::`);
  own('group', `${user}:x:${uid}:`);
  writeFileSync(join(folder, 'hosts'), `127.0.0.1 localhost${hostname === undefined ? '' : ` ${hostname}`}\n`);
}

function writeServerFiles(folder: string, hostKey: KeyPair, lines: readonly string[]): void {
  writeFileSync(join(folder, 'host_key'), hostKey.privateKey, { mode: 0o600 });
  writeFileSync(join(folder, 'log'), '');
  // The first value of a keyword counts (sshd_config(5)), so the lines of the test come first.
  const config = [
    ...lines.map((line) => line.replaceAll('FOLDER', folder)),
    'Port 22',
    `HostKey ${folder}/host_key`,
    `AuthorizedKeysFile ${folder}/authorized_keys`,
    'UsePAM no',
    'UseDNS no',
    'PidFile none',
    'PasswordAuthentication no',
    'PrintMotd no',
    'PrintLastLog no',
    'StrictModes no',
  ];
  writeFileSync(join(folder, 'sshd_config'), `${config.join('\n')}\n`);
}

/** Waits until sshd listens, by its own socket table. */
async function listens(machine: SshMachine): Promise<void> {
  await retryUntil(
    () => (machine.run('ss', '-Hltn', 'sport = :22') === '' ? { seen: machine.log() || 'nothing' } : { value: true }),
    { what: `sshd of ${machine.name}`, timeoutMs: 10_000 },
  );
}

function labPart(
  machines: Readonly<Record<string, SshMachine>>,
  keyFile: string,
  changes: Readonly<Record<string, string>>,
): string {
  const lines = Object.values(machines).map(
    ({ name, user, address }) =>
      `  ${name}: ${changes[name] ?? `{ user: ${user}, address: ${address}, ssh: { host: ${address}, key: ${keyFile} } }`}\n`,
  );
  return `networks: { natnet: 192.168.100.0/24 }\nmachines:\n${lines.join('')}`;
}

/** Ends every process of every namespace, by its PID, and removes all files. */
async function unmake(base: string, namespaces: readonly string[], servers: readonly ChildProcess[]): Promise<void> {
  for (const server of servers) server.kill('SIGKILL');
  for (const namespace of namespaces) {
    await retryUntil(
      () => {
        const pids = execFileSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' })
          .split('\n')
          .filter(Boolean)
          .map(Number);
        for (const pid of pids) kill(pid);
        return pids.length === 0 ? { value: true } : { seen: pids.map(commandOf).join(', ') };
      },
      { what: `the end of ${namespace}`, timeoutMs: 5000 },
    ).catch(() => undefined);
    execFileSync('ip', ['netns', 'delete', namespace]);
  }
  rmSync(base, { recursive: true, force: true });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone meanwhile.
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}
