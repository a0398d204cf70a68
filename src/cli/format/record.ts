import { relative } from 'node:path';
import type { RecordResult } from '../../commands/runs/record.ts';

/** The scenario, to be put into the lab file, or that it was; and what to do next. */
export function formatRecord({ scenario, yaml, file }: RecordResult, cwd: string): string {
  const where =
    file === undefined
      ? 'Look at it, and put it into the lab file (or record with --write)'
      : `Added to ${relative(cwd, file)}. Look at it`;
  return `scenarios:\n${yaml}\n# ${where}; then:  lab run ${scenario}\n`;
}
