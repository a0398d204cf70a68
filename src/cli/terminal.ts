import type { UserTerminal } from '../commands/context.ts';
import { OutputClosedError } from '../commands/output.ts';
import { systemCode } from '../core/errors.ts';
import { sanitize } from '../core/sanitize.ts';
import { askLine } from './question.ts';

/**
 * The streams of this process, with a way to ask when a person sits there. One question at a time, and `quietly` keeps all else off the screen meanwhile. A question may come from a
 * machine, so it is made harmless.
 */
export function userTerminal(signal: AbortSignal, quietly: <T>(work: () => Promise<T>) => Promise<T>): UserTerminal {
  const { stdin, stdout, stderr } = process;
  if (!stdin.isTTY || !stderr.isTTY) return { stdin, stdout, stderr, confirm: undefined };
  let last: Promise<unknown> = Promise.resolve();
  const ask = (question: string, visible: boolean): Promise<string | undefined> => {
    const answer = last.then(() => quietly(() => askLine(sanitize(question), { visible, signal })));
    last = answer.catch(() => undefined);
    return answer;
  };
  const confirm = async (question: string): Promise<boolean> => /^y(es)?$/i.test((await ask(`${question} [y/N] `, true))?.trim() ?? '');
  return { stdin, stdout, stderr, confirm, answer: (question, { visible }) => ask(question, visible) };
}

/** A reader that went away must not end us in mid-work: `lab down | head` still takes the lab down. */
export function tolerateClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: Error) => {
      if (systemCode(error) !== 'EPIPE') throw error;
    });
  }
}

/** Resolves when all that was written to stdout and stderr has left this process. */
export async function flushOutput(): Promise<void> {
  await Promise.all([process.stdout, process.stderr].map(flush));
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) resolve();
    else stream.write('', () => resolve());
  });
}

/** Whether the error only says that nobody reads our output any more. */
export function isClosedOutput(error: unknown): boolean {
  return error instanceof OutputClosedError || systemCode(error) === 'EPIPE';
}
