import { scriptFile } from '../core/files/script-file.ts';
import type { ExecOptions, ExecResult, Shell } from '../ssh/shell.ts';

const asRoot = scriptFile(new URL('as-root.sh', import.meta.url));
const processHead = scriptFile(new URL('process-head.sh', import.meta.url));

export interface RootScript {
  /** Follows process-head.sh, whose `as_root` it may call. */
  readonly text: string;
  readonly args: readonly string[];
  /** What sudo may be given; undefined where there is nothing. */
  readonly sudoPassword: string | undefined;
}

/** Runs a script that may do its work again as root, in one round trip. @throws as `Shell.exec` does. */
export function execAsRoot(
  shell: Shell,
  { text, args, sudoPassword }: RootScript,
  options: Omit<ExecOptions, 'input'>,
): Promise<ExecResult> {
  const hasPassword = sudoPassword === undefined ? 'none' : 'given';
  return shell.exec(
    { script: asRoot(), args: [processHead() + text, hasPassword, ...args] },
    { ...options, input: sudoPassword === undefined ? undefined : `${sudoPassword}\n` },
  );
}
