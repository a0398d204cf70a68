import { inTime } from '../../core/time/time-limit.ts';
import { toolWords } from '../../core/text/tool-words.ts';
import { unansweredFailure } from '../transport/connection-failure.ts';
import { OutputCollector } from './output-collector.ts';
import { execLine } from './remote-command.ts';
import type { ChannelSession } from './channel-session.ts';
import type { Sessions } from './session-pool.ts';
import type { GetOptions } from '../shell.ts';
import { Stall } from './stall.ts';
import { TransferError } from './transfer-error.ts';
import { say } from '../../core/language/say.ts';

const MAX_MESSAGE_BYTES = 4096;

/** `$1` file, `$2` how much of it, if not all. head(1) with `-c` is no part of POSIX, but of GNU, BusyBox and BSD. */
const GET_SCRIPT = 'LC_ALL=C; if [ $# -eq 1 ]; then exec cat -- "$1"; else exec head -c "$2" -- "$1"; fi';

/** The command that prints a file, or the beginning of it. */
export function getCommand(
  path: string,
  { maxBytes }: GetOptions,
): { readonly script: string; readonly args: readonly string[] } {
  return { script: GET_SCRIPT, args: maxBytes === undefined ? [path] : [path, String(maxBytes)] };
}

/** Reads a file. See `Shell.get`. */
export async function* getFile(
  sessions: Sessions,
  path: string,
  options: GetOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { signal } = options;
  const session = await sessions.open(execLine(getCommand(path, options)), { signal });
  session.channel.end();
  try {
    await session.begin({ stderr: true, signal });
    const { machine, patience } = session.connection;
    const message = collectMessage(session.read('stderr'));
    yield* watched(session.read('stdout'), { machine, stallMs: patience.stallMs }, options);
    const { exitCode } = await endOf(session, signal);
    if (exitCode !== 0) throw getFailure(session.connection.machine, path, await message);
  } finally {
    // A reader that stops early leaves `cat` without a reader; it ends by SIGPIPE.
    session.abandon();
  }
}

/** What comes, as long as something comes, and no more than was asked for, whatever the machine sends. */
export async function* watched(
  chunks: AsyncGenerator<Uint8Array, void, undefined>,
  { machine, stallMs }: { readonly machine: string; readonly stallMs: number },
  { maxBytes = Infinity, signal }: GetOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const stall = new Stall(machine, stallMs);
  let leftBytes = maxBytes;
  while (leftBytes > 0) {
    const next = await stall.wait(chunks.next(), signal);
    if (next.done === true) return;
    const chunk = next.value.subarray(0, leftBytes);
    leftBytes -= chunk.length;
    stall.moved(chunk.length);
    yield chunk;
  }
}

function endOf(session: ChannelSession, signal: AbortSignal | undefined): Promise<Awaited<ChannelSession['exit']>> {
  const {
    machine,
    patience: { answerMs },
  } = session.connection;
  return inTime(session.exit, {
    limitMs: answerMs,
    signal,
    late: () => unansweredFailure(machine, say`tell how the command ended`, answerMs),
  });
}

/** The words of cat(1). */
export async function collectMessage(errors: AsyncIterable<Uint8Array>): Promise<string> {
  const message = new OutputCollector(MAX_MESSAGE_BYTES);
  for await (const chunk of errors) message.add(chunk);
  return message.text().trim();
}

/** The words of cat(1) in the C locale, and ours. */
const reasons: Readonly<Record<string, string>> = {
  'No such file or directory': say`no such file or directory`,
  'Permission denied': say`permission denied`,
  'Is a directory': say`is a directory`,
};

export function getFailure(machine: string, path: string, message: string): TransferError {
  const known = /(No such file or directory|Permission denied|Is a directory)/.exec(message)?.[1];
  const told = toolWords(message);
  const reason = known === undefined ? told.split(': ').at(-1) || say`its content did not come` : reasons[known]!;
  return new TransferError(say`${machine}: ${path} cannot be read: ${reason}`, {
    code: known === 'No such file or directory' ? 'remote-file-missing' : 'get-failed',
    hint: say`"ls -l" on ${machine} shows what is there.`,
    reason: known ?? reason,
  });
}
