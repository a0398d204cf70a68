import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { cp } from '../commands/machines/cp.ts';
import { CheckError } from '../core/errors.ts';
import { say } from '../core/language/say.ts';
import { quoteCommand } from '../core/text/shell-quote.ts';
import type { CommandContext } from '../session/context.ts';
import type { Command, ExecResult as ShellResult, Shell } from '../ssh/shell.ts';
import type { Connections } from './connections.ts';
import { inPlace } from './in-place.ts';
import { startProgram, type ProgramOptions, type RunningProgram } from './running-program.ts';
import type { Work } from './work.ts';

export type { Command } from '../ssh/shell.ts';

/** How a command is run on a machine. */
export interface ExecOptions {
  /** The folder that it runs in; relative to the home folder. Default: the home folder. */
  readonly cwd?: string | undefined;
  /** Environment variables in addition to those of the account. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** What it reads from its standard input. Default: nothing. */
  readonly input?: string | Uint8Array | AsyncIterable<Uint8Array> | undefined;
  /** Reject with a `CheckError` (`command-failed`) when it does not exit with 0. Default: `false`. */
  readonly check?: boolean | undefined;
  /** End it after so many milliseconds, with a `TimeoutError`. Default: never. */
  readonly timeoutMs?: number | undefined;
  /** Output beyond so many bytes, of each of its two streams, is dropped. Default: 4 MiB. */
  readonly maxOutputBytes?: number | undefined;
  /** Ends the command when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/** What came of a command. */
export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Its exit status; undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  /** Name of the signal that ended it, without `SIG`: `TERM`. */
  readonly signal: string | undefined;
  /** It exited with 0. */
  readonly ok: boolean;
  /** It printed more than `maxOutputBytes`, and the rest is not there. */
  readonly truncated: boolean;
}

/** What was copied. */
export interface CopyResult {
  readonly files: number;
  readonly bytes: number;
  /** Files that were there already, and the same. */
  readonly unchanged: number;
}

/** One machine of a lab. Its name is looked at when something is done there. */
export interface Machine {
  readonly name: string;
  /**
   * Runs a command as the machine's user, word by word without a shell, and waits for its end; `{ script, args }` is
   * for `/bin/sh`. Another exit status than 0 is a result, not an error: look at `exitCode` or `ok`, or set `check`.
   */
  exec(command: Command, options?: ExecOptions): Promise<ExecResult>;
  /** Starts a program and returns at once. It has a terminal, as people do, unless `terminal` is `false`. */
  start(command: Command, options?: ProgramOptions): Promise<RunningProgram>;
  /**
   * Copies a file or folder of this host to the machine, as `cp -r` would: `local` starts at the `cwd` of the lab,
   * `remote` at the home folder. What is there already, and the same, is not copied again.
   */
  put(local: string, remote: string): Promise<CopyResult>;
  /** Copies a file or folder of the machine to this host. */
  get(remote: string, local: string): Promise<CopyResult>;
  /** Writes a file of the machine, whole or not at all; missing folders are made. */
  writeFile(remote: string, content: string | Uint8Array, options?: { readonly mode?: number }): Promise<void>;
  /** Reads a text file of the machine, as UTF-8. For others: `get`. */
  readFile(remote: string): Promise<string>;
}

/** What a machine is reached by. */
export interface MachineMeans {
  readonly connections: Connections;
  readonly work: Work;
  readonly contextWith: (signal: AbortSignal) => CommandContext;
}

/** The machine of this name. */
export function machineOf(name: string, { connections, work, contextWith }: MachineMeans): Machine {
  const onShell = <T>(use: (shell: Shell, signal: AbortSignal) => Promise<T>, own?: AbortSignal): Promise<T> =>
    work.do((signal) => connections.use(name, (shell) => use(shell, signal)), own);
  const copy = (places: (cwd: string) => readonly [string, string]): Promise<CopyResult> =>
    work.do(async (signal) => {
      const context = contextWith(signal);
      const { files, bytes, unchanged = 0 } = await cp(context, ...places(context.cwd));
      return { files, bytes, unchanged };
    });
  return {
    name,
    exec: (command, options = {}) =>
      onShell(async (shell, signal) => {
        const { cwd, env, check = false, input, timeoutMs, maxOutputBytes } = options;
        const words = inPlace(command, { cwd, env });
        const result = resultOf(await shell.exec(words, { input, timeoutMs, maxOutputBytes, signal }));
        if (check && !result.ok) throw failedCommand(name, command, result);
        return result;
      }, options.signal),
    start: (command, options) => startProgram(name, { command, options, connections, work }),
    put: (local, remote) => copy((cwd) => [localPath(cwd, local), `${name}:${remote}`]),
    get: (remote, local) => copy((cwd) => [`${name}:${remote}`, localPath(cwd, local)]),
    writeFile: (remote, content, { mode = 0o644 } = {}) =>
      onShell((shell, signal) => {
        const bytes = Buffer.from(content);
        return shell.put(bytes, remote, { mode, sha256: createHash('sha256').update(bytes).digest('hex'), signal });
      }),
    readFile: (remote) =>
      onShell(async (shell, signal) => {
        const chunks: Uint8Array[] = [];
        for await (const chunk of shell.get(remote, { signal })) chunks.push(chunk);
        return Buffer.concat(chunks).toString('utf8');
      }),
  };
}

/** Absolute, so that no colon in it names a machine; the `/` at its end, which says that it is a folder, stays. */
function localPath(cwd: string, path: string): string {
  return path.endsWith('/') ? `${resolve(cwd, path)}/` : resolve(cwd, path);
}

function resultOf({ stdout, stderr, exitCode, signal, truncated }: ShellResult): ExecResult {
  return { stdout, stderr, exitCode, signal, ok: exitCode === 0, truncated };
}

function failedCommand(machine: string, command: Command, result: ExecResult): CheckError {
  const words = 'script' in command ? command.script : quoteCommand(command);
  const { exitCode, signal = '' } = result;
  const message =
    exitCode === undefined
      ? say`${words} was ended on ${machine} by SIG${signal}`
      : say`${words} exited on ${machine} with ${exitCode}`;
  return new CheckError(message, {
    code: 'command-failed',
    detail: (result.stderr || result.stdout).trimEnd(),
    data: { ...result },
  });
}
