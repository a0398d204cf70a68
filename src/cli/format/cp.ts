import type { CpResult } from '../../commands/cp.ts';
import { countOf } from '../../commands/open-lab.ts';
import { formatBytes } from '../../deploy/install.ts';

export function formatCp({ files, bytes, target }: CpResult): string {
  return `Copied ${countOf(files, 'file')} (${formatBytes(bytes)}) to ${target}\n`;
}
