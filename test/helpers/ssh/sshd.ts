import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { retryUntil } from '../../../src/core/time/retry.ts';
import { quoteCommand } from '../../../src/core/text/shell-quote.ts';
import { findTool, type Tool } from '../../../src/host/tools.ts';
import { connectShell } from '../../../src/ssh/connect.ts';
import { privateKeyCredential } from '../../../src/ssh/login/credential.ts';
import { onlyHostKeys } from '../../../src/ssh/trust/host-key.ts';
import { generateKeyPair, type KeyPair } from '../../../src/ssh/keys/key-pair.ts';
import type { Shell } from '../../../src/ssh/shell.ts';
import type { ShellTarget } from '../../../src/ssh/target.ts';

export interface SshdOptions {
  /** More lines of sshd_config(5); they win over those of the helper. `FOLDER` stands for the temporary folder. */
  readonly sshdConfig?: readonly string[];
  /** Login shell of the user, and its home folder; only root can have them (see `isRoot`). */
  readonly loginShell?: string;
  readonly home?: string;
  /** Where it listens: on a Unix socket (default), or on a free port of 127.0.0.1 or ::1. */
  readonly transport?: 'unix' | 'tcp' | 'tcp6';
}

/** A real OpenSSH server that lets the user of the tests in. Each connection is an `sshd -i` of its own. */
export interface TestSshd extends AsyncDisposable {
  /** A private temporary folder, removed at the end. */
  readonly folder: string;
  readonly user: string;
  readonly hostKey: KeyPair;
  readonly userKey: KeyPair;
  readonly address: { readonly socketPath: string } | { readonly host: string; readonly port: number };
  /** The first sshd process of each connection so far. */
  readonly processes: readonly ChildProcess[];
  /** Kills every sshd process of every connection, but not what runs in its sessions. */
  kill(): void;
  target(overrides?: Partial<ShellTarget>): ShellTarget;
  /** A Shell that is closed at the end, if the test has not done so. */
  connect(overrides?: Partial<ShellTarget>): Promise<Shell>;
  /** What sshd logged. */
  log(): string;
}

export const isRoot = process.getuid?.() === 0;

