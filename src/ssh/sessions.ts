import type { ClientChannel } from 'ssh2';
import { TimeoutError } from '../core/errors.ts';
import { type Attempt, retryUntil } from '../core/retry.ts';
import { type Connection, SessionRefused } from './connection.ts';
import type { RemoteCommand } from './remote-command.ts';
import { Session } from './session.ts';
import type { TerminalSize } from './shell.ts';
import { Slots } from './slots.ts';

/** One below OpenSSH's default of ten (sshd_config(5), MaxSessions). */
const maxSessions = 9;
/** A server counts a session that we gave up until its process is gone; so long a refusal may be due to that. */
const lateMs = 250;
/** How long it may refuse while no other session of ours is open. */
const refusalTimeoutMs = 2000;

export interface OpenOptions {
  readonly terminal?: TerminalSize | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Opens sessions on one connection, a bounded number at once. When the server allows fewer, the others wait for one to end. */
export class Sessions {
  readonly connection: Connection;
  readonly #slots = new Slots(maxSessions);
  readonly #makeRoom: () => Promise<void>;

  /** `makeRoom` gives up what can be done without (the lifeline) when the server refuses. */
  constructor(connection: Connection, makeRoom: () => Promise<void>) {
    this.connection = connection;
    this.#makeRoom = makeRoom;
  }

  /** @throws {ConnectionError} @throws {TimeoutError} when the server allows not even one session. */
  async open(command: RemoteCommand, options: OpenOptions = {}): Promise<Session> {
    for (;;) {
      await this.#slots.take(options.signal);
      const session = await this.#openInSlot(command, options);
      if (session) return session;
    }
  }

  /** Undefined when the server refuses while other sessions of ours are open: then one of them has to end first. */
  async #openInSlot(command: RemoteCommand, options: OpenOptions): Promise<Session | undefined> {
    try {
      const session = await this.#openPatiently(command, options);
      void session.closed.then(() => this.#slots.release());
      return session;
    } catch (error) {
      this.#slots.release();
      if (!(error instanceof TimeoutError) || this.#slots.used === 0) throw error;
      this.#slots.shrinkTo(this.#slots.used);
      await this.#makeRoom();
      return undefined;
    }
  }

  #openPatiently({ line, token }: RemoteCommand, { terminal, signal }: OpenOptions): Promise<Session> {
    const adopt = (channel: ClientChannel): Session => new Session(this.connection, channel, token);
    const attempt = (): Promise<Attempt<Session>> => this.connection.open(line, terminal, adopt).then(
      (session) => ({ value: session }),
      (error: unknown) => {
        if (error instanceof SessionRefused) return { seen: error.message };
        throw error;
      },
    );
    return retryUntil(attempt, {
      what: `a session on ${this.connection.machine}`,
      timeoutMs: this.#slots.used > 1 ? lateMs : refusalTimeoutMs,
      signal,
      hint: 'Its sshd allows no session; raise MaxSessions in its sshd_config.',
    });
  }
}
