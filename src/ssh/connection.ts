import type { Duplex } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';
import type { ConnectionError } from '../core/connection-error.ts';
import { messageOf } from '../core/errors.ts';
import { retryUntil } from '../core/retry.ts';
import { closedShell, lostFailure } from './connect-failure.ts';
import type { TerminalSize } from './shell.ts';

/** The terminal type that programs see; every system's terminfo has it, and our own interpreter of terminal output understands it. */
const terminalType = 'xterm-256color';
const closeTimeoutMs = 1000;

/** The server will not open one more session on this connection (sshd_config(5), MaxSessions). */
export class SessionRefused extends Error {}

/** The server will not make a connection for us, or cannot. */
export class ForwardRefused extends Error {}

/** One logged-in SSH connection: opens channels, and knows whether it still stands. */
export class Connection {
  readonly machine: string;
  readonly #client: Client;
  readonly #stream: Duplex;
  #closing = false;
  readonly #ended = new AbortController();
  #failure: Error | undefined;

  constructor(machine: string, client: Client, stream: Duplex) {
    this.machine = machine;
    this.#client = client;
    this.#stream = stream;
    // An `error` without a listener would end the process, during the whole life of the client.
    client.on('error', (error) => {
      this.#failure ??= error;
    });
    client.on('close', () => this.#ended.abort());
  }

  /** Aborts when the connection is gone, however it went. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Why nothing more can be done over this connection; undefined while it stands. */
  get failure(): ConnectionError | undefined {
    if (this.#closing) return closedShell(this.machine);
    if (this.#failure) return lostFailure(this.machine, messageOf(this.#failure), this.#failure);
    return this.ended.aborted ? lostFailure(this.machine, 'the other side closed it') : undefined;
  }

  /**
   * Opens a session that runs `command` through the user's login shell. `adopt` is called with the channel at once, before any promise is settled: the
   * output and the end of a short command may be in the same packet as the answer that opens it, and must find their listeners.
   *
   * @throws {SessionRefused} when the server allows no further one now. @throws {ConnectionError} when the connection is gone.
   */
  async open<T>(command: string, terminal: TerminalSize | undefined, adopt: (channel: ClientChannel) => T): Promise<T> {
    if (this.failure) throw this.failure;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const pty = terminal && { rows: terminal.rows, cols: terminal.columns, term: terminalType };
    try {
      this.#client.exec(command, pty ? { pty } : {}, (error, channel) => {
        if (error) reject(this.failure ?? this.#refusal(error));
        else resolve(adopt(channel));
      });
    } catch (error) {
      // Between the end of the stream and its `close`, ssh2 throws instead of calling back.
      throw lostFailure(this.machine, messageOf(error), error);
    }
    return promise;
  }

  /**
   * Opens a TCP connection from the machine to an address that it can reach.
   *
   * @throws {ForwardRefused} with the server's words: it allows no forwarding, or does not get there. @throws {ConnectionError} when the connection is gone.
   */
  async forward(host: string, port: number): Promise<Duplex> {
    if (this.failure) throw this.failure;
    const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
    this.#client.forwardOut('127.0.0.1', 0, host, port, (error, channel) => {
      if (error) reject(this.failure ?? new ForwardRefused(messageOf(error)));
      else resolve(channel);
    });
    return promise;
  }

  /** Says goodbye and waits until the stream is closed; cuts it when that takes too long. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.ended.aborted) return;
    this.#client.end();
    const closed = (): { value: true } | { seen: string } => (this.ended.aborted ? { value: true } : { seen: 'open' });
    await retryUntil(closed, { what: 'the connection to close', timeoutMs: closeTimeoutMs, intervalMs: 2 }).catch(() => this.#stream.destroy());
  }

  #refusal(error: Error): Error {
    return 'reason' in error ? new SessionRefused(messageOf(error)) : lostFailure(this.machine, `no session: ${messageOf(error)}`, error);
  }
}
