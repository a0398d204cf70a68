import { execa } from 'execa';
import { EnvironmentError, TimeoutError, systemCode } from '../core/errors.ts';
import { say } from '../core/language/say.ts';
import { holdsSecret } from '../core/text/secret-variable.ts';
import { quoteCommand } from '../core/text/shell-quote.ts';
import { sayDuration } from '../core/language/amounts.ts';
import { explainSystemError } from './system-error.ts';

export interface LocalOptions {
  readonly cwd?: string;
  /** Added to the environment of this process, of which all but our secrets is passed on. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface LocalResult {
  /** Exit status; undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs one command on this host and waits for its end. A non-zero exit status is a result, not an error.
 *
 * @throws {EnvironmentError} when it cannot be started.
 * @throws {TimeoutError} after `timeoutMs`; the process has been ended.
 */
export async function runLocal(command: readonly string[], options: LocalOptions = {}): Promise<LocalResult> {
  const [file = '', ...args] = command;
  const { timeoutMs, signal, ...rest } = options;
  const result = await execa(file, args, {
    ...rest,
    env: { ...withoutSecrets(), ...rest.env },
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
    ...(signal ? { cancelSignal: signal } : {}),
    ...(rest.input === undefined ? { stdin: 'ignore' as const } : {}),
    reject: false,
    stripFinalNewline: false,
  });
  signal?.throwIfAborted();
  if (result.timedOut)
    throw new TimeoutError(say`${quoteCommand(command)} did not end within ${sayDuration(timeoutMs ?? 0)}`, {
      code: 'local-command-timeout',
    });
  if (result.exitCode === undefined && result.signal === undefined) throw cannotStart(command, result.cause);
  return { exitCode: result.exitCode, signal: result.signal, stdout: result.stdout, stderr: result.stderr };
}

/** Takes our secrets out of an environment that is laid over: each is there as undefined. */
export function withoutSecrets(): Readonly<Record<string, undefined>> {
  return Object.fromEntries(
    Object.keys(process.env)
      .filter(holdsSecret)
      .map((name) => [name, undefined]),
  );
}

function cannotStart(command: readonly string[], cause: unknown): EnvironmentError {
  const refusal = explainSystemError(cause);
  if (refusal !== undefined && refusal.code !== 'no-right')
    return new EnvironmentError(say`cannot start ${quoteCommand(command)}: ${refusal.message}`, {
      code: refusal.code,
      hint: refusal.hint,
      cause,
    });
  const reason =
    { ENOENT: say`no such program, or its folder is missing`, EACCES: say`permission denied` }[
      systemCode(cause) ?? ''
    ] ?? String(cause);
  return new EnvironmentError(say`cannot start ${quoteCommand(command)}: ${reason}`, {
    code: 'cannot-start',
    cause,
    hint: say`Install ${command[0] ?? ''} or correct its path.`,
  });
}
