import type { ReplayResult } from '../../commands/runs/replay.ts';

/** What the terminals showed at the end, side by side. */
export function formatReplay({ lines }: ReplayResult): string {
  return lines.map((line) => `${line}\n`).join('');
}
