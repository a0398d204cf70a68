/**
 * How long a server that has let us in may keep us waiting, in milliseconds. What a command of the user takes is the
 * user's own affair and does not count.
 */
export interface Patience {
  /** For each answer of the server itself: a channel, a terminal, the start of a command, a forwarded connection. */
  readonly answerMs: number;
  /** From the start of the account's login shell to the command's own first word; what start-up files do counts. */
  readonly beginMs: number;
  /** For a transfer that stands still, or nearly. */
  readonly stallMs: number;
}

/**
 * The first is what a silent connection has, too (three signs of life, one every 5 s); the others suit emulated
 * machines and slow home folders.
 */
export const defaultPatience: Patience = { answerMs: 15_000, beginMs: 30_000, stallMs: 30_000 };

/**
 * A sign of life is asked for after `intervalMs` of silence; when `count` of them are not answered, the connection is
 * lost.
 */
export interface Heartbeat {
  readonly intervalMs: number;
  readonly count: number;
}

export const defaultHeartbeat: Heartbeat = { intervalMs: 5000, count: 3 };
