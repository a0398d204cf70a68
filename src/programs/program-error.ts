/** Exit codes of both programs. */
export const Exit = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** A foreseen failure: one line on stderr that says what happened, where, and what to do next. */
export class ProgramError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = Exit.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The other side is gone or broke the protocol: ends this session, though not a server that keeps on listening. */
export class PeerGone extends ProgramError {}

/** The `code` of a Node system error (`ECONNREFUSED`, …); else its message. */
export function reasonOf(thrown: unknown): string {
  const { code, message } = thrown as { code?: unknown; message?: unknown };
  return typeof code === 'string' ? code : String(message ?? thrown);
}
