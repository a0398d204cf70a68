import { constants } from 'node:os';
import { UsageError } from '../../core/errors.ts';
import type { ExitStatus } from '../shell.ts';
import { say } from '../../core/language/say.ts';

/** A status from here on is that of a signal (enter.pl). */
const FIRST_OF_SIGNALS = 256;

/** Pure: what enter.pl tells of how a command ended. */
export function statusOf(status: number): ExitStatus {
  if (status < FIRST_OF_SIGNALS) return { exitCode: status, signal: undefined };
  const name = Object.entries(constants.signals).find(([, number]) => number === status - FIRST_OF_SIGNALS)?.[0];
  return { exitCode: undefined, signal: name?.replace(/^SIG/, '') ?? String(status - FIRST_OF_SIGNALS) };
}

/** Pure: the number of a signal by its name without SIG. @throws {UsageError} */
export function signalNumber(signal: string): number {
  const number = (constants.signals as Readonly<Record<string, number | undefined>>)[`SIG${signal}`];
  if (number !== undefined) return number;
  throw new UsageError(say`"${signal}" is no signal`, {
    code: 'bad-signal',
    hint: say`Use a name without SIG: INT, TERM, KILL.`,
  });
}
