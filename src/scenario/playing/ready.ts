import type { Advice } from '../../core/step-problem.ts';
import { quoteCommand } from '../../core/text/shell-quote.ts';
import { isListening } from '../../ports/inspect-port.ts';
import type { Deadline, PlayContext } from './play-context.ts';
import { patternText } from '../../lab/pattern.ts';
import type { ProgramTerminal } from './program-terminal.ts';

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
      expected: { kind: 'listen', role: terminal.role, machine: terminal.machine, port },
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
    expected: { kind: 'prompt', role: terminal.role, pattern: patternText(prompt) },
    look: () => (isThere() ? true : undefined),
    nearest: () => (terminal.reader.shows(prompt) ? undefined : terminal.reader.unfinishedLine),
    hint: () => (terminal.reader.shows(prompt) ? { kind: 'prompt-answered' } : notFoundHint(terminal)),
  });
}

/** By POSIX, a shell that does not find a command ends with status 127 (Shell Command Language, 2.8.2). */
function notFoundHint({ program, machine, status }: ProgramTerminal): Advice | undefined {
  if (status?.exitCode !== 127) return undefined;
  return { kind: 'command-not-found', machine, command: quoteCommand(['which', program.command[0]!]) };
}
