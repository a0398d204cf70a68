import { scriptFile } from '../../core/files/script-file.ts';
import { UsageError } from '../../core/errors.ts';
import { inTime } from '../../core/time/time-limit.ts';
import { type Attempt, retryUntil } from '../../core/time/retry.ts';
import { execLine, type RemoteCommand } from './remote-command.ts';
import type { MachineProcessId, ChannelSession } from './channel-session.ts';
import type { Heartbeat } from '../patience.ts';
import { say } from '../../core/language/say.ts';

const lifelineScript = scriptFile(new URL('lifeline.sh', import.meta.url));

/**
 * The remote script gives programs one second after TERM; then it needs a moment for KILL, on a busy machine more than
 * one.
 */
const END_TIMEOUT_MS = 8000;
/**
 * So soon it says that it has sent a signal, even over a slow network; where it does not, the end of the connection is
 * what ends programs there. With what closing takes it is less than a second.
 */
const SIGNAL_TIMEOUT_MS = 600;
/** As much of a line of the script as is looked at; its own are shorter. */
const LONGEST_LINE = 100;
/** So soon it goes when it has nothing to end. */
const IDLE_TIMEOUT_MS = 250;

export interface LifelineOptions {
  readonly openSession: (command: RemoteCommand) => Promise<ChannelSession>;
  readonly heartbeat: Heartbeat;
  /** How long the server may take for each answer, in milliseconds. */
  readonly answerMs: number;
}

/**
 * The machine's side of "programs never outlive the connection". Opened when the first program needs it; costs one
 * session.
 */
export class Lifeline {
  readonly #options: LifelineOptions;
  #opening: Promise<ChannelSession | undefined> | undefined;
  /** Resolves when its shell has spoken, or never will. */
  #begun: Promise<void> = Promise.resolve();
  #answers: (() => void)[] = [];
  #givenUp = false;
  #isDeaf = false;
  /** Processes that end with the connection, and when it is known how each ended. */
  readonly #registered = new Map<string, Promise<unknown>>();

  constructor(options: LifelineOptions) {
    this.#options = options;
  }

  /** Whether it is open already, or being opened. */
  get isPrepared(): boolean {
    return this.#opening !== undefined;
  }

  /** Whether it did not acknowledge a signal in time: then nothing is waited for from it. */
  get isDeaf(): boolean {
    return this.#isDeaf;
  }

  /** Begins to open it, so that a later `add` need not wait. */
  prepare(): void {
    this.#opening ??= this.#open();
    // `add` reports a failure; where the program itself could not be started, there is no `add`.
    this.#opening.catch(() => undefined);
  }

  /**
   * From now on the process group ends with the connection; `exit` settles when the server has said how it ended. What
   * is sent to the machine later is also acted on later there. Its shell has to have begun: one that is still starting
   * when the connection goes dies of its first word, which is no longer read.
   */
  async add({ pid, start }: MachineProcessId, exit: Promise<unknown>): Promise<void> {
    this.#registered.set(`${pid} ${start}`, exit);
    await this.#send(`add ${pid} ${start}`);
    await this.#begun;
  }

