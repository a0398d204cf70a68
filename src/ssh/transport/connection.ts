import type { Duplex } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';
import { ConnectionError, messageOf } from '../../core/errors.ts';
import { inTime } from '../../core/time/time-limit.ts';
import { type Attempt, retryUntil } from '../../core/time/retry.ts';
import { closedShell, floodFailure, lostFailure, refusedCommand, unansweredFailure } from './connection-failure.ts';
import type { Patience } from '../patience.ts';
import type { TerminalSize } from '../shell.ts';
import { say } from '../../core/language/say.ts';

/**
 * The terminal type that programs see; every system's terminfo has it, and our own interpreter of terminal output
 * understands it.
 */
const TERMINAL_TYPE = 'xterm-256color';
/** A server that says goodbye does so in a round trip; by then, what we sent has left this host in any case. */
const CLOSE_TIMEOUT_MS = 200;
/** A channel's window is 2 MiB (RFC 4254, section 5.2); more unread data was sent against the rules. */
const MOST_UNREAD_BYTES = 4 * 1024 * 1024;
/** What we send goes by windows, too; so much is waiting only for a server that makes us answer and does not listen. */
const MOST_UNSENT_BYTES = 64 * 1024 * 1024;
/**
 * Questions of ours without an answer: one sign of life every few seconds, and what the server makes us ask
 * (hostkeys-00@openssh.com).
 */
const MOST_UNANSWERED = 1000;

/** The server will not open one more session on this connection (sshd_config(5), MaxSessions). */
export class SessionRefused extends Error {}

/** The server will not make a connection for us, or cannot. */
export class ForwardRefused extends Error {
  /** It allows none, rather than not getting there (RFC 4254, section 5.1: reason 1). */
  readonly isProhibited: boolean;

  constructor(cause: Error) {
    super(cause.message, { cause });
    this.isProhibited = (cause as { readonly reason?: unknown }).reason === 1;
  }
}

/** A command to run over a connection. */
export interface ChannelRequest {
  readonly line: string;
  readonly terminal?: TerminalSize | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * One logged-in SSH connection: opens channels, and knows whether it still stands. No answer of the server is waited
 * for without end.
 */
export class Connection {
  readonly machine: string;
  readonly patience: Patience;
  readonly #client: Client;
  readonly #stream: Duplex;
  readonly #channels = new Set<ClientChannel>();
  #closing = false;
  readonly #ended = new AbortController();
  #failure: Error | undefined;

