import { awakeNow } from '../../core/time/awake-clock.ts';
import type { StepProblem } from '../../core/step-problem.ts';
import { inspectPort } from '../../ports/inspect-port.ts';
import { portsInTimeWait } from '../../ports/ports-in-time-wait.ts';
import type { Shell } from '../../ssh/shell.ts';
import { portInTimeWait, type PortInTimeWait } from './port-in-time-wait.ts';
import type { ProgramTerminal } from './program-terminal.ts';

/** How long Linux keeps such a connection (TCP_TIMEWAIT_LEN of include/net/tcp.h). */
const TIME_WAIT_MS = 60_000;

/** What a program prints that bind(2) was refused to, in the languages that C libraries and interpreters have. */
const ADDRESS_IN_USE = /address (?:is )?already in use|EADDRINUSE|AddrInUse|\berrno 98\b|adresse déjà utilisée/i;
const LAST_LINES = 30;

/** What is known of a play when a step has failed. */
interface Played {
  readonly stage: { readonly canBeFresh?: boolean | undefined };
  /** By role. */
  readonly terminals: ReadonlyMap<string, ProgramTerminal>;
  /** By role. */
  readonly portsInTimeWait: ReadonlyMap<string, PortInTimeWait>;
  readonly signal: AbortSignal;
  shell(machine: string): Shell;
}

/**
 * Why a step failed, with TIME_WAIT as its cause where a program could not have its port for it; else as it is.
 */
export async function withTimeWait(problem: StepProblem, play: Played): Promise<StepProblem> {
  const declared = [...play.portsInTimeWait].find(
    ([role, port]) => port.isBarredToAll || couldNotBind(play.terminals.get(role), problem),
  );
  const found = declared ?? (await undeclaredPort(play));
  if (found === undefined) return problem;
  const [role, { machine, port, isBarredToAll, until }] = found;
  const remainingMs = until === undefined ? undefined : Math.max(0, until - awakeNow());
  const end = play.terminals.get(role)?.status;
  const endedMsAgo = remainingMs === undefined ? undefined : Math.max(0, TIME_WAIT_MS - remainingMs);
  const isAboutIt = problem.role === role || problem.expected.kind === 'possible';
  return {
    ...problem,
    role: problem.role ?? role,
    seen: isAboutIt ? { kind: 'time-wait', role, machine, port, endedMsAgo, end } : problem.seen,
    hint: {
      kind: 'time-wait',
      role,
      machine,
      port,
      isBarredToAll,
      remainingMs,
      canBeFresh: play.stage.canBeFresh ?? false,
    },
  };
}

/**
 * Whether a program shows that bind(2) failed, by its words, or ended with an error and no word when it was to listen:
 * bind(2) was tried before, as the same account, and did fail.
 */
function couldNotBind(terminal: ProgramTerminal | undefined, { expected, role }: StepProblem): boolean {
  if (terminal === undefined) return false;
  const text = terminal.reader.tail(LAST_LINES).join('\n');
  if (ADDRESS_IN_USE.test(text)) return true;
  const { status } = terminal;
  const isAboutIt = expected.kind === 'listen' && role === terminal.role;
  const hasFailed = status !== undefined && status.exitCode !== 0;
  return isAboutIt && hasFailed && (text.trim() === '' || /\bbind\b/i.test(text));
}

/**
 * The program that says "Address already in use" of a port that the lab file does not name (a server without `listens`, a
 * client that binds its own end), and that port: the one in TIME_WAIT on its machine, or of several the one that its
 * command or its words name.
 */
async function undeclaredPort(play: Played): Promise<readonly [role: string, port: PortInTimeWait] | undefined> {
  for (const [role, { program, machine, reader }] of play.terminals) {
    const text = reader.tail(LAST_LINES).join('\n');
    if (play.portsInTimeWait.has(role) || !ADDRESS_IN_USE.test(text)) continue;
    const port = await portOf(play, machine, `${program.command.join(' ')} ${text}`).catch(() => undefined);
    if (port !== undefined) return [role, port];
  }
  return undefined;
}

async function portOf(play: Played, machine: string, words: string): Promise<PortInTimeWait | undefined> {
  const shell = play.shell(machine);
  const { signal } = play;
  const ports = await portsInTimeWait(shell, { signal });
  const named = ports.filter((port) => new RegExp(`\\b${port}\\b`).test(words));
  const [port, ...others] = named.length > 0 ? named : ports;
  return port === undefined || others.length > 0
    ? undefined
    : portInTimeWait(await inspectPort(shell, port, { signal }));
}
