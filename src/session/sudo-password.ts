import { secretFromEnvironment } from '../core/text/secret-variable.ts';
import type { PortReport } from '../ports/inspect-port.ts';
import type { Shell } from '../ssh/shell.ts';
import type { CommandContext } from './context.ts';
import { say } from '../core/language/say.ts';

/** Passwords for sudo by machine, where there is one. */
export type SudoPasswords = Map<string, string>;

/** Passwords from the environment: `LAB_SUDO_PASSWORD_VM1`, else `LAB_SUDO_PASSWORD`. */
export function sudoPasswordsOf(machines: Iterable<string>): SudoPasswords {
  return new Map(
    [...machines].flatMap((machine) => {
      const password = secretFromEnvironment('LAB_SUDO_PASSWORD', machine);
      return password === undefined ? [] : [[machine, password] as const];
    }),
  );
}

/**
 * Asks for the password of a machine where sudo needs it to show who holds the port; false when the user gives none.
 */
export async function askSudoPassword(
  { terminal }: Pick<CommandContext, 'terminal'>,
  { user }: Shell,
  { machine, needsSudoPassword }: PortReport,
  passwords: SudoPasswords,
): Promise<boolean> {
  if (!needsSudoPassword || passwords.has(machine)) return false;
  const password = await terminal.answer?.(say`Password of ${user} on ${machine}, for sudo: `, { visible: false });
  if (password === undefined || password === '') return false;
  passwords.set(machine, password);
  return true;
}
