import type { ProgramLook } from '../core/program-look.ts';

/** Asks one machine what programs on it do, without disturbing them. */
export interface Observer {
  /**
   * One question, one round trip. By the number of the first process of each program (`RemoteProcess.pid`). A program
   * that has ended, or of which the machine shows nothing, is missing; where the machine has no /proc, or forbids it,
   * all are. It never fails because of what it finds.
   *
   * @param options `stableMs`: look twice, this far apart, which tells what computes from what waits. Without it, only
   *   what is blocked at this moment is told.
   * @throws the reason of `signal`.
   */
  look(pids: readonly number[], options: LookOptions): Promise<ReadonlyMap<number, ProgramLook>>;
}

export interface LookOptions {
  /**
   * Asks only who reads a keyboard, and how it is set, which is ten times as fast: nothing is told of sockets, nor of
   * what waits for one.
   */
  readonly only?: 'keyboard' | undefined;
  readonly stableMs?: number | undefined;
  readonly signal: AbortSignal;
}
