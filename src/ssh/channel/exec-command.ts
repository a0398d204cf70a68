import { TimeoutError } from '../../core/errors.ts';
import { inTime, TimeLimit } from '../../core/time/time-limit.ts';
import { sayDuration } from '../../core/language/amounts.ts';
import { type Attempt, retryUntil } from '../../core/time/retry.ts';
import type { Lifeline } from './lifeline.ts';
import { OutputCollector } from './output-collector.ts';
import { execLine } from './remote-command.ts';
import type { MachineProcessId, ChannelSession } from './channel-session.ts';
import type { Sessions } from './session-pool.ts';
import { Stall, stalledFailure } from './stall.ts';
import type { Command, ExecOptions, ExecResult, ExitStatus } from '../shell.ts';
import { say } from '../../core/language/say.ts';

export const DEFAULT_MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
/**
 * A command that runs for longer than this opens the lifeline; shorter ones do not pay for it. Once it is open, every
 * command is registered at once.
 */
const REGISTER_AFTER_MS = 300;
/** What a command that is out of time gets between TERM and KILL. */
const GRACE_MS = 1000;
/** So much a machine at least reads and checks of what it got, in a millisecond: 2 MB/s. */
export const CHECKED_BYTES_PER_MS = 2000;

/** Runs one command to its end. See `Shell.exec`. */
export async function runCommand(
  sessions: Sessions,
  lifeline: Lifeline,
  command: Command,
  options: ExecOptions,
): Promise<ExecResult> {
  using limit = new TimeLimit(options.timeoutMs ?? Infinity);
  const signal = options.signal ? AbortSignal.any([limit.signal, options.signal]) : limit.signal;
  try {
    const session = await sessions.open(execLine(command), { signal });
    return await new Execution(session, lifeline, options).run(signal);
  } catch (error) {
    if (!limit.signal.aborted || options.signal?.aborted || error !== limit.signal.reason) throw error;
    throw commandTimeout(sessions.connection.machine, command, options.timeoutMs ?? 0);
  }
}

/** For a command that was ended because it took too long. */
export function commandTimeout(machine: string, command: Command, timeoutMs: number): TimeoutError {
  return new TimeoutError(
    say`${machine}: "${commandText(command)}" did not end within ${sayDuration(timeoutMs)}; it was ended`,
    { code: 'command-timeout', hint: say`Give it more time, or look why it hangs.` },
  );
}

/** One command under way. */
class Execution {
  readonly #session: ChannelSession;
  readonly #lifeline: Lifeline;
  readonly #options: ExecOptions;
  readonly #stdout: OutputCollector;
  readonly #stderr: OutputCollector;
  #process: MachineProcessId | undefined;
  /** Whether it runs for so long that it has to be registered as soon as it is known which process it is. */
  #isLong = false;
  #isRegistered = false;

  constructor(session: ChannelSession, lifeline: Lifeline, options: ExecOptions) {
    this.#session = session;
    this.#lifeline = lifeline;
    this.#options = options;
    const maxBytes = options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES;
    this.#stdout = new OutputCollector(maxBytes);
    this.#stderr = new OutputCollector(maxBytes);
  }

