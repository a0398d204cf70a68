import type { ExitStatus } from '../../ssh/shell.ts';
import { say } from '../../core/language/say.ts';

/** An exit status from 0 to 255, or the name of a signal without `SIG`: `TERM`. */
export type ExpectedEnd = number | string;

/** `status 1` or `signal TERM`, as it follows "ended with". */
export function statusText(status: ExitStatus): string {
  if (status.signal !== undefined) return say`signal ${status.signal}`;
  return status.exitCode === undefined ? say`status unknown` : say`status ${status.exitCode}`;
}

/** Whether a program or command ended as wanted. */
export function isEnd(end: ExitStatus, wanted: ExpectedEnd): boolean {
  return typeof wanted === 'number' ? end.exitCode === wanted : end.signal === wanted;
}