  constructor(
    machine: string,
    { client, stream, patience }: { readonly client: Client; readonly stream: Duplex; readonly patience: Patience },
  ) {
    this.machine = machine;
    this.patience = patience;
    this.#client = client;
    this.#stream = stream;
    // Errors before that belong to the login: an agent that is not there, a key that may not sign as the server asks,
    // and the next one lets the user in.
    client.once('ready', () =>
      client.on('error', (error) => {
        this.#failure ??= error;
      }),
    );
    client.on('close', () => this.#ended.abort());
  }

  /** Aborts when the connection is gone, however it went. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Why nothing more can be done over this connection; undefined while it stands. */
  get failure(): ConnectionError | undefined {
    if (this.#closing) return closedShell(this.machine);
    if (this.#failure instanceof ConnectionError) return this.#failure;
    if (this.#failure) return lostFailure(this.machine, messageOf(this.#failure), this.#failure);
    return this.ended.aborted ? lostFailure(this.machine, say`the other side closed it`) : undefined;
  }

  /** Ends it at once because of an error of the server, which every later verb then reports. */
  giveUp(failure: ConnectionError): ConnectionError {
    this.#failure ??= failure;
    this.#stream.destroy();
    return failure;
  }

  /**
   * Opens a session that runs `line` through the user's login shell. `adopt` is called with the channel at once, before
   * any promise is settled: the output and the end of a short command may be in the same packet as the answer that
   * opens it, and must find their listeners.
   *
   * @throws {SessionRefused} when the server allows no further one now.
   * @throws {ConnectionError} when the connection is gone, or the server does not answer; it is gone then.
   */
  async open<T>({ line, terminal, signal }: ChannelRequest, adopt: (channel: ClientChannel) => T): Promise<T> {
    if (this.failure) throw this.failure;
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const pty = terminal && { rows: terminal.rows, cols: terminal.columns, term: TERMINAL_TYPE };
    try {
      this.#client.exec(line, pty ? { pty } : {}, (error, channel) => {
        if (error) return reject(this.failure ?? this.#refusal(error));
        this.#watch(channel);
        if (signal?.aborted) abandon(channel);
        else resolve(adopt(channel));
      });
    } catch (error) {
      // Between the end of the stream and its `close`, ssh2 throws instead of calling back.
      throw lostFailure(this.machine, messageOf(error), error);
    }
    return this.#answer(promise, say`answer the request for a session`, signal);
  }

  /**
   * Opens a TCP connection from the machine to an address that it can reach.
   *
   * @throws {ForwardRefused} with the server's words: it allows no forwarding, or does not get there.
   * @throws {ConnectionError} as `open`.
   */
  async forward(host: string, port: number): Promise<Duplex> {
    if (this.failure) throw this.failure;
    const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
    this.#client.forwardOut('127.0.0.1', 0, host, port, (error, channel) => {
      if (error) return reject(this.failure ?? new ForwardRefused(error));
      this.#watch(channel);
      resolve(channel);
    });
    return this.#answer(promise, say`answer the request to connect to ${host}`);
  }

  /** Resolves when what was written has left for the server, or never will. */
  async drained(): Promise<void> {
    if (!this.#stream.writableNeedDrain || this.ended.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = (): void => resolve();
    this.#stream.once('drain', done).once('close', done);
    await promise;
    this.#stream.off('drain', done).off('close', done);
  }

  /** Says goodbye and waits until the stream is closed; cuts it when that takes too long. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.ended.aborted) return;
    this.#client.end();
    const closed = (): Attempt<true> => (this.ended.aborted ? { value: true } : { seen: 'open' });
    await retryUntil(closed, { what: say`the connection to close`, timeoutMs: CLOSE_TIMEOUT_MS, intervalMs: 2 }).catch(
      () => this.#stream.destroy(),
    );
  }

  #answer<T>(answer: Promise<T>, what: string, signal?: AbortSignal): Promise<T> {
    const { answerMs } = this.patience;
    return inTime(answer, {
      limitMs: answerMs,
      signal,
      late: () => this.giveUp(unansweredFailure(this.machine, what, answerMs)),
    });
  }

  /**
   * From the first channel on, no server fills our memory: ssh2 takes what comes beyond a window, and answers whoever
   * does not listen.
   */
  #watch(channel: ClientChannel): void {
    if (this.#channels.size === 0) this.#stream.on('data', this.#checkFlood);
    this.#channels.add(channel);
    channel.once('close', () => {
      this.#channels.delete(channel);
      if (this.#channels.size === 0) this.#stream.off('data', this.#checkFlood);
    });
  }

  readonly #checkFlood = (): void => {
    const unanswered =
      (this.#client as unknown as { readonly _callbacks?: readonly unknown[] })._callbacks?.length ?? 0;
    for (const { readableLength, stderr } of this.#channels) {
      if (readableLength + (stderr?.readableLength ?? 0) > MOST_UNREAD_BYTES)
        this.giveUp(floodFailure(this.machine, say`sends more than it was allowed to`));
    }
    if (this.#stream.writableLength > MOST_UNSENT_BYTES || unanswered > MOST_UNANSWERED)
      this.giveUp(floodFailure(this.machine, say`asks without end and does not listen`));
  };

  #refusal(error: Error): Error {
    if ('reason' in error) return new SessionRefused(messageOf(error));
    return messageOf(error).startsWith('Unable to')
      ? refusedCommand(this.machine, error)
      : lostFailure(this.machine, say`no session: ${messageOf(error)}`, error);
  }
}

/** Gives up a session that was opened after its caller had aborted. */
function abandon(channel: ClientChannel): void {
  channel.on('error', () => undefined);
  channel.resume();
  channel.stderr.resume();
  channel.close();
}