  async run(signal: AbortSignal | undefined): Promise<ExecResult> {
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => aborted.reject(signal?.reason as Error);
    const registration = setTimeout(() => {
      this.#isLong = true;
      this.#registerSoon();
    }, REGISTER_AFTER_MS);
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    try {
      return await Promise.race([this.#complete(), aborted.promise]);
    } catch (error) {
      await this.#endProcess();
      throw error;
    } finally {
      clearTimeout(registration);
      signal?.removeEventListener('abort', abort);
      if (this.#process && this.#isRegistered) void this.#lifeline.remove(this.#process).catch(() => undefined);
    }
  }

  async #complete(): Promise<ExecResult> {
    const ending = this.#follow();
    const inputFailure = this.#feed(ending).then(() => Promise.withResolvers<never>().promise);
    const status = await Promise.race([ending, inputFailure]);
    return {
      ...status,
      stdout: this.#stdout.text(),
      stderr: this.#stderr.text(),
      truncated: this.#stdout.truncated || this.#stderr.truncated,
    };
  }

  async #follow(): Promise<ExitStatus> {
    this.#process = await this.#session.begin({ stderr: true });
    if (this.#isLong || this.#lifeline.isPrepared) this.#registerSoon();
    await this.#readAll();
    return this.#session.exit;
  }

  /**
   * Sends the input and closes it. Ends early when the command reads no more; fails when it stands still, where that is
   * watched.
   */
  async #feed(ending: Promise<unknown>): Promise<void> {
    const { input, stallMs = Infinity } = this.#options;
    const session = this.#session;
    const stall = new Stall(session.connection.machine, stallMs);
    let sentBytes = 0;
    for await (const chunk of piecesOf(input)) {
      if (session.isClosed) break;
      await stall.wait(session.write(chunk));
      stall.moved(chunk.length);
      sentBytes += chunk.length;
    }
    session.channel.end();
    if (stallMs === Infinity) return;
    const limitMs = stallMs + sentBytes / CHECKED_BYTES_PER_MS;
    await inTime(
      ending.catch(() => undefined),
      { limitMs, late: () => stalledFailure(session.connection.machine, limitMs) },
    );
  }

  /**
   * Reads until both streams end, or until the command has ended and the processes that still hold its output are
   * silent.
   */
  async #readAll(): Promise<void> {
    const reading = Promise.all([this.#readStream('stdout'), this.#readStream('stderr')]);
    const isCut = this.#session.closeWhenSilent().catch(() => false);
    await Promise.race([reading, isCut.then((cut) => (cut ? undefined : reading))]);
  }

  async #readStream(name: 'stdout' | 'stderr'): Promise<void> {
    const { onOutput } = this.#options;
    const collector = name === 'stdout' ? this.#stdout : this.#stderr;
    for await (const chunk of this.#session.read(name)) {
      if (onOutput) await onOutput(name, chunk);
      else collector.add(chunk);
    }
  }

  #registerSoon(): void {
    if (this.#options.endsByItself || !this.#process || this.#isRegistered || this.#session.isClosed) return;
    this.#isRegistered = true;
    this.#lifeline.add(this.#process, this.#session.exit).catch(() => undefined);
  }

  /** Ends the whole process group, as gently as it allows, and gives the session up. */
  async #endProcess(): Promise<void> {
    const { channel } = this.#session;
    try {
      if (this.#process && !this.#session.isClosed && this.#options.endsByItself !== true)
        await endGroup(this.#session, this.#lifeline, this.#process);
    } finally {
      channel.end();
      this.#session.abandon();
    }
  }
}

/**
 * TERM, a grace, KILL, and another grace for the machine to say that it is gone. A machine that does not acknowledge
 * the first is left to its own side of the lifeline.
 */
async function endGroup(session: ChannelSession, lifeline: Lifeline, process: MachineProcessId): Promise<void> {
  let isGone = false;
  session.exit.catch(() => undefined).finally(() => (isGone = true));
  session.channel.resume();
  session.channel.stderr.resume();
  for (const signal of ['TERM', 'KILL']) {
    if (!(await lifeline.kill(process, signal))) session.channel.signal(signal);
    if (lifeline.isDeaf) return;
    const look = (): Attempt<true> => (isGone ? { value: true } : { seen: say`it runs` });
    const ended = await retryUntil(look, { what: say`the command to end`, timeoutMs: GRACE_MS }).catch(() => false);
    if (ended) return;
  }
}

/** The whole input at once where it is there, else as it comes. */
export async function* piecesOf(input: ExecOptions['input']): AsyncGenerator<Uint8Array, void, undefined> {
  if (typeof input === 'string') yield Buffer.from(input);
  else if (input instanceof Uint8Array) yield input;
  else if (input !== undefined) yield* input;
}

function commandText(command: Command): string {
  if ('script' in command && command.script.includes('\n')) return say`a script of lab`;
  const text = 'script' in command ? command.script : command.join(' ');
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
