import type { ClientChannel } from 'ssh2';
import { awakeNow } from '../../core/time/awake-clock.ts';
import { inTime } from '../../core/time/time-limit.ts';
import { type Attempt, retryUntil } from '../../core/time/retry.ts';
import { lostFailure } from '../transport/connection-failure.ts';
import { noShell, silentShell } from './shell-failure.ts';
import type { Connection } from '../transport/connection.ts';
import { takeLine } from './preamble.ts';
import type { ExitStatus } from '../shell.ts';
import { say } from '../../core/language/say.ts';

/**
 * A child in the background may hold the output of an ended command open for ever; so long must it be silent before we
 * go on.
 */
export const SILENCE_MS = 500;

/** A process on a machine, distinguished from a later one with the same PID by its start. */
export interface MachineProcessId {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat (clock ticks since boot), or `-` where there is no /proc. */
  readonly start: string;
}

/** One running remote command: a channel whose preamble names the process. */
export class ChannelSession {
  readonly channel: ClientChannel;
  readonly token: string;
  readonly connection: Connection;
  readonly #closed = Promise.withResolvers<void>();
  readonly #exit = Promise.withResolvers<ExitStatus>();
  #isClosed = false;
  #lastOutputMs = 0;
  /** Streams whose reader is still at work on what it was given. */
  #busyReaders = 0;
  /** What came before the token. */
  #noise = '';

  constructor(connection: Connection, channel: ClientChannel, token: string) {
    this.connection = connection;
    this.channel = channel;
    this.token = token;
    this.#exit.promise.catch(() => undefined);
    channel.on('exit', (code: number | null, signal?: string) => {
      this.#exit.resolve(
        code === null
          ? { exitCode: undefined, signal: signal?.replace(/^SIG/, '') }
          : { exitCode: code, signal: undefined },
      );
    });
    channel.on('close', () => {
      this.#isClosed = true;
      this.#exit.reject(
        this.connection.failure ?? lostFailure(connection.machine, say`the session ended without an exit status`),
      );
      this.#closed.resolve();
    });
    channel.on('error', () => undefined);
  }

  /** How it ended; rejects with `ConnectionError` when that will never be known. */
  get exit(): Promise<ExitStatus> {
    return this.#exit.promise;
  }

  /** Resolves when the channel is closed on both sides and all its output is read. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Waits until the command begins: reads the first line of the wrapper script, which names the process. With `stderr`
   * also passes over the token on standard error, and over what a noisy login shell printed there before it.
   *
   * @throws {EnvironmentError} when the login shell runs no commands; what it printed is in the detail.
   * @throws {ConnectionError} when it is lost, or when nothing begins in time.
   */
  async begin({
    stderr,
    signal,
  }: {
    readonly stderr: boolean;
    readonly signal?: AbortSignal | undefined;
  }): Promise<MachineProcessId> {
    const [process] = await this.inTime(
      Promise.all([this.#identify(), stderr ? takeLine(this.channel.stderr, this.token) : undefined]),
      signal,
    );
    return process;
  }

  /** Passes over what comes before the token is said once more, with the same limit as `begin`. */
  async passToken(): Promise<void> {
    await this.inTime(takeLine(this.channel, this.token));
  }

  /**
   * Waits for what the login shell or a wrapper script does, or takes, at the beginning.
   *
   * @throws {ConnectionError} when that takes too long.
   */
  async inTime<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
    const {
      machine,
      patience: { beginMs },
    } = this.connection;
    return inTime(work, { limitMs: beginMs, signal, late: () => silentShell(machine, beginMs, this.#noise) });
  }

  async #identify(): Promise<MachineProcessId> {
    const { line, noise } = await takeLine(this.channel, this.token, (heard) => (this.#noise = heard));
    if (line === undefined) throw noShell(this.connection.machine, await this.exit, noise);
    return parseIdentity(line);
  }

  /** Output of one stream, in order; the remote side waits while it is not read. */
  async *read(stream: 'stdout' | 'stderr'): AsyncGenerator<Uint8Array, void, undefined> {
    const source = stream === 'stdout' ? this.channel : this.channel.stderr;
    for await (const chunk of source.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      this.#busyReaders++;
      try {
        yield chunk;
      } finally {
        this.#busyReaders--;
        this.#lastOutputMs = awakeNow();
      }
    }
  }

  /**
   * Waits until the command has ended and its output is closed, or until those who still hold it are silent; then
   * closes it, and says true. Rejects like `exit`.
   */
  async closeWhenSilent(): Promise<boolean> {
    await this.exit;
    this.#lastOutputMs = awakeNow();
    const closed = new AbortController();
    void this.closed.then(() => closed.abort());
    const look = (): Attempt<true> => (this.#isSilent() ? { value: true } : { seen: 'output' });
    const signal = AbortSignal.any([closed.signal, this.connection.ended]);
    const isSilent = await retryUntil(look, { what: 'silence', timeoutMs: Infinity, intervalMs: 50, signal }).catch(
      () => false,
    );
    if (isSilent) this.channel.close();
    return isSilent;
  }

  #isSilent(): boolean {
    const isRead =
      this.#busyReaders === 0 && this.channel.readableLength === 0 && this.channel.stderr.readableLength === 0;
    return isRead && awakeNow() - this.#lastOutputMs >= SILENCE_MS;
  }

  /**
   * Writes to standard input; resolves when more may follow, also when the command no longer reads. ssh2 forgets the
   * callback of a write to a closed channel.
   */
  async write(bytes: Uint8Array | string): Promise<void> {
    if (this.#isClosed || !this.channel.writable) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.channel.write(bytes, () => resolve());
    await Promise.race([promise, this.closed]);
    // A window may be larger than what the connection takes.
    await this.connection.drained();
  }

  /** Gives it up; its exit rejects with this error. */
  fail(error: unknown): void {
    this.#exit.reject(error);
    this.abandon();
  }

  /** Gives up the session: its output is thrown away, so that the channel can close. */
  abandon(): void {
    for (const stream of [this.channel, this.channel.stderr]) {
      // A reader that waits for more would keep it from flowing.
      stream.removeAllListeners('readable');
      stream.resume();
    }
    this.channel.close();
  }
}

/**
 * `TOKEN PID (STAT LINE)`: the process name in a stat line may hold anything, so fields are counted after its last `)`
 * (proc(5)).
 */
function parseIdentity(line: string): MachineProcessId {
  const pid = Number(line.split(' ')[1]);
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return { pid, start: line.includes(')') ? (fields[19] ?? '-') : '-' };
}
