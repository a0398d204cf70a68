import { allMachines } from '../../core/all-machines.ts';
import { UsageError } from '../../core/errors.ts';
import type { AttachedMachine } from '../../providers/provider.ts';
import type { ExecResult, Shell } from '../../ssh/shell.ts';
import { Slots } from '../../core/slots.ts';
import { say } from '../../core/language/say.ts';
import type { CommandContext } from '../../session/context.ts';
import { openSession } from '../../session/open-session.ts';
import { execOn, exitCodeOf } from '../../seats/exec-on.ts';

export interface ExecCommandOptions {
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

/** Logins under way at once: more only wait for each other's arithmetic, until the first of them run out of time. */
const LOGINS_AT_ONCE = 32;

/**
 * Runs one command on several machines at once. With one machine its output is passed on as it is, with several each
 * line carries the machine's name. Of several machines those that cannot be reached do not keep the others from it.
 *
 * @throws {ConnectionError} when a machine cannot be reached or is lost: after all others have done their work, with
 * all that failed.
 */
export async function exec(
  context: CommandContext,
  { machines: names, command, collect }: ExecCommandOptions,
): Promise<ExecOutcome> {
  if (command.length === 0)
    throw new UsageError(say`no command given`, {
      code: 'no-command',
      hint: say`Put it after "--":  lab exec vm1 -- uname -a`,
    });
  const { machines } = await openSession(context).machines(names);
  const width = Math.max(...machines.map(({ machine }) => machine.name.length));
  const logins = new Slots(LOGINS_AT_ONCE);
  const work = machines.map(async (attached) => {
    const { name } = attached.machine;
    const prefix = machines.length > 1 ? `${name.padEnd(width)} | ` : '';
    const result = await withShell(attached, logins, context.signal, (shell) =>
      execOn(context, shell, command, { collect, prefix }),
    );
    return Object.assign({ machine: name }, result);
  });
  const results = await allMachines(work, context.signal);
  return { results, exitCode: Math.max(...results.map(exitCodeOf)) };
}

/** Connects, works, closes; the slot is for the login alone. */
async function withShell<T>(
  attached: AttachedMachine,
  logins: Slots,
  signal: AbortSignal,
  work: (shell: Shell) => Promise<T>,
): Promise<T> {
  await logins.take(signal);
  const shell = await attached.connect(signal).finally(() => logins.release());
  try {
    return await work(shell);
  } finally {
    await shell.close();
  }
}
