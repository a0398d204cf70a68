import type { Language } from '../language/languages.ts';
import type { RoleDocument, RunDocument } from '../run/run-summary.ts';
import type { Tone } from './blocks.ts';

/** How a program ended, in words. */
export function statusText({ exitCode, signal, status }: RoleDocument, { report: { statuses } }: Language): string {
  if (exitCode !== null) return statuses.exit(exitCode);
  if (signal !== null) return statuses.signal(signal);
  return status === 'running' || status === 'not started' ? statuses[status] : statuses.unknown;
}

/**
 * A program that `lab` ends after the last step did nothing wrong; nor did one that ended as the scenario wants it,
 * with whatever status.
 */
export function statusTone({ exitCode, signal }: RoleDocument, { result }: RunDocument): Tone {
  if (exitCode === 0) return 'good';
  const isOrdinary = (exitCode === null && signal === null) || signal === 'TERM' || signal === 'KILL';
  return isOrdinary || result === 'passed' ? 'none' : 'bad';
}
