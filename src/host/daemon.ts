import { spawn, type ChildProcessByStdio, type StdioOptions } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** A process that outlives this one, in a session of its own, with a line-wise conversation until it is let go. */
export interface Daemon {
  /** Lines of its standard output. */
  readonly lines: AsyncIterator<string>;
  say(text: string): void;
  /** Ends the conversation; the process goes on if it is made to. */
  letGo(): void;
}

/**
 * Starts a daemon, which keeps the standard error of this process until it opens one of its own, unless `logFile` takes
 * that. The environment is `env` alone.
 */
export function startDaemon(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  { logFile }: { readonly logFile?: string } = {},
): Daemon {
  const [file = '', ...args] = command;
  const log = logFile === undefined ? undefined : openSync(logFile, 'w', 0o600);
  const stdio: StdioOptions = ['pipe', 'pipe', log ?? 'inherit'];
  const options = { cwd: '/', env, detached: true, stdio };
  const child = spawn(file, args, options) as ChildProcessByStdio<Writable, Readable, null>;
  if (log !== undefined) closeSync(log);
  // A daemon that cannot be started, or ends early, is seen by the end of its lines; what is written to it then goes
  // nowhere.
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout });
  return {
    lines: lines[Symbol.asyncIterator](),
    say: (text) => void child.stdin.write(text),
    letGo: () => {
      lines.close();
      child.stdin.destroy();
      child.stdout.destroy();
      child.unref();
    },
  };
}
