import type { ClientChannel } from 'ssh2';
import { ConnectionError, TimeoutError } from '../../core/errors.ts';
import { TimeLimit } from '../../core/time/time-limit.ts';
import { sayDuration } from '../../core/language/amounts.ts';
import { type Attempt, retryUntil } from '../../core/time/retry.ts';
import { type Connection, SessionRefused } from '../transport/connection.ts';
import type { RemoteCommand } from './remote-command.ts';
import { ChannelSession } from './channel-session.ts';
import type { TerminalSize } from '../shell.ts';
import { Slots } from '../../core/slots.ts';
import { say } from '../../core/language/say.ts';

/** One below OpenSSH's default of ten (sshd_config(5), MaxSessions). */
const MAX_SESSIONS = 9;
/** A server counts a session that we gave up until its process is gone; so long a refusal may be due to that. */
const LATE_MS = 250;
/** How long the status of a command that has ended may take to get here, on a machine that is busy. */
const STATUS_MS = 3000;
/** Commands keep their session while they run, so it may be that none ever becomes free. */
const DEFAULT_WAIT_MS = 600_000;
/** How long it may refuse while no other session of ours is open. */
const REFUSAL_TIMEOUT_MS = 2000;

export interface OpenOptions {
  readonly terminal?: TerminalSize | undefined;
  /** How long to wait while all sessions are in use. Default: 10 min. */
  readonly waitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SessionsOptions {
  /** Gives up what can be done without (the lifeline) when the server refuses and nothing else helps. */
  readonly makeRoom: () => Promise<void>;
  /** One more connection to the same machine. */
  readonly connectAgain: () => Promise<Connection>;
}

/** A connection and how many sessions the server allows on it, as far as is known. */
interface Lane {
  readonly connection: Connection;
  limit: number;
  used: number;
}

/**
 * Opens sessions on one connection, a bounded number at once. On a server that allows fewer (MaxSessions of
 * sshd_config(5)) it opens more connections, as they are needed; where that is not possible either, the others wait for
 * one to end.
 */
export class Sessions {
  /** The first connection, whose end is the end of all. */
  readonly connection: Connection;
  readonly #options: SessionsOptions;
  readonly #slots = new Slots(MAX_SESSIONS);
  readonly #lanes: Lane[];
  #isStingy = false;
  #widening: Promise<void> | undefined;

  constructor(connection: Connection, options: SessionsOptions) {
    this.connection = connection;
    this.#options = options;
    this.#lanes = [{ connection, limit: MAX_SESSIONS, used: 0 }];
  }

  /**
   * @throws {ConnectionError}
   * @throws {TimeoutError} when the server allows not even one session, or none becomes free.
   */
  async open(command: RemoteCommand, options: OpenOptions = {}): Promise<ChannelSession> {
    for (;;) {
      if (this.#isStingy && this.#slots.isFull) await this.#widen();
      await this.#takeSlot(options);
      const session = await this.#openInSlot(command, options);
      if (session) return session;
    }
  }

  /**
   * Closes all connections. Commands that have just ended still get their status, unless nothing is expected of the
   * machine any more.
   */
  async close({ isDeaf }: { readonly isDeaf: boolean }): Promise<void> {
    await this.#widening;
    const ended = (): Attempt<true> =>
      this.#slots.used === 0 || this.connection.failure ? { value: true } : { seen: say`open sessions` };
    await retryUntil(ended, { what: say`sessions to end`, timeoutMs: isDeaf ? 0 : STATUS_MS, intervalMs: 2 }).catch(
      () => undefined,
    );
    await Promise.all(this.#lanes.map(({ connection }) => connection.close()));
  }

  async #takeSlot({ signal, waitMs = DEFAULT_WAIT_MS }: OpenOptions): Promise<void> {
    if (!this.#slots.isFull) return this.#slots.take(signal);
    using limit = new TimeLimit(waitMs);
    try {
      await this.#slots.take(signal ? AbortSignal.any([signal, limit.signal]) : limit.signal);
    } catch (error) {
      if (error !== limit.signal.reason || !limit.signal.aborted) throw error;
      throw new TimeoutError(say`${this.connection.machine}: no session became free within ${sayDuration(waitMs)}`, {
        code: 'sessions-exhausted',
        hint: say`At most eight programs run over one connection at a time; end one of them, or put some on another machine.`,
      });
    }
  }

  /**
   * Undefined when the server refuses while other sessions of ours are open: then there must be another connection, or
   * one of them has to end first.
   */
  async #openInSlot(command: RemoteCommand, options: OpenOptions): Promise<ChannelSession | undefined> {
    const lane =
      this.#lanes.find(({ connection, used, limit }) => used < limit && connection.failure === undefined) ??
      this.#lanes[0]!;
    const giveBack = (): void => {
      lane.used--;
      this.#slots.release();
    };
    lane.used++;
    // Others that were open then may have ended when the refusal arrives.
    const isAlone = lane.used === 1;
    try {
      const session = await this.#openPatiently(lane, command, options);
      void session.closed.then(giveBack);
      return session;
    } catch (error) {
      giveBack();
      if (!(error instanceof TimeoutError) || isAlone) throw error;
      lane.limit = Math.min(lane.limit, Math.max(1, lane.used));
      this.#isStingy = true;
      this.#resize();
      if (lane.used > 0) await this.#widen();
      return undefined;
    }
  }

  /** One more connection, or at least more room; one at a time. */
  #widen(): Promise<void> {
    this.#widening ??= this.#addLane().finally(() => (this.#widening = undefined));
    return this.#widening;
  }

  async #addLane(): Promise<void> {
    if (this.#lanes.length >= MAX_SESSIONS || this.connection.failure) return;
    try {
      const connection = await this.#options.connectAgain();
      this.#lanes.push({ connection, limit: this.#lanes[0]!.limit, used: 0 });
      if (this.connection.failure) await connection.close();
      this.#resize();
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      await this.#options.makeRoom();
    }
  }

  #resize(): void {
    this.#slots.resize(
      Math.min(
        MAX_SESSIONS,
        this.#lanes.reduce((sum, { limit }) => sum + limit, 0),
      ),
    );
  }

  #openPatiently(
    { connection, used }: Lane,
    { line, token }: RemoteCommand,
    { terminal, signal }: OpenOptions,
  ): Promise<ChannelSession> {
    const adopt = (channel: ClientChannel): ChannelSession => new ChannelSession(connection, channel, token);
    const attempt = (): Promise<Attempt<ChannelSession>> =>
      connection.open({ line, terminal, signal }, adopt).then(
        (session) => ({ value: session }),
        (error: unknown) => {
          if (error instanceof SessionRefused) return { seen: error.message };
          throw error;
        },
      );
    return retryUntil(attempt, {
      what: say`a session on ${connection.machine}`,
      timeoutMs: used > 1 ? LATE_MS : REFUSAL_TIMEOUT_MS,
      signal,
      hint: say`Its sshd allows no session; raise MaxSessions in its sshd_config.`,
    });
  }
}
