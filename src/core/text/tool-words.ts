/** `sh: 3: `, `/bin/sh: line 3: `: the shell that ran a script of ours, and a line of it that no one knows. */
const SHELL_PREFIX = /^(?:\/\S+\/)?(?:sh|dash|bash|ash|busybox|ksh|zsh|lab)(?:\[\d+\])?: (?:(?:line )?\d+: )?/;
/** Names that unfinished files have until they are whole. */
const UNFINISHED = /\S*\/\.lab-[\w-]+\.part(?:: )?/g;

/**
 * What tools of a machine said, for people: without the shell that ran them and its line numbers, without names of
 * unfinished files, and each line once. May be empty.
 */
export function toolWords(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.replace(SHELL_PREFIX, '').replaceAll(UNFINISHED, '').trim())
    .filter((line) => line !== '');
  return [...new Set(lines)].join('\n');
}
