import { countOf, formatBytes } from '../../core/text/amounts.ts';
import type { CpResult } from '../../commands/machines/cp.ts';

export function formatCp({ files, bytes, target, unchanged = 0 }: CpResult): string {
  const there =
    unchanged === 0 ? '' : `; ${countOf(unchanged, 'file')} ${unchanged === 1 ? 'was' : 'were'} there already`;
  return `Copied ${countOf(files, 'file')} (${formatBytes(bytes)}) to ${target}${there}\n`;
}
