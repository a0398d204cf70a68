import { constants } from 'node:os';
import type { Writable } from 'node:stream';
import { UsageError } from '../core/errors.ts';
import type { Command, ExecResult, Shell } from '../ssh/shell.ts';
import { withCleanup } from '../core/cleanup.ts';
import { attachLab } from './attach.ts';
import type { CommandContext } from './context.ts';
import { LinePrefixer } from './line-prefixer.ts';
import { writeOutput } from './output.ts';

export interface ExecOptions {
  /** Names of machines; none means all of them. */
  readonly machines: readonly string[];
  readonly command: readonly string[];
  /** Keep what the machines print for the result, instead of passing it on as it comes. */
  readonly collect: boolean;
}

export interface ExecOutcome {
  /** Of every machine, in the order in which they were named. */
  readonly results: readonly ({ readonly machine: string } & ExecResult)[];
  /** The status of the one command, or the largest of several. */
  readonly exitCode: number;
}

/**
 * Runs one command on several machines at once. With one machine its output is passed on as it is, with several each line carries the machine's name.
 *
 * @throws {ConnectionError} when a machine cannot be reached.
 */
export async function exec(context: CommandContext, { machines, command, collect }: ExecOptions): Promise<ExecOutcome> {
  if (command.length === 0) throw new UsageError('no command given', { code: 'no-command', hint: 'Put it after "--":  lab exec vm1 -- uname -a' });
  return withCleanup(async (cleanup) => {
    const { shells } = await attachLab(context, cleanup, machines);
    const width = Math.max(...[...shells.keys()].map((name) => name.length));
    const prefixOf = ({ machine }: Shell): string => (shells.size > 1 ? `${machine.padEnd(width)} | ` : '');
    const results = await Promise.all(
      [...shells.values()].map(async (shell) => {
        const result = await execOn(context, shell, command, { collect, prefix: prefixOf(shell) });
        return Object.assign({ machine: shell.machine }, result);
      }),
    );
    return { results, exitCode: Math.max(...results.map(exitCodeOf)) };
  });
}

/** Runs a command on one machine and passes its output on as it comes. Without a prefix the machine is the only one, and our input is the command's. */
export async function execOn(
  { signal, terminal }: CommandContext,
  shell: Shell,
  command: Command,
  { collect, prefix }: { readonly collect: boolean; readonly prefix: string },
): Promise<ExecResult> {
  if (collect) return shell.exec(command, { signal });
  const input = prefix !== '' || terminal.stdin.isTTY === true ? undefined : terminal.stdin;
  const writers = { stdout: writerFor(terminal.stdout, prefix), stderr: writerFor(terminal.stderr, prefix) };
  const result = await shell.exec(command, { signal, input, onOutput: (stream, chunk) => writers[stream].write(chunk) });
  await Promise.all([writers.stdout.end(), writers.stderr.end()]);
  return result;
}

interface Writer {
  write(chunk: Uint8Array): Promise<void>;
  end(): Promise<void>;
}

/** Bytes go into files and pipes as they are; lines go to people, and wherever machines share the stream. */
function writerFor(stream: Writable & { readonly isTTY?: boolean }, prefix: string): Writer {
  if (prefix !== '' || stream.isTTY === true) return new LinePrefixer(stream, prefix);
  return { write: (chunk) => writeOutput(stream, chunk), end: async () => undefined };
}

/** The status of a command as a shell tells it: 128 and the number of the signal that ended it (POSIX.1-2017, Shell Command Language 2.8.2). */
export function exitCodeOf({ exitCode, signal }: Pick<ExecResult, 'exitCode' | 'signal'>): number {
  if (exitCode !== undefined) return exitCode;
  return 128 + (constants.signals[`SIG${signal}` as NodeJS.Signals] ?? 1);
}
