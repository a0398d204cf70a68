import { userInfo } from 'node:os';
import { isAbsolute } from 'node:path';

/** Who runs this process, on any system. */
export interface LocalUser {
  readonly name: string;
  /** -1 on Windows. */
  readonly uid: number;
  /** `/` when neither the environment nor the user database knows one. */
  readonly home: string;
}

/** An account without an entry in the user database, as containers have it, is known by its number and its environment. */
export function localUser(): LocalUser {
  const { USER, USERNAME, LOGNAME, HOME = '' } = process.env;
  const uid = process.getuid?.() ?? -1;
  const account = accountOf();
  const home = isAbsolute(HOME) ? HOME : (account?.homedir ?? '/');
  return { name: account?.username ?? USER ?? LOGNAME ?? USERNAME ?? String(uid), uid, home };
}

/** The home folder that the user database has for whoever runs this process; undefined without an entry. */
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
