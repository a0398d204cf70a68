import { type ConnectionError, type ErrorParts, messageOf, systemCode } from '../../core/errors.ts';
import { sayDuration } from '../../core/language/amounts.ts';
import { serverText, type ShellTarget, targetFailure } from '../target.ts';
import { say } from '../../core/language/say.ts';

/** No connection on the level of sockets; each cause has its code and its next step. */
export function dialFailure(target: ShellTarget, cause: unknown): ConnectionError {
  const { message, ...parts } = explain(target, cause);
  return targetFailure(target, message, { ...parts, cause });
}

/** No answer at all. */
export function dialTimeout(target: ShellTarget, timeoutMs: number): ConnectionError {
  return targetFailure(target, say`${serverText(target.address)} did not answer within ${sayDuration(timeoutMs)}`, {
    code: 'ssh-unreachable',
    hint: say`Check that the machine is on and that no firewall drops the packets.`,
  });
}

function explain({ machine, address }: ShellTarget, cause: unknown): ErrorParts & { readonly message: string } {
  const where = serverText(address);
  const seen = systemCode(cause) ?? '';
  const restart = say`Check that "${machine}" is up ("lab status") and that sshd runs on it.`;
  switch (seen) {
    case 'ECONNREFUSED':
      return {
        code: 'ssh-refused',
        message: say`${where} refused the connection: no SSH server listens there`,
        hint: restart,
      };
    case 'ENOENT':
      return {
        code: 'ssh-socket-missing',
        message: say`${where} does not exist: the machine does not run`,
        hint: say`Bring it up with "lab up"; "lab status" shows what runs.`,
      };
    case 'EACCES':
    case 'EPERM':
      return {
        code: 'ssh-not-allowed',
        message: say`this user may not open ${where}`,
        hint: say`Run "lab" as the user who brought the lab up.`,
      };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return {
        code: 'ssh-name-unknown',
        message: say`the name in ${where} cannot be resolved (${seen})`,
        hint: say`Correct "host" of "${machine}" in lab.yaml, or give an address; "getent hosts NAME" shows what this host knows.`,
      };
    case 'EADDRNOTAVAIL':
      return {
        code: 'ssh-not-from-here',
        message: say`this host has no address from which ${where} can be reached (${messageOf(cause)})`,
        hint: say`Look at the addresses of this host ("ip address"), and at BindAddress in ~/.ssh/config.`,
      };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return {
        code: 'ssh-unreachable',
        message: say`${where} cannot be reached (${seen})`,
        hint: say`Check that the machine is on and that this host has a route to it ("ping", "ip route get").`,
      };
    default:
      return {
        code: 'ssh-connect-failed',
        message: say`no connection to ${where}: ${messageOf(cause)}`,
        hint: restart,
      };
  }
}
