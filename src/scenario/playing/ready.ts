import { quoteCommand } from '../../core/text/shell-quote.ts';
import { isListening } from '../../ports/inspect-port.ts';
import type { Deadline, PlayContext } from './play-context.ts';
import { patternText } from '../../lab/pattern.ts';
import type { ProgramTerminal } from './program-terminal.ts';

const ANSWERED_HINT =
  'The prompt that is there was answered already: each line that is sent needs a prompt of its own.';

/**
 * Waits until the program listens on all its ports. Readiness is a row in the machine's socket table, never a
 * connection: a server may accept only once.
 */
export async function waitUntilListening(
  play: PlayContext,
  terminal: ProgramTerminal,
  deadline: Deadline,
): Promise<void> {
  const shell = play.shell(terminal.machine);
  for (const port of terminal.program.listens) {
    await play.waitFor(terminal, deadline, {
      expected: `${terminal.role} to listen on port ${port} of ${terminal.machine}`,
      otherwise: 'it did not',
      look: async () => ((await isListening(shell, port, { signal: play.signal })) ? true : undefined),
      hint: () => notFoundHint(terminal),
    });
  }
}

/** Waits until the prompt shows; does not use it up. */
export async function waitForPrompt(play: PlayContext, terminal: ProgramTerminal, deadline: Deadline): Promise<void> {
  await waitOnPrompt(play, terminal, deadline, () => terminal.reader.seesPrompt(terminal.program.prompt!));
}

/** Waits until the prompt shows and uses it up: one prompt, one line. */
export async function takePrompt(play: PlayContext, terminal: ProgramTerminal, deadline: Deadline): Promise<void> {
  await waitOnPrompt(play, terminal, deadline, () => terminal.reader.takePrompt(terminal.program.prompt!));
}

async function waitOnPrompt(
  play: PlayContext,
  terminal: ProgramTerminal,
  deadline: Deadline,
  isThere: () => boolean,
): Promise<void> {
  const prompt = terminal.program.prompt!;
  await play.waitFor(terminal, deadline, {
    expected: `the prompt ${patternText(prompt)} on the terminal of ${terminal.role}`,
    otherwise: 'it did not show',
    look: () => (isThere() ? true : undefined),
    hint: () => (terminal.reader.shows(prompt) ? ANSWERED_HINT : notFoundHint(terminal)),
  });
}

/** By POSIX, a shell that does not find a command ends with status 127 (Shell Command Language, 2.8.2). */
function notFoundHint({ program, machine, status }: ProgramTerminal): string | undefined {
  if (status?.exitCode !== 127) return undefined;
  const which = quoteCommand(['which', program.command[0]!]);
  return `Status 127 mostly means that a command was not found. Try by hand: lab exec ${machine} -- ${which}`;
}
