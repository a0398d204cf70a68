import { relative } from 'node:path';
import type { ReportResult } from '../../commands/runs/report.ts';

/** Where the report is; nothing when it went to standard output. */
export function formatReport({ run, format, file }: ReportResult, cwd: string): string {
  if (file === undefined) return '';
  const next = format === 'html' ? 'Open it in a browser; it needs nothing else, and prints well to PDF.\n' : '';
  return `Report of ${run}: ${relative(cwd, file)}\n${next}`;
}
