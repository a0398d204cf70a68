import { readFileSync, statSync } from 'node:fs';
import { say } from '../../../core/language/say.ts';
import { commandReader, rootCommands, type CommandReader } from '../../../host/root-commands.ts';
import type { Advice } from './why-refused.ts';

/** What decides whether newuidmap(1) gets the right that it is there for. */
export interface MapperFacts {
  readonly reader: CommandReader;
  /** Whether it is set-user-ID root. */
  readonly isSetUid: boolean;
  /** Whether programs of its file system get no rights from their files (mount(8), `nosuid`). */
  readonly isOnNoSuid: boolean;
  /** Whether this process and all that it starts get none (prctl(2), PR_SET_NO_NEW_PRIVS). */
  readonly noNewPrivileges: boolean;
}

/** Reads only. */
export function lookAtMapper(path: string): MapperFacts {
  const { mode, uid } = statSync(path);
  return {
    reader: commandReader(),
    isSetUid: (mode & 0o4000) !== 0 && uid === 0,
    isOnNoSuid: isOnNoSuid(path, readFileSync('/proc/self/mountinfo', 'utf8')),
    noNewPrivileges: /^NoNewPrivs:\s*1$/m.test(readFileSync('/proc/self/status', 'utf8')),
  };
}

/** Why the kernel refuses it the right, and what helps. */
export function whyMapperRefused(path: string, facts: MapperFacts): Advice {
  const { reader, isSetUid, isOnNoSuid: noSuid, noNewPrivileges } = facts;
  if (noNewPrivileges)
    return {
      why: say`no program that is started from here may gain rights (no_new_privs)`,
      howToGet: [
        say`# in a container: start it without --security-opt no-new-privileges; else use a terminal of its own`,
      ],
    };
  if (noSuid)
    return {
      why: say`the file system of ${path} is mounted nosuid`,
      howToGet: rootCommands([`{root}mount -o remount,suid "$(findmnt -no TARGET -T ${path})"`], reader),
    };
  if (!isSetUid)
    return {
      why: say`${path} has lost its right (set-user-ID)`,
      howToGet: rootCommands([`{root}chown root ${path}; {root}chmod u+s ${path}`], reader),
    };
  return { why: say`${path} is refused by the kernel, as in a container without SETUID and SETGID`, howToGet: [] };
}

/** By the mount that lies over the path last (proc(5)). */
export function isOnNoSuid(path: string, mountInfo: string): boolean {
  const mounts = mountInfo
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, , , , point = ' ']) => point === '/' || path === point || path.startsWith(`${point}/`));
  const deepest = mounts.reduce<readonly string[]>(
    (best, fields) => ((fields[4]?.length ?? 0) >= (best[4]?.length ?? 0) ? fields : best),
    [],
  );
  return deepest[5]?.split(',').includes('nosuid') === true;
}
