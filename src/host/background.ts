import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { EnvironmentError, messageOf } from '../core/errors.ts';
import { say } from '../core/language/say.ts';
import { explainSystemError } from './system-error.ts';

export interface BackgroundOptions {
  readonly cwd: string;
  /** Added to the environment of this process. */
  readonly env: Readonly<Record<string, string>>;
  /** Takes its standard output and error; appended to. */
  readonly logFile: string;
}

/** A process that was started to outlive this one. */
export interface BackgroundProcess {
  readonly pid: number;
  /** Resolves with its exit status when it ends while this process lives. */
  readonly ended: Promise<number | null>;
}

/**
 * Starts a process in a session of its own that says nothing here and goes on when we end.
 *
 * @throws {EnvironmentError} when it cannot be started.
 */
export async function startInBackground(
  command: readonly string[],
  { cwd, env, logFile }: BackgroundOptions,
): Promise<BackgroundProcess> {
  const [file = '', ...args] = command;
  const log = openSync(logFile, 'a', 0o600);
  try {
    const child = spawn(file, args, {
      cwd,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ['ignore', log, log],
    });
    const ended = new Promise<number | null>((resolve) => void child.once('exit', (code) => resolve(code)));
    await once(child, 'spawn');
    child.unref();
    return { pid: child.pid!, ended };
  } catch (error) {
    throw (
      explainSystemError(error) ??
      new EnvironmentError(say`cannot start ${file}: ${messageOf(error)}`, { code: 'cannot-start', cause: error })
    );
  } finally {
    closeSync(log);
  }
}
