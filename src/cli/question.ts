import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { interruptSelf } from '../host/interrupt.ts';

/** Asks for a line on the terminal; stdout is data, so the question goes to stderr. Undefined at end of input (^D). */
export async function askLine(
  question: string,
  options: { readonly visible: boolean; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const { visible, signal } = options;
  // readline shows what is typed by writing it to its output: what must not be seen goes nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: visible ? process.stderr : nowhere, terminal: true });
  // readline takes ^C for itself while it asks; it goes the same way as at any other time.
  lines.on('SIGINT', () => interruptSelf());
  const ended = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)));
  try {
    if (!visible) process.stderr.write(question);
    return await Promise.race([lines.question(visible ? question : '', { signal }), ended]);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    lines.close();
    if (!visible) process.stderr.write('\n');
  }
}
