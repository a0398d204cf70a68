import { withCleanup, type CleanupStack } from '../../core/cleanup.ts';
import type { EventSink } from '../../core/events.ts';
import { say } from '../../core/language/say.ts';
import type { ExecResult, RemoteProcess, Shell } from '../../ssh/shell.ts';
import type { CommandContext, UserTerminal } from '../../session/context.ts';
import { openSession } from '../../session/open-session.ts';
import { execOn, exitCodeOf } from '../../seats/exec-on.ts';
import { writeOutput } from '../../host/files/output.ts';
import { sizeOf } from '../../seats/seat.ts';

export interface SshOptions {
  readonly machine: string;
  /** Words for the machine's shell, joined by spaces as ssh(1) does; undefined logs in. */
  readonly command: readonly string[] | undefined;
  readonly tty: boolean;
  /** Keep what the command prints for the result, instead of passing it on as it comes. */
  readonly collect: boolean;
}

export interface SshResult extends Partial<ExecResult> {
  readonly machine: string;
  readonly status: number;
}

/** The user's login shell, started as login(1) does; `$SHELL` is set by sshd. */
const LOGIN_SHELL = 'exec "${SHELL:-/bin/sh}" -l';

/**
 * A shell on the machine, or one command there; its status is the result. A terminal is taken only by who sits at one,
 * as ssh(1) does: a shell that reads a pipe or a file gets all of it and then its end.
 *
 * @throws {ConnectionError} when the machine cannot be reached or the connection is lost.
 */
export async function ssh(context: CommandContext, { machine, command, tty, collect }: SshOptions): Promise<SshResult> {
  return withCleanup(async (cleanup) => {
    const { shells } = await openSession(context).connect(cleanup, [machine]);
    const shell = shells.get(machine)!;
    const script = command?.join(' ') ?? LOGIN_SHELL;
    const isSeated = context.terminal.stdin.isTTY === true;
    if (tty && !isSeated) await tellNoTerminal(context.events);
    if (isSeated && (command === undefined || tty))
      return { machine, status: await onTerminal(context, shell, cleanup, script) };
    const result = await execOn(context, shell, { script }, { collect, prefix: '' });
    return { machine, ...(collect ? result : {}), status: exitCodeOf(result) };
  });
}

async function tellNoTerminal(events: EventSink): Promise<void> {
  await events.emit({
    kind: 'notice',
    level: 'warning',
    message: say`no terminal is taken on the machine, because standard input is none`,
  });
}

/** Joins the user's terminal to one on the machine until the command there ends. */
async function onTerminal(
  { terminal, signal }: CommandContext,
  shell: Shell,
  cleanup: CleanupStack,
  script: string,
): Promise<number> {
  const process = await shell.start(
    { script },
    { terminal: sizeOf(terminal), signal, env: new Map([['TERM', processTerm()]]) },
  );
  const stop = (): void => void process.kill('HUP');
  signal.addEventListener('abort', stop, { once: true });
  cleanup.add(say`stop listening for signals`, () => signal.removeEventListener('abort', stop));
  joinKeyboard(terminal, process, cleanup);
  for await (const chunk of process.output) await writeOutput(terminal.stdout, chunk);
  return exitCodeOf(await process.exit);
}

/** Every key goes to the process as it is pressed, ^C too; the clean-up stack gives the keyboard back. */
function joinKeyboard(terminal: UserTerminal, process: RemoteProcess, cleanup: CleanupStack): void {
  const { stdin, stdout } = terminal;
  const onKeys = (bytes: Uint8Array): void => {
    stdin.pause();
    // A lost connection shows in the output and the exit status; nothing is to be said twice.
    process.write(bytes).then(
      () => stdin.resume(),
      () => undefined,
    );
  };
  const onEnd = (): void => process.end();
  const onResize = (): void => process.resize(sizeOf(terminal));
  stdin.setRawMode?.(true);
  stdin.on('data', onKeys).on('end', onEnd);
  stdout.on('resize', onResize);
  cleanup.add(say`give the keyboard back`, () => {
    stdout.off('resize', onResize);
    stdin.off('data', onKeys).off('end', onEnd);
    stdin.setRawMode?.(false);
    stdin.pause();
  });
}

function processTerm(): string {
  return globalThis.process.env['TERM'] ?? 'xterm-256color';
}
