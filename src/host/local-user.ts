import { homedir, userInfo } from 'node:os';

/** Who runs this process, on any system. */
export interface LocalUser {
  readonly name: string;
  /** -1 on Windows. */
  readonly uid: number;
  readonly home: string;
}

/** An account without an entry in the user database, as containers have it, is known by its number and its environment. */
export function localUser(): LocalUser {
  try {
    const { username, uid } = userInfo();
    return { name: username, uid, home: homedir() };
  } catch {
    const { USER, USERNAME, LOGNAME } = process.env;
    const uid = process.getuid?.() ?? -1;
    return { name: USER ?? LOGNAME ?? USERNAME ?? String(uid), uid, home: homedir() };
  }
}
