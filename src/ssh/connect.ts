import type { Duplex } from 'node:stream';
import { timeoutFailure } from './connect-failure.ts';
import { Connection } from './connection.ts';
import { dial } from './dial.ts';
import { Login } from './login.ts';
import type { Shell } from './shell.ts';
import { SshShell } from './ssh-shell.ts';
import type { ShellTarget } from './target.ts';

const defaultTimeoutMs = 10_000;

/**
 * Opens the one connection to a machine. Its host key is always checked.
 *
 * @throws {ConnectionError} with a code of its own for each cause: `ssh-refused`, `ssh-unreachable`, `ssh-name-unknown`, `ssh-silent`, `ssh-not-ssh`,
 * `ssh-handshake-failed`, `ssh-login-refused`, `host-key-unknown`, `host-key-changed`, `ssh-timeout`, …
 * @throws the abort reason when `target.signal` aborts.
 */
export async function connectShell(target: ShellTarget): Promise<Shell> {
  const timeoutMs = target.timeoutMs ?? defaultTimeoutMs;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = target.signal ? AbortSignal.any([timeout, target.signal]) : timeout;
  // ssh2 takes some 65 ms to load, and only commands that reach a machine need it; the stream connects in the meantime.
  const loading = import('ssh2');
  const stream = await dial(target, signal).catch((error: unknown) => {
    throw timeout.aborted && !target.signal?.aborted ? timeoutFailure(target, 'dial', timeoutMs, '') : error;
  });
  const { default: ssh2 } = await loading;
  const client = new ssh2.Client();
  const login = new Login(target, client, stream);
  const connection = new Connection(target.machine, client, stream);
  try {
    await login.run(signal);
  } catch (error) {
    abandon(stream);
    throw timeout.aborted && !target.signal?.aborted ? login.timeout(timeoutMs) : error;
  }
  return new SshShell(connection, target.user);
}

/** Drops a stream whose login failed. What still fails in it has been told. */
function abandon(stream: Duplex): void {
  stream.on('error', () => undefined);
  stream.destroy();
}
