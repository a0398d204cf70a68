import { ConnectionError, LabError, messageOf } from './errors.ts';
import { say } from './language/say.ts';

/**
 * Waits until the work on all machines has ended, well or not, and gives its results in order.
 *
 * @throws the one error; of several our own bugs first, then any that is no matter of a connection; else one
 * `ConnectionError` that lists all.
 * @throws the abort reason when `signal` has aborted.
 */
export async function allMachines<T>(work: readonly Promise<T>[], signal?: AbortSignal): Promise<T[]> {
  const attempts = await Promise.allSettled(work);
  signal?.throwIfAborted();
  const failures = attempts.flatMap((attempt) => (attempt.status === 'rejected' ? [attempt.reason as unknown] : []));
  if (failures.length > 0) throw oneOf(failures, work.length);
  return attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
}

function oneOf(failures: readonly unknown[], total: number): unknown {
  const [first] = failures;
  if (failures.length === 1) return first;
  const worse =
    failures.find((failure) => !(failure instanceof LabError)) ??
    failures.find((failure) => !(failure instanceof ConnectionError));
  if (worse !== undefined || !(first instanceof ConnectionError)) return worse ?? first;
  return new ConnectionError(first.machine, say`${failures.length} of ${total} machines cannot be reached`, {
    code: 'machines-unreachable',
    detail: listFailures(failures),
    hint: first.hint,
    cause: first,
  });
}

/** Each failure with what was seen, below each other. */
export function listFailures(failures: readonly unknown[]): string {
  return failures.map((failure) => [`  ${messageOf(failure)}`, ...seenIn(failure)].join('\n')).join('\n');
}

function seenIn(failure: unknown): string[] {
  const detail = failure instanceof LabError ? (failure.detail ?? '') : '';
  return detail
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => `      ${line}`);
}
