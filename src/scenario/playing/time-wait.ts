import { awakeNow } from '../../core/time/awake-clock.ts';
import type { StepProblem } from '../../core/step-problem.ts';
import type { PortInTimeWait } from './port-in-time-wait.ts';
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
}

/**
 * Why a step failed, with TIME_WAIT as its cause where a program could not have its port for it; else as it is.
 */
export function withTimeWait(problem: StepProblem, play: Played): StepProblem {
  const found = [...play.portsInTimeWait].find(
    ([role, port]) => port.isBarredToAll || couldNotBind(play.terminals.get(role), problem),
  );
  if (found === undefined) return problem;
  const [role, { machine, port, isBarredToAll, until }] = found;
  const remainingMs = until === undefined ? undefined : Math.max(0, until - awakeNow());
  const end = isBarredToAll ? undefined : play.terminals.get(role)?.status;
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
