import { readFileSync } from 'node:fs';
import { say } from '../core/language/say.ts';

/**
 * Another user of this host in a message: `ada (user ID 1000)`, or `another user (user ID 1000)` where passwd(5) has no
 * name for it.
 */
export function describeUser(uid: number): string {
  return say`${nameOf(uid) ?? say`another user`} (user ID ${uid})`;
}

/** How lab is run as that user: the beginning of a sentence that ends in words of lab. */
export function commandAs(uid: number): string {
  if (process.geteuid?.() === 0 && Number(process.env['SUDO_UID']) === uid) return say`Run it without sudo: lab …`;
  return uid === 0
    ? say`Run it as root: sudo lab …`
    : say`Run it as that user: sudo -u ${nameOf(uid) ?? `'#${uid}'`} lab …`;
}

/** An account that sudo acts for: who called it, as sudo(8) says in the environment of what it runs. */
export interface SudoCaller {
  readonly uid: number;
  readonly gid: number;
}

/** Undefined when this process is not root's, or was not started by sudo from an ordinary account. */
export function sudoCaller(): SudoCaller | undefined {
  const { SUDO_UID = '', SUDO_GID = '' } = process.env;
  if (process.geteuid?.() !== 0 || !/^[1-9]\d{0,9}$/.test(SUDO_UID) || !/^\d{1,10}$/.test(SUDO_GID)) return undefined;
  return { uid: Number(SUDO_UID), gid: Number(SUDO_GID) };
}

function nameOf(uid: number): string | undefined {
  try {
    return readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .find((row) => row[2] === String(uid))?.[0];
  } catch {
    return undefined;
  }
}
