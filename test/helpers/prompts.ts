import type { Pattern } from '../../src/lab/types.ts';
import type { TerminalReader } from '../../src/scenario/playing/terminal-reader.ts';

/** Whether the output ends with the prompt. */
export function seesPrompt(reader: TerminalReader, prompt: Pattern): boolean {
  return reader.promptState(prompt) === 'shown';
}

/** The same, and answers it. */
export function takePrompt(reader: TerminalReader, prompt: Pattern): boolean {
  const isThere = seesPrompt(reader, prompt);
  if (isThere) reader.answerPrompt();
  return isThere;
}
