import type { Shell } from './shell.ts';

/** The same Shell with other verbs in place of some of its own. */
export function overShell(shell: Shell, verbs: Partial<Omit<Shell, 'machine' | 'user'>>): Shell {
  return {
    machine: shell.machine,
    user: shell.user,
    outside: shell.outside,
    exec: (command, options) => shell.exec(command, options),
    start: (command, options) => shell.start(command, options),
    put: (content, path, options) => shell.put(content, path, options),
    get: (path, options) => shell.get(path, options),
    close: () => shell.close(),
    ...verbs,
  };
}
