import type { Duplex } from 'node:stream';
import { TimeLimit } from '../core/time/time-limit.ts';
import { Login } from './login/login.ts';
import { defaultHeartbeat, defaultPatience } from './patience.ts';
import { portsOver, type MachinePorts } from './machine-ports.ts';
import type { Shell } from './shell.ts';
import { SshShell } from './ssh-shell.ts';
import { serverText, type ShellTarget } from './target.ts';
import { Connection } from './transport/connection.ts';
import { dialTimeout } from './transport/dial-failure.ts';
import { dial } from './transport/dial.ts';
import { type Tunnel, tunnelOver } from './transport/tunnel.ts';
import { trustCertified } from './trust/ask-certificate.ts';
import type { HostKey } from './trust/host-key.ts';

export type { Tunnel } from './transport/tunnel.ts';

const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * Opens the one connection to a machine. Its host key is always checked.
 *
 * @throws {ConnectionError} with a code of its own for each cause: `ssh-refused`, `ssh-unreachable`,
 * `ssh-name-unknown`, `ssh-silent`, `ssh-not-ssh`, `ssh-handshake-failed`, `ssh-no-common-algorithm`,
 * `ssh-login-refused`, `host-key-unknown`, `host-key-changed`, `ssh-timeout`, …
 * @throws the abort reason when `target.signal` aborts.
 */
export async function connectShell(target: ShellTarget): Promise<Shell> {
  const { connection, hostKey } = await open(target);
  // Whatever was learnt or confirmed the first time: it has to be the same host again.
  const again: ShellTarget = { ...target, hostKeys: { trusted: [hostKey], revoked: [] } };
  return new SshShell(connection, {
    user: target.user,
    heartbeat: target.heartbeat ?? defaultHeartbeat,
    connectAgain: async () => (await open(again)).connection,
  });
}

/** Logs in to a jump host. Throws as `connectShell`. */
export async function openTunnel(target: ShellTarget): Promise<Tunnel> {
  const { connection } = await open(target);
  return tunnelOver(connection, serverText(target.address));
}

/** Logs in to a machine, only to reach its ports. Throws as `connectShell`. */
export async function connectPorts(target: ShellTarget): Promise<MachinePorts> {
  const { connection } = await open(target);
  return portsOver(connection);
}

interface Opened {
  readonly connection: Connection;
  readonly hostKey: HostKey;
}

async function open(target: ShellTarget): Promise<Opened> {
  const timeoutMs = target.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  using limit = new TimeLimit(timeoutMs);
  const isLate = (): boolean => limit.signal.aborted && target.signal?.aborted !== true;
  const signal = target.signal ? AbortSignal.any([limit.signal, target.signal]) : limit.signal;
  // ssh2 takes some 65 ms to load, and only commands that reach a machine need it; the stream connects in the meantime.
  const loading = import('ssh2');
  const dialled = (): Promise<Duplex> =>
    dial(target, signal).catch((error: unknown) => {
      throw isLate() ? dialTimeout(target, timeoutMs) : error;
    });
  const hostKeys = await trustCertified(target.hostKeys, dialled, signal);
  const stream = await dialled();
  const { default: ssh2 } = await loading;
  const client = new ssh2.Client();
  const login = new Login({ ...target, hostKeys }, { ssh2, client, stream, limit });
  const connection = new Connection(target.machine, { client, stream, patience: target.patience ?? defaultPatience });
  try {
    return { connection, hostKey: await login.run(signal) };
  } catch (error) {
    abandon(stream);
    throw isLate() ? login.timeout(timeoutMs) : error;
  }
}

/** Drops a stream whose login failed. What still fails in it has been reported. */
function abandon(stream: Duplex): void {
  stream.on('error', () => undefined);
  stream.destroy();
}
