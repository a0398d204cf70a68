import { relative } from 'node:path';
import type { CommandContext } from '../context.ts';

/** The lab file as the user would name it from here. */
export function shownPath({ cwd, labFile }: CommandContext): string {
  const path = relative(cwd, labFile);
  return path.startsWith('..') ? labFile : path;
}
