import { statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { isAbsolute } from 'node:path';

/** Who runs this process, on any system. */
export interface LocalUser {
  readonly name: string;
  /** -1 on Windows. */
  readonly uid: number;
  /** `HOME` if that is a folder of this user's, else that of the user database, else `/`. */
  readonly home: string;
}

/**
 * An account without an entry in the user database, as containers have it, is known by its number and its environment.
 */
export function localUser(): LocalUser {
  const { USER, USERNAME, LOGNAME, HOME = '' } = process.env;
  const uid = process.getuid?.() ?? -1;
  const account = accountOf();
  const home = isOwn(HOME) ? HOME : (account?.homedir ?? '/');
  return { name: account?.username ?? USER ?? LOGNAME ?? USERNAME ?? String(uid), uid, home };
}

/**
 * Whether a home is this user's: `sudo` may hand on that of its caller, whose keys and known hosts are nothing to root.
 */
function isOwn(home: string): boolean {
  try {
    return isAbsolute(home) && (process.geteuid === undefined || [0, process.geteuid()].includes(statSync(home).uid));
  } catch {
    return false;
  }
}

/** A command that only root of this host may run, as this user types it; for the middle of a sentence. */
export function rootCommand(command: string): string {
  return process.getuid?.() === 0 ? command : `sudo ${command}`;
}

/** The home folder that the user database has for the user of this process; undefined without an entry. */
export function accountHome(): string | undefined {
  return accountOf()?.homedir;
}

/** Node throws where there is no entry. */
function accountOf(): { readonly username: string; readonly homedir: string } | undefined {
  try {
    return userInfo();
  } catch {
    return undefined;
  }
}