  async remove({ pid, start }: MachineProcessId): Promise<void> {
    this.#registered.delete(`${pid} ${start}`);
    if (this.#opening) await this.#send(`del ${pid} ${start}`);
  }

  /**
   * Sends a signal to the group, and resolves when it is sent. False when there is no lifeline to do it, or none that
   * answers.
   */
  async kill({ pid, start }: MachineProcessId, signal: string): Promise<boolean> {
    if (!/^[A-Z0-9]+$/.test(signal))
      throw new UsageError(say`"${signal}" is no signal`, {
        code: 'bad-signal',
        hint: say`Use a name without SIG: INT, TERM, KILL.`,
      });
    const send = async (): Promise<boolean> => {
      const session = await this.#session();
      if (!session) return false;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#answers.push(resolve);
      await session.write(`kill ${signal} ${pid} ${start}\n`);
      await Promise.race([promise, session.closed]);
      return true;
    };
    const wasSent = await settlesSoon(send(), Math.min(SIGNAL_TIMEOUT_MS, this.#options.answerMs), 'late');
    this.#isDeaf ||= wasSent === 'late';
    return wasSent === true;
  }

  /**
   * Makes room for a session of the user on a server that allows too few: programs then end with the connection by
   * SIGHUP alone.
   */
  async giveUp(): Promise<void> {
    if (!this.#opening || this.#givenUp) return;
    this.#givenUp = true;
    const session = await this.#opening;
    await settlesSoon(session?.write('forget\n') ?? Promise.resolve(), END_TIMEOUT_MS, undefined);
    session?.channel.end();
    await settlesSoon(session?.closed ?? Promise.resolve(), END_TIMEOUT_MS, undefined);
  }

  /**
   * Ends what is registered, and resolves when it is gone and the server has said so. What it may not end, and all of
   * it on a machine that does not answer, is ended by the end of the connection later.
   */
  async end(): Promise<void> {
    if (this.#isDeaf) return;
    const isIdle = this.#registered.size === 0;
    const opening = this.#opening?.catch(() => undefined) ?? Promise.resolve(undefined);
    const session = isIdle ? await settlesSoon(opening, IDLE_TIMEOUT_MS, undefined) : await opening;
    if (!session || this.#givenUp) return;
    session.channel.end();
    const gone = (): Attempt<true> =>
      session.isClosed || this.#isDeaf ? { value: true } : { seen: say`programs are still ending` };
    await retryUntil(gone, {
      what: say`programs to end`,
      timeoutMs: isIdle ? IDLE_TIMEOUT_MS : END_TIMEOUT_MS,
      intervalMs: 2,
    }).then(
      () => settlesSoon(Promise.allSettled(this.#registered.values()), END_TIMEOUT_MS, undefined),
      () => session.abandon(),
    );
  }

  async #send(line: string): Promise<void> {
    const session = await this.#session();
    await session?.write(`${line}\n`);
  }

  async #session(): Promise<ChannelSession | undefined> {
    this.prepare();
    const session = await this.#opening;
    return this.#givenUp ? undefined : session;
  }

  /** Undefined when the account has no shell for it; what needs one will say so. */
  async #open(): Promise<ChannelSession | undefined> {
    const { intervalMs, count } = this.#options.heartbeat;
    const lookSeconds = Math.max(1, Math.ceil((intervalMs * count) / 1000));
    const session = await this.#options.openSession(
      execLine({ script: lifelineScript(), args: ['ok', String(lookSeconds)] }),
    );
    const beats = setInterval(() => void session.write('beat\n'), intervalMs).unref();
    void session.closed.then(() => clearInterval(beats));
    this.#begun = this.#listen(session);
    return session;
  }

  /** A line of the script: a process that it may not end, or the answer to `kill`. */
  #take(line: string): void {
    if (line.startsWith('left ')) this.#registered.delete(line.slice('left '.length));
    else this.#answers.shift()?.();
  }

  async #listen(session: ChannelSession): Promise<void> {
    try {
      await session.begin({ stderr: true });
      session.channel.stderr.resume();
    } catch {
      session.abandon();
      return;
    }
    let heard = '';
    session.channel.on('data', (chunk: Buffer) => {
      const lines = (heard + chunk.toString('latin1')).split('\n');
      heard = lines.pop()!.slice(0, LONGEST_LINE);
      for (const line of lines) this.#take(line);
    });
    session.channel.resume();
  }
}

/** What `work` comes to, or `otherwise` when that takes too long. Fails as `work` does. */
function settlesSoon<T, L>(work: Promise<T>, limitMs: number, otherwise: L): Promise<T | L> {
  const late = new Error('late');
  return inTime<T | L>(work, { limitMs, late: () => late }).catch((error: unknown) => {
    if (error !== late) throw error;
    return otherwise;
  });
}
