import { relative } from 'node:path';
import type { GraphResult } from '../../commands/lab/graph.ts';

/** The picture itself, or where it was written. */
export function formatGraph({ graph, file }: GraphResult, cwd: string): string {
  return graph ?? `Wrote ${relative(cwd, file!)}.\n`;
}
