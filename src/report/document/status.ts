import type { Language } from '../language/languages.ts';
import type { RoleDocument } from '../run-summary.ts';
import type { Tone } from './blocks.ts';

/** How a program ended, in words. */
export function statusText({ exitCode, signal, status }: RoleDocument, { report: { statuses } }: Language): string {
  if (exitCode !== null) return statuses.exit(exitCode);
  if (signal !== null) return statuses.signal(signal);
  return status === 'running' || status === 'not started' ? statuses[status] : statuses.unknown;
}

export function statusTone({ exitCode, signal }: RoleDocument): Tone {
  if (exitCode === null && signal === null) return 'none';
  return exitCode === 0 ? 'good' : 'bad';
}
