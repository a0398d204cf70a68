import { EnvironmentError } from '../core/errors.ts';
import { describeHolder } from '../core/port-holder.ts';
import { scriptFile } from '../core/files/script-file.ts';
import { toolWords } from '../core/text/tool-words.ts';
import { say } from '../core/language/say.ts';
import type { Shell } from '../ssh/shell.ts';
import { execAsRoot } from './as-root.ts';
import { askOutside } from './ask-outside.ts';
import type { LookOptions } from './look-options.ts';
import type { SocketHolder } from './port-report.ts';

export type EndSignal = 'TERM' | 'KILL';

const signalScript = scriptFile(new URL('signal.sh', import.meta.url));

/** One round trip takes milliseconds; this is for a machine that hangs. */
const SIGNAL_TIMEOUT_MS = 15_000;

/**
 * Sends a signal to the processes of these holders, each once and only if it is still the same process (PID, start
 * time, command) and still has the socket open; from outside, or else through sudo when one belongs to another user. Returns the holders
 * whose process got it.
 *
 * @throws {EnvironmentError} when one may not be signalled; then none was.
 */
export async function signalHolders(
  shell: Shell,
  holders: readonly SocketHolder[],
  signal: EndSignal,
  { signal: abort, sudoPassword }: LookOptions,
): Promise<SocketHolder[]> {
  const targets = holders.flatMap(({ pid, identity, inode }) =>
    pid === undefined || identity === undefined ? [] : [String(pid), identity, inode ?? '-'],
  );
  const { machine, outside } = shell;
  const { stdout, stderr } =
    outside === undefined
      ? await execAsRoot(
          shell,
          { text: signalScript(), args: [signal, 'plain', ...targets], sudoPassword },
          { timeoutMs: SIGNAL_TIMEOUT_MS, signal: abort },
        )
      : {
          stdout: await askOutside(
            { machine, outside, question: ['signal', signal, ...targets] },
            { limitMs: SIGNAL_TIMEOUT_MS, signal: abort },
          ),
          stderr: '',
        };
  const outcomes = Map.groupBy(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ')),
    ([word = '']) => word,
  );
  const pidsOf = (outcome: string): Set<number> => new Set((outcomes.get(outcome) ?? []).map(([, pid]) => Number(pid)));
  const sudo = outcomes.get('sudo')?.[0]?.[1];
  if (sudo !== undefined || outcomes.has('denied')) throw notAllowed(shell, holders, sudo, stderr);
  const signalled = pidsOf('signalled');
  return holders.filter(({ pid }) => pid !== undefined && signalled.has(pid));
}

function notAllowed(
  { machine, user }: Shell,
  holders: readonly SocketHolder[],
  sudo: string | undefined,
  stderr: string,
): EnvironmentError {
  const others = holders.filter((holder) => holder.user !== user);
  const who = (others.length > 0 ? others : holders).map(describeHolder).join(', ');
  const port = holders[0]?.port ?? '';
  const pids = [...new Set(holders.map(({ pid }) => pid))].join(' ');
  return new EnvironmentError(notAllowedWords({ user, who, where: say`port ${port} of ${machine}` }, sudo), {
    code: 'port-holder-not-ours',
    hint: say`End it there with an account that may (${user === 'root' ? '' : 'sudo '}kill ${pids}), or give your program another port.`,
    detail: toolWords(stderr) || undefined,
  });
}

function notAllowedWords(
  { user, who, where }: { readonly user: string; readonly who: string; readonly where: string },
  sudo: string | undefined,
): string {
  if (sudo === undefined) return say`${user} may not end ${who}, which holds ${where}`;
  return sudo === 'absent'
    ? say`${user} may not end ${who}, which holds ${where}, and sudo is not installed there`
    : say`${user} may not end ${who}, which holds ${where}, and sudo wants a password`;
}
