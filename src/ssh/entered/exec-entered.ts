import { inTime, TimeLimit } from '../../core/time/time-limit.ts';
import { CHECKED_BYTES_PER_MS, DEFAULT_MAX_OUTPUT_BYTES, commandTimeout, piecesOf } from '../channel/exec-command.ts';
import { SILENCE_MS } from '../channel/channel-session.ts';
import { OutputCollector } from '../channel/output-collector.ts';
import { Stall, stalledFailure } from '../channel/stall.ts';
import type { Command, ExecOptions, ExecResult } from '../shell.ts';
import type { Entry, OutputName } from './entry.ts';

type Enter = (signal: AbortSignal) => Promise<{ readonly entry: Entry }>;

/** Runs one command to its end. See `Shell.exec`. */
export async function execEntered(
  enter: Enter,
  { machine, command }: { readonly machine: string; readonly command: Command },
  options: ExecOptions,
): Promise<ExecResult> {
  using limit = new TimeLimit(options.timeoutMs ?? Infinity);
  const signal = options.signal ? AbortSignal.any([limit.signal, options.signal]) : limit.signal;
  try {
    const { entry } = await enter(signal);
    return await complete(entry, options, signal);
  } catch (error) {
    if (!limit.signal.aborted || options.signal?.aborted || error !== limit.signal.reason) throw error;
    throw commandTimeout(machine, command, options.timeoutMs ?? 0);
  }
}

/** Follows it to its end, or ends it. */
async function complete(entry: Entry, options: ExecOptions, signal: AbortSignal): Promise<ExecResult> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const following = follow(entry, options);
  following.catch(() => undefined);
  const feeding = feed(entry, options, following).then(() => following);
  try {
    return await Promise.race([following, feeding, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    const ending = entry.end();
    if (!entry.hasExited) await ending;
  }
}

async function follow(entry: Entry, { maxOutputBytes, onOutput }: ExecOptions): Promise<ExecResult> {
  const [stdout, stderr] = (['stdout', 'stderr'] as const).map(
    () => new OutputCollector(maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES),
  ) as [OutputCollector, OutputCollector];
  const take = async (name: OutputName, collector: OutputCollector): Promise<void> => {
    for await (const chunk of entry.read(name)) {
      if (onOutput) await onOutput(name, chunk);
      else collector.add(chunk);
    }
  };
  // It ends the streams.
  entry.whenSilent(SILENCE_MS).catch(() => undefined);
  await Promise.all([take('stdout', stdout), take('stderr', stderr)]);
  const status = await entry.exit;
  return { ...status, stdout: stdout.text(), stderr: stderr.text(), truncated: stdout.truncated || stderr.truncated };
}

/** Sends the input and closes it. Fails when it stands still, where that is watched. */
async function feed(entry: Entry, { input, stallMs = Infinity }: ExecOptions, ending: Promise<unknown>): Promise<void> {
  const stall = new Stall(entry.machine, stallMs);
  let sentBytes = 0;
  for await (const chunk of piecesOf(input)) {
    if (entry.isClosed || entry.hasExited) break;
    await stall.wait(entry.write(chunk));
    stall.moved(chunk.length);
    sentBytes += chunk.length;
  }
  entry.endInput();
  if (stallMs === Infinity) return;
  const limitMs = stallMs + sentBytes / CHECKED_BYTES_PER_MS;
  await inTime(
    ending.catch(() => undefined),
    { limitMs, late: () => stalledFailure(entry.machine, limitMs) },
  );
}
