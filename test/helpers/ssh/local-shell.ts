import { spawn } from 'node:child_process';
import { userInfo } from 'node:os';
import { EnvironmentError } from '../../../src/core/errors.ts';
import type { Command, ExecOptions, ExecResult, Shell } from '../../../src/ssh/shell.ts';

export interface LocalShellOptions {
  /** Runs commands as this user; only root can. */
  readonly uid?: number;
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A Shell whose machine is this host: `exec` runs a real process. The other verbs are not there. */
export function localShell({ uid, user = userInfo().username, env = {} }: LocalShellOptions = {}): Shell {
  return {
    machine: 'vm1',
    user,
    exec: (command, options) => exec(command, options, { uid, env }),
    start: absent,
    put: absent,
    get: absent,
    close: async () => undefined,
  };
}

function absent(): never {
  throw new EnvironmentError('the local shell can only exec', { code: 'test-helper' });
}

function exec(
  command: Command,
  options: ExecOptions = {},
  { uid, env }: { uid: number | undefined; env: Readonly<Record<string, string>> },
): Promise<ExecResult> {
  const [file = '', ...args] =
    'script' in command ? ['/bin/sh', '-c', command.script, 'sh', ...(command.args ?? [])] : command;
  return new Promise((resolve, reject) => {
    const account = uid === undefined ? {} : { uid, gid: uid };
    const child = spawn(file, args, {
      cwd: '/',
      env: { PATH: process.env['PATH'], ...env },
      signal: options.signal,
      timeout: options.timeoutMs,
      ...account,
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
    child.stdin.end();
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({ ...output, exitCode: code ?? undefined, signal: signal?.slice(3), truncated: false }),
    );
  });
}
