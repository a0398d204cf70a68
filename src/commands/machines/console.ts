import { once } from 'node:events';
import { withCleanup } from '../../core/cleanup.ts';
import { EnvironmentError, UsageError } from '../../core/errors.ts';
import { TerminalGuard } from '../../terminal/terminal-guard.ts';
import { suggestion } from '../../core/text/suggest.ts';
import { say } from '../../core/language/say.ts';
import { connectUnix } from '../../host/unix-socket.ts';
import { flagsFor } from '../../providers/ability.ts';
import type { MachineConsole } from '../../providers/provider.ts';
import { openSession } from '../../session/open-session.ts';
import type { CommandContext, UserTerminal } from '../../session/context.ts';
import { writeOutput } from '../../host/files/output.ts';
import { LEAVE_KEY } from '../../seats/leave-key.ts';

export interface ConsoleOptions {
  readonly machine: string;
  /** The last lines only; undefined: all. */
  readonly lines: number | undefined;
  /** Join the user's keyboard to the console, after what it said so far. */
  readonly interactive: boolean;
}

export interface ConsoleResult {
  readonly machine: string;
  /** What the serial console said, made harmless. */
  readonly text: string;
}

/**
 * What a machine printed on its serial console, and a seat there. Works while it starts, when SSH does not answer, and
 * after it failed.
 *
 * @throws {EnvironmentError} when nothing was said, or the provider's machines have no console.
 */
export async function readConsole(
  context: CommandContext,
  { machine, lines, interactive }: ConsoleOptions,
): Promise<ConsoleResult> {
  const { said = '', socketPath } = await consoleOf(context, machine);
  const all = said.trimEnd().split('\n');
  const text = `${(lines === undefined ? all : all.slice(-lines)).join('\n')}\n`;
  if (!interactive) return { machine, text };
  if (socketPath === undefined)
    throw new EnvironmentError(say`${machine} does not run, so nothing listens at its console`, {
      code: 'machine-down',
      hint: say`What it said before: lab console ${machine} --log`,
    });
  await writeOutput(context.terminal.stdout, text);
  await writeOutput(context.terminal.stderr, say`Joined the console of ${machine}; Ctrl-] leaves it.\n`);
  await joinConsole(context, socketPath);
  return { machine, text: '' };
}

/** Of a machine of the lab that is up; or, when a start failed, what it left. */
async function consoleOf(context: CommandContext, machine: string): Promise<MachineConsole> {
  const session = openSession(context);
  const { providers, stateFolder } = session;
  const found = await session.attached();
  const names = found?.machines.map((attached) => attached.machine.name) ?? [];
  if (found && names.includes(machine)) {
    const { name, consoles } = found.provider;
    if (consoles) return consoles.of(stateFolder, machine);
    throw new EnvironmentError(say`${machine} has no console: machines of ${name} have none`, {
      code: 'no-console',
      hint: say`Use "lab ssh ${machine}"; "lab console" works with ${await flagsFor('consoles', providers)}.`,
    });
  }
  for (const { consoles } of await providers.having('consoles')) {
    const left = await consoles.of(stateFolder, machine);
    if (left.said !== undefined) return left;
  }
  if (names.length > 0)
    throw new UsageError(say`this lab has no machine "${machine}"`, {
      code: 'unknown-machine',
      hint: suggestion(machine, names),
    });
  throw new EnvironmentError(say`nothing is known of a console of ${machine}`, {
    code: 'no-console',
    hint: say`Run "lab up" first.`,
  });
}

async function joinConsole({ terminal, signal }: CommandContext, path: string): Promise<void> {
  await withCleanup(async (cleanup) => {
    const socket = connectUnix(path);
    cleanup.add(say`leave the console`, () => socket.destroy());
    await once(socket, 'connect', { signal });
    const leave = (): void => void socket.destroy();
    signal.addEventListener('abort', leave, { once: true });
    cleanup.add(say`stop listening for signals`, () => signal.removeEventListener('abort', leave));
    const { stdin } = terminal;
    const onKeys = (bytes: Uint8Array): void => {
      if (bytes.includes(LEAVE_KEY)) socket.destroy();
      else socket.write(bytes);
    };
    stdin.setRawMode?.(true);
    stdin.on('data', onKeys);
    cleanup.add(say`give the keyboard back`, () => giveBack(stdin, onKeys));
    const guard = new TerminalGuard();
    const decoder = new TextDecoder();
    cleanup.add(say`put the terminal in order`, () => writeOutput(terminal.stdout, guard.restore()));
    try {
      for await (const chunk of socket as AsyncIterable<Uint8Array>)
        await writeOutput(terminal.stdout, guard.pass(decoder.decode(chunk, { stream: true })));
    } catch (error) {
      signal.throwIfAborted();
      if (!socket.destroyed) throw error;
    }
    signal.throwIfAborted();
  });
}

function giveBack(stdin: UserTerminal['stdin'], onKeys: (bytes: Uint8Array) => void): void {
  stdin.off('data', onKeys);
  stdin.setRawMode?.(false);
  stdin.pause();
}
