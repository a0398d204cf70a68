import { existsSync, readFileSync } from 'node:fs';
import { say } from '../core/language/say.ts';
import { findOnHost } from './tools.ts';

/** Who is going to type a command that only root of this host may run. */
export interface CommandReader {
  readonly isRoot: boolean;
  /** Whether sudo(8) is on this host. */
  readonly hasSudo: boolean;
  /** Whether the user is in a group that sudoers(5) of common distributions lets do everything. */
  readonly isAdministrator: boolean;
}

/** Groups whose members may use sudo on Debian and Ubuntu, on Fedora and Arch, and on Ubuntu before 12.04. */
const administrators = new Set(['sudo', 'wheel', 'admin']);

let known: CommandReader | undefined;

/** The user of this process; looked for once. */
export function commandReader(): CommandReader {
  return (known ??= {
    isRoot: process.getuid?.() === 0,
    hasSudo: findOnHost('sudo') !== undefined,
    isAdministrator: isAdministrator(),
  });
}

/**
 * Commands that need root of the host, as this reader types them: each `{root}` in them becomes `sudo ` where that is
 * needed. Who may have no right to type them gets a line before them that says whom to ask. Lines with `#` at their
 * beginning are remarks.
 */
export function rootCommands(lines: readonly string[], reader: CommandReader = commandReader()): string[] {
  if (reader.isRoot) return lines.map((line) => line.replaceAll('{root}', ''));
  if (!reader.hasSudo)
    return [
      say`# there is no sudo here: ask who runs this computer to type, as its administrator:`,
      ...lines.map((line) => line.replaceAll('{root}', '')),
    ];
  const asked = reader.isAdministrator ? [] : [say`# where sudo refuses you, ask who runs this computer to type:`];
  return [...asked, ...lines.map((line) => line.replaceAll('{root}', 'sudo '))];
}

/** group(5) by the numbers that this process has. */
function isAdministrator(): boolean {
  const numbers = new Set((process.getgroups?.() ?? []).map(String));
  const groups = existsSync('/etc/group') ? readFileSync('/etc/group', 'utf8').split('\n') : [];
  return groups
    .map((line) => line.split(':'))
    .some(([name = '', , number = '']) => administrators.has(name) && numbers.has(number));
}
