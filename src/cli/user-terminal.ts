import type { UserTerminal } from '../session/context.ts';
import { isClosed, isTerminalGone, OutputClosedError, outputFailure } from '../host/files/output.ts';
import type { LanguageCode } from '../core/lab-description.ts';
import { InterruptedError, systemCode, type LabError } from '../core/errors.ts';
import { say } from '../core/language/say.ts';
import { spokenLanguage } from '../core/language/speak.ts';
import { sanitize } from '../core/text/sanitize.ts';
import { askLine } from './question.ts';

/** What means yes to somebody who is asked in that language. */
const yes: Readonly<Record<LanguageCode, RegExp>> = { en: /^y(es)?$/i, fr: /^(o(ui)?|y(es)?)$/i };

/**
 * The streams of this process, with a way to ask questions when they are a terminal. Questions come one at a time, and
 * `quietly` keeps everything else off the screen meanwhile. A question may come from a machine, so it is made harmless.
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
  const confirm = async (question: string): Promise<boolean> =>
    yes[spokenLanguage()].test((await ask(say`${question} [y/N] `, true))?.trim() ?? '');
  return { stdin, stdout, stderr, confirm, answer: (question, { visible }) => ask(question, visible) };
}

/** Most commands end within this time when their output has no reader. */
const PATIENCE_MS = 1000;

/**
 * Handles the errors of this process's streams, so that none of them ends us in mid-work.
 *
 * A reader that went away changes nothing: `lab down | head` still takes the lab down, and a command that goes on says
 * so. When the terminal is gone, or both outputs have lost their reader, `stop` is called as for a signal. When
 * standard output cannot be written (disk full), it is called with that fault. What standard error cannot take is
 * dropped.
 */
export function watchStreams(stop: (reason: LabError) => void): void {
  const { stdin, stdout, stderr } = process;
  const closed = new Set<object>();
  const onError = (stream: NodeJS.WriteStream, error: unknown): void => {
    if (isClosed(error, stream) && !closed.has(stream)) {
      closed.add(stream);
      // A lost reader shows only when something is written.
      if (stream === stdout)
        setTimeout(
          () => stderr.write(say`lab: no one reads the output any more; the command goes on\n`),
          PATIENCE_MS,
        ).unref();
    }
    if (stream === stdout && !isClosed(error, stream)) void outputFailure(error).then(stop);
    if (isTerminalGone(error, stream) || closed.size === 2) stop(new InterruptedError('SIGTERM'));
  };
  for (const stream of [stdout, stderr]) stream.on('error', (error) => onError(stream, error));
  stdin.on('error', (error) => {
    if (isTerminalGone(error, stdin)) stop(new InterruptedError('SIGTERM'));
  });
}

/** Resolves when all output has left this process, and its errors have reached their listeners. */
export async function flushOutput(): Promise<void> {
  await Promise.all([process.stdout, process.stderr].map(flush));
  await new Promise((resolve) => setImmediate(resolve));
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) resolve();
    else stream.write('', () => resolve());
  });
}

/** Whether the error only says that our output has lost its reader. */
export function isClosedOutput(error: unknown): boolean {
  return error instanceof OutputClosedError || systemCode(error) === 'EPIPE';
}
