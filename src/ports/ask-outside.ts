import { TimeoutError } from '../core/errors.ts';
import { scriptFile } from '../core/files/script-file.ts';
import { inTime } from '../core/time/time-limit.ts';
import { say } from '../core/language/say.ts';
import type { OutsideProcess, OutsideView } from '../ssh/shell.ts';

const program = scriptFile(new URL('port-outside.pl', import.meta.url));

/** What may be answered, in bytes: some 20,000 sockets. */
const MOST_ANSWERED = 4 * 1024 * 1024;

export interface OutsideQuestion {
  readonly machine: string;
  readonly outside: OutsideView;
  /** The words of a question of port-outside.pl. */
  readonly question: readonly (string | number)[];
}

/**
 * All that port-outside.pl answers to one question, or as much of it as there is room for.
 *
 * @throws {ConnectionError} when the lab is gone. @throws {TimeoutError} @throws the reason of `signal`.
 */
export async function askOutside(
  { machine, outside, question }: OutsideQuestion,
  { limitMs, signal }: { readonly limitMs: number; readonly signal?: AbortSignal | undefined },
): Promise<string> {
  signal?.throwIfAborted();
  const process = await outside.start(program());
  const late = (): TimeoutError =>
    new TimeoutError(say`the look at ${machine} took too long`, { code: 'look-timeout' });
  try {
    void process.write(`${question.join(' ')}\n`);
    process.end();
    return await inTime(textOf(process), { limitMs, late, signal });
  } finally {
    process.abandon();
  }
}

async function textOf({ output }: OutsideProcess): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of output) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MOST_ANSWERED) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}
