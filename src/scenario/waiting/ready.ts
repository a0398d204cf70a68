import type { ProgramLook } from '../../core/program-look.ts';
import type { Advice, Expectation } from '../../core/step-problem.ts';
import { quoteCommand } from '../../core/text/shell-quote.ts';
import { awakeNow } from '../../core/time/awake-clock.ts';
import { patternText } from '../../lab/pattern.ts';
import { asksForLine, showsPrompt, takesKeys, type LineSigns } from './asks-for-line.ts';
import type { Deadline, PlayContext } from '../playing/play-context.ts';
import type { ProgramTerminal } from '../playing/program-terminal.ts';

/** How a program waits for the line that is about to be typed; undefined when its machine does not show it. */
export type Entry = ProgramLook['entry'];

/**
 * Waits until the program shows its prompt (see `showsPrompt`), and uses up nothing.
 *
 * @throws {StepFailure} as `PlayContext.waitFor` does.
 */
export async function waitForPrompt(play: PlayContext, terminal: ProgramTerminal, deadline: Deadline): Promise<void> {
  await waitForSigns(play, terminal, { deadline, suffice: showsPrompt });
}

interface SignsWait {
  readonly deadline: Deadline;
  readonly suffice: (signs: LineSigns) => boolean;
}

async function waitForSigns(
  play: PlayContext,
  terminal: ProgramTerminal,
  { deadline, suffice }: SignsWait,
): Promise<Entry> {
  const { role, reader } = terminal;
  const { prompt } = terminal.program;
  const question = new LineQuestion(play, terminal, suffice);
  const expected: Expectation =
    prompt === undefined ? { kind: 'input', role } : { kind: 'prompt', role, pattern: patternText(prompt) };
  const { look } = await play.waitFor(terminal, deadline, {
    expected,
    // A user who has typed something already has answered the question.
    look: () => (terminal.linesRelayed > 0 ? { look: undefined } : question.asks()),
    nearest: () => (prompt === undefined || reader.shows(prompt) ? undefined : reader.unfinishedLine),
    hint: () => (isAnswered(terminal) ? { kind: 'prompt-answered' } : notFoundHint(terminal)),
  });
  return look?.entry;
}

/**
 * Waits until the program asks for a line (see `asksForLine`), and uses up its prompt: one prompt, one line. Says whether
 * its terminal will show what is typed.
 *
 * @throws {StepFailure} as `PlayContext.waitFor` does.
 */
export async function takeLine(play: PlayContext, terminal: ProgramTerminal, deadline: Deadline): Promise<Entry> {
  const entry = await waitForSigns(play, terminal, { deadline, suffice: asksForLine });
  terminal.reader.answerPrompt();
  return entry;
}

/**
 * Waits until the program takes keys (see `takesKeys`); says how its terminal gives them.
 *
 * @throws {StepFailure} as `PlayContext.waitFor` does.
 */
export async function waitForKeyboard(
  play: PlayContext,
  terminal: ProgramTerminal,
  deadline: Deadline,
): Promise<Entry> {
  const since = awakeNow();
  const { look } = await play.waitFor(terminal, deadline, {
    expected: { kind: 'input', role: terminal.role },
    look: async () => {
      if (terminal.status !== undefined) return undefined;
      const now = (await play.lookAt([terminal], { only: 'keyboard' })).get(terminal);
      return takesKeys(now, awakeNow() - since) ? { look: now } : undefined;
    },
    hint: () => notFoundHint(terminal),
  });
  return look?.entry;
}

/** Whether a program asks for a line, asked again and again. */
export class LineQuestion {
  readonly #play: PlayContext;
  readonly #terminal: ProgramTerminal;
  readonly #suffice: SignsWait['suffice'];
  readonly #since = awakeNow();

  constructor(play: PlayContext, terminal: ProgramTerminal, suffice: SignsWait['suffice'] = asksForLine) {
    this.#play = play;
    this.#terminal = terminal;
    this.#suffice = suffice;
  }

  /** With what its machine showed; undefined when it does not ask. The machine is asked only when the prompt does not decide. */
  async asks(): Promise<{ readonly look: ProgramLook | undefined } | undefined> {
    const terminal = this.#terminal;
    const { prompt } = terminal.program;
    if (terminal.status !== undefined) return undefined;
    if (prompt !== undefined && terminal.reader.promptState(prompt) === 'missing') return undefined;
    const look = await this.#look();
    const signs = {
      look,
      // Again: something may have come meanwhile.
      prompt: prompt === undefined ? ('none' as const) : terminal.reader.promptState(prompt),
      quietMs: terminal.quietMs,
      waitedMs: awakeNow() - this.#since,
    };
    return this.#suffice(signs) ? { look } : undefined;
  }

  /** What a program waits for that does not read its keyboard takes longer to find out. */
  async #look(): Promise<ProgramLook | undefined> {
    const terminal = this.#terminal;
    const look = (await this.#play.lookAt([terminal], { only: 'keyboard' })).get(terminal);
    if (look === undefined || look.waits.includes('keyboard')) return look;
    return (await this.#play.lookAt([terminal])).get(terminal);
  }
}

function isAnswered({ status, reader, program: { prompt } }: ProgramTerminal): boolean {
  return status === undefined && reader.hasAnswered && prompt !== undefined && reader.shows(prompt);
}

/** By POSIX, a shell that does not find a command ends with status 127 (Shell Command Language, 2.8.2). */
export function notFoundHint({ program, machine, status }: ProgramTerminal): Advice | undefined {
  if (status?.exitCode !== 127) return undefined;
  return { kind: 'command-not-found', machine, command: quoteCommand(['which', program.command[0]!]) };
}
