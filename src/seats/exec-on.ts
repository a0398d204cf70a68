import { constants } from 'node:os';
import type { CommandContext } from '../session/context.ts';
import type { Command, ExecResult, Shell } from '../ssh/shell.ts';
import { outputWriter } from './line-prefixer.ts';

/**
 * Runs a command on one machine and passes its output on at once. Without a prefix the machine is the only one, and
 * our input is the command's.
 */
export async function execOn(
  { signal, terminal }: CommandContext,
  shell: Shell,
  command: Command,
  { collect, prefix }: { readonly collect: boolean; readonly prefix: string },
): Promise<ExecResult> {
  if (collect) return shell.exec(command, { signal });
  const input = prefix !== '' || terminal.stdin.isTTY === true ? undefined : terminal.stdin;
  const writers = { stdout: outputWriter(terminal.stdout, prefix), stderr: outputWriter(terminal.stderr, prefix) };
  const result = await shell.exec(command, {
    signal,
    input,
    onOutput: (stream, chunk) => writers[stream].write(chunk),
  });
  await Promise.all([writers.stdout.end(), writers.stderr.end()]);
  return result;
}

/**
 * The status of a command as a shell reports it: 128 and the number of the signal that ended it (POSIX.1-2017, Shell
 * Command Language 2.8.2).
 */
export function exitCodeOf({ exitCode, signal }: Pick<ExecResult, 'exitCode' | 'signal'>): number {
  if (exitCode !== undefined) return exitCode;
  return 128 + (constants.signals[`SIG${signal}` as NodeJS.Signals] ?? 1);
}
