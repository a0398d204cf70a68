import { createInterface } from 'node:readline/promises';
import type { UserTerminal } from '../commands/context.ts';
import { OutputClosedError } from '../commands/output.ts';
import { systemCode } from '../core/errors.ts';

/** The streams of this process, with a way to ask when a person sits there. Questions go to stderr: stdout is data. */
export function userTerminal(signal: AbortSignal): UserTerminal {
  const { stdin, stdout, stderr } = process;
  const canAsk = stdin.isTTY && stderr.isTTY;
  return { stdin, stdout, stderr, confirm: canAsk ? (question) => confirm(question, signal) : undefined };
}

async function confirm(question: string, signal: AbortSignal): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // readline takes ^C for itself while it asks; it goes the same way as at any other time.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    const answer = await lines.question(`${question} [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    lines.close();
  }
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
