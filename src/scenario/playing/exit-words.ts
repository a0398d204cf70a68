import type { ExitStatus } from '../../ssh/shell.ts';

/** An exit status from 0 to 255, or the name of a signal without `SIG`: `TERM`. */
export type ExpectedEnd = number | string;

/** `status 1` or `signal TERM`, as it follows "ended with". */
export function statusText(status: ExitStatus): string {
  return status.signal === undefined ? `status ${status.exitCode ?? 'unknown'}` : `signal ${status.signal}`;
}

/** Whether a program or command ended as wanted. */
export function isEnd(end: ExitStatus, wanted: ExpectedEnd): boolean {
  return typeof wanted === 'number' ? end.exitCode === wanted : end.signal === wanted;
}

/** The wanted end, as it follows "end with". */
export function expectedEndText(wanted: ExpectedEnd): string {
  return typeof wanted === 'number' ? `status ${wanted}` : `signal ${wanted}`;
}
