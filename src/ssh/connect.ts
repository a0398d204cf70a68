import type { Duplex } from 'node:stream';
import { trustCertified } from './trust/ask-certificate.ts';
import { timeoutFailure } from './transport/connect-failure.ts';
import { Connection } from './transport/connection.ts';
import { TimeLimit } from '../core/time/time-limit.ts';
import { dial } from './transport/dial.ts';
import type { HostKey } from './trust/key-pair.ts';
import { Login } from './login/login.ts';
import type { Shell } from './shell.ts';
import { SshShell } from './ssh-shell.ts';
import { defaultPatience } from './channel/patience.ts';
import { defaultHeartbeat, type ShellTarget } from './target.ts';

const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * Opens the one connection to a machine. Its host key is always checked.
 *
 * @throws {ConnectionError} with a code of its own for each cause: `ssh-refused`, `ssh-unreachable`, `ssh-name-unknown`, `ssh-silent`, `ssh-not-ssh`,
 * `ssh-handshake-failed`, `ssh-no-common-algorithm`, `ssh-login-refused`, `host-key-unknown`, `host-key-changed`, `ssh-timeout`, …
 * @throws the abort reason when `target.signal` aborts.
 */
export async function connectShell(target: ShellTarget): Promise<Shell> {
  const { connection, hostKey } = await open(target);
  // Whatever was learnt or confirmed the first time: it has to be the same host again.
  const again: ShellTarget = { ...target, hostKeys: { trusted: [hostKey], revoked: [] } };
  return new SshShell(connection, target.user, target.heartbeat ?? defaultHeartbeat, () => openConnection(again));
}

/** The connection alone, for those who need no Shell. Throws as `connectShell`. */
export async function openConnection(target: ShellTarget): Promise<Connection> {
  return (await open(target)).connection;
}

interface Opened {
  readonly connection: Connection;
  readonly hostKey: HostKey;
}

async function open(target: ShellTarget): Promise<Opened> {
  const timeoutMs = target.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  using limit = new TimeLimit(timeoutMs);
  return await logIn(target, limit, timeoutMs);
}

async function logIn(target: ShellTarget, limit: TimeLimit, timeoutMs: number): Promise<Opened> {
  const isLate = (): boolean => limit.signal.aborted && target.signal?.aborted !== true;
  const signal = target.signal ? AbortSignal.any([limit.signal, target.signal]) : limit.signal;
  // ssh2 takes some 65 ms to load, and only commands that reach a machine need it; the stream connects in the meantime.
  const loading = import('ssh2');
  const dialled = (): Promise<Duplex> =>
    dial(target, signal).catch((error: unknown) => {
      throw isLate() ? timeoutFailure(target, 'dial', timeoutMs, '') : error;
    });
  const hostKeys = await trustCertified(target.hostKeys, target.hostKeys.certificateName ?? '', dialled, signal);
  const stream = await dialled();
  const { default: ssh2 } = await loading;
  const client = new ssh2.Client();
  const login = new Login({ ...target, hostKeys }, ssh2, client, stream, limit);
  const connection = new Connection(target.machine, client, stream, target.patience ?? defaultPatience);
  try {
    return { connection, hostKey: await login.run(signal) };
  } catch (error) {
    abandon(stream);
    throw isLate() ? login.timeout(timeoutMs) : error;
  }
}

/** Drops a stream whose login failed. What still fails in it has been told. */
function abandon(stream: Duplex): void {
  stream.on('error', () => undefined);
  stream.destroy();
}