/** Starts a server; `await using` ends it with all its connections and files. */
export async function startSshd(options: SshdOptions = {}): Promise<TestSshd> {
  const sshd = findTool('sshd');
  if (sshd === undefined) throw new Error("these tests need OpenSSH's sshd: run `npm run setup`");
  const folder = mkdtempSync(join(tmpdir(), 'lab-sshd-'));
  const [hostKey, userKey] = [generateKeyPair('host'), generateKeyPair('user')];
  writeFiles(folder, hostKey, userKey, options.sshdConfig ?? []);
  const command = sshdCommand(sshd, folder, options);

  const processes: ChildProcess[] = [];
  const shells: Shell[] = [];
  const server = net.createServer({ pauseOnConnect: true }, (socket) => {
    // sshd takes the socket itself as its standard input and output, so no byte passes through the test process.
    const child = spawn(command.file, command.args, { stdio: [socket, socket, 'ignore'], env: command.env });
    processes.push(child);
    socket.destroy();
  });
  const address = await listen(server, folder, options.transport ?? 'unix');
  const user = userInfo().username;
  const target = (overrides: Partial<ShellTarget> = {}): ShellTarget => ({
    machine: 'vm1',
    user,
    address,
    credentials: [privateKeyCredential(userKey.privateKey)],
    hostKeys: onlyHostKeys([hostKey.publicKey]),
    ...overrides,
  });

  return {
    folder,
    user,
    hostKey,
    userKey,
    address,
    processes,
    target,
    kill: () => processes.forEach(({ pid }) => pid !== undefined && killServer(pid)),
    async connect(overrides) {
      const shell = await connectShell(target(overrides));
      shells.push(shell);
      return shell;
    },
    log: () => readFileSync(join(folder, 'log'), 'utf8'),
    async [Symbol.asyncDispose]() {
      await Promise.all(shells.map((shell) => shell.close()));
      server.close();
      await Promise.all(processes.map(ended));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function writeFiles(folder: string, hostKey: KeyPair, userKey: KeyPair, lines: readonly string[]): void {
  writeFileSync(join(folder, 'host_key'), hostKey.privateKey, { mode: 0o600 });
  writeFileSync(join(folder, 'authorized_keys'), `${userKey.publicKey}\n`);
  writeFileSync(join(folder, 'log'), '');
  // The first value of a keyword counts (sshd_config(5)), so the lines of the test come first.
  const config = [
    ...lines.map((line) => line.replaceAll('FOLDER', folder)),
    `HostKey ${folder}/host_key`,
    `AuthorizedKeysFile ${folder}/authorized_keys`,
    'StrictModes no',
    'UsePAM no',
    'UseDNS no',
    'PidFile none',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'PrintMotd no',
    'PrintLastLog no',
  ];
  writeFileSync(join(folder, 'sshd_config'), `${config.join('\n')}\n`);
}

interface ServerCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

function sshdCommand(sshd: Tool, folder: string, options: SshdOptions): ServerCommand {
  const args = ['-i', '-f', join(folder, 'sshd_config'), '-E', join(folder, 'log')];
  const env = { ...process.env, ...sshd.env };
  if (!isRoot) return { ...ownTerminals(folder, [sshd.path, ...args]), env };
  // As root, sshd wants its folder in /run and an account `sshd`; both are given to it in a mount namespace of its own, so the host stays as it is.
  writeFileSync(join(folder, 'passwd'), passwdFor(options));
  const prepare = `mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd && mount --bind ${quoteCommand([join(folder, 'passwd')])} /etc/passwd`;
  return { file: 'unshare', args: ['-m', 'sh', '-c', `${prepare} && exec "$@"`, 'sh', sshd.path, ...args], env };
}

/**
 * sshd gives terminals to the group `tty`, which an ordinary user can do only where devpts does it already (mount option `gid`). Elsewhere, as in many
 * containers, sshd runs with a list of groups that has no `tty`, and then leaves terminals as they are.
 */
function ownTerminals(folder: string, command: readonly string[]): Omit<ServerCommand, 'env'> {
  const [file = '', ...args] = command;
  if (!runsInUserNamespace()) return { file, args };
  const groups = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('tty:'));
  writeFileSync(join(folder, 'group'), groups.join('\n'));
  // The outer user namespace gives the right to mount, the inner one gives the user its own number back.
  const { uid, gid } = userInfo();
  const script = `mount --bind ${quoteCommand([join(folder, 'group')])} /etc/group && exec unshare --user --map-user=${uid} --map-group=${gid} "$@"`;
  return { file: 'unshare', args: ['--map-root-user', '--mount', 'sh', '-c', script, 'sh', ...command] };
}

/** Whether the sshd of tests runs in a user namespace of its own here; what runs outside of it hides its open files from those inside. */
export function runsInUserNamespace(): boolean {
  if (isRoot) return false;
  const devpts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .findLast((line) => line.split(' ')[1] === '/dev/pts');
  return devpts !== undefined && !/\bgid=/.test(devpts);
}

/** Kills an sshd with its children of the same name, which serve the connection after the login of an ordinary user. */
function killServer(pid: number): void {
  try {
    if (readFileSync(`/proc/${pid}/comm`, 'utf8').trim() !== 'sshd') return;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    process.kill(pid, 'SIGKILL');
    children.forEach(killServer);
  } catch {
    // It has ended by itself.
  }
}

function passwdFor({ loginShell, home }: SshdOptions): string {
  const lines = readFileSync('/etc/passwd', 'utf8').trimEnd().split('\n');
  const own = lines.map((line) => {
    if (!line.startsWith('root:')) return line;
    const fields = line.split(':');
    return [...fields.slice(0, 5), home ?? fields[5], loginShell ?? '/bin/sh'].join(':');
  });
  const privilegeSeparation = lines.some((line) => line.startsWith('sshd:'))
    ? []
    : ['sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin'];
  return `${[...own, ...privilegeSeparation].join('\n')}\n`;
}

async function listen(
  server: net.Server,
  folder: string,
  transport: 'unix' | 'tcp' | 'tcp6',
): Promise<TestSshd['address']> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('listening', resolve).once('error', reject);
  if (transport === 'unix') server.listen(join(folder, 'socket'));
  else server.listen(0, transport === 'tcp' ? '127.0.0.1' : '::1');
  await promise;
  const address = server.address();
  return address === null || typeof address === 'string'
    ? { socketPath: join(folder, 'socket') }
    : { host: address.address, port: address.port };
}

/** Waits until a server process is gone; its connection is closed by then, so it goes by itself. */
async function ended(child: ChildProcess): Promise<void> {
  const isGone = (): boolean => child.exitCode !== null || child.signalCode !== null;
  await retryUntil(() => (isGone() ? { value: true } : { seen: `sshd ${child.pid} runs` }), {
    what: 'sshd to end',
    timeoutMs: 2000,
  }).catch(() => child.kill('SIGKILL'));
}
