import { addressesOf } from '../../core/lab-description.ts';
import type { ProgramLook } from '../../core/program-look.ts';
import type { Cause, Evidence } from '../../core/step-problem.ts';
import type { Lab } from '../../lab/types.ts';
import type { PlayContext } from './play-context.ts';
import type { ProgramTerminal } from './program-terminal.ts';

/** Two looks so far apart tell what computes from what waits. */
const STABLE_MS = 30;
/** Lines in which the last words of a program are looked for. */
const LAST_LINES = 30;

/** An exception as Python, Java, Node and others end with it; the words behind the name say what was wrong. */
const EXCEPTION =
  /^(?:Uncaught )?(?:[A-Za-z_][\w$]*[.:]{1,2})*[A-Z]\w*(?:Error|Exception|Interrupt|Exit)\b.*|^Error: .*/;
/** What stands before it: of an uncaught exception in Java, of PHP, Go and Rust. */
const PREFIX = /^(?:Exception in thread "[^"]*" |PHP Fatal error: +Uncaught |panic: |fatal error: )/;
/** Lines behind it that only say where, and how to learn more: Java, Node, Go, Rust. */
const PLACE =
  /^(?:at \S|\.\.\. \d+ more|Node\.js v\d|[{}\]]|goroutine \d+ \[|\S+\.go:\d+|[\w./]+\(\S*\)$|exit status \d|note: run with )/;
/** Python (threading.excepthook) and Java (Thread.UncaughtExceptionHandler). */
const THREAD_EXCEPTION = /^Exception in thread \S.*/;

/** What the programs were doing when a step failed, and which of them it is the victim of. */
export async function evidenceOf(play: PlayContext): Promise<Evidence> {
  const looks = await looksAtAll(play);
  const cause = causeOf(play);
  return {
    programs: play.opened.map((terminal) => ({
      role: terminal.role,
      machine: terminal.machine,
      look: looks.get(terminal),
      end: terminal.status,
    })),
    ...(cause && { cause }),
    names: namesOf(play.stage.lab),
  };
}

/** Nothing of a play that was stopped, or whose connections are lost. */
async function looksAtAll(play: PlayContext): Promise<ReadonlyMap<ProgramTerminal, ProgramLook>> {
  try {
    return await play.lookAt(play.opened, { stableMs: STABLE_MS });
  } catch {
    return new Map();
  }
}

/** EPIPE and ECONNRESET (errno(3)), as languages call them: the other side has gone, which often still ends itself. */
const PEER_GONE = /\b(?:BrokenPipeError|ConnectionResetError|EPIPE|ECONNRESET|broken pipe|connection reset)\b/i;

/** A program that says so is the victim of another one, if another has failed, too. */
function lostItsPeer(line: string | undefined): boolean {
  return line !== undefined && PEER_GONE.test(line);
}

/** The first program that ended as no step asks for; else one of whose threads an exception ended. */
export function causeOf(play: PlayContext): Cause | undefined {
  const failed = play.opened
    .filter((terminal) => play.hasFailed(terminal))
    .map((terminal) => ({ terminal, line: lastWords(terminal.reader.tail(LAST_LINES)) }))
    .toSorted(
      (a, b) => Number(lostItsPeer(a.line)) - Number(lostItsPeer(b.line)) || a.terminal.endedAt! - b.terminal.endedAt!,
    );
  const [first] = failed;
  if (first !== undefined) {
    const { role, machine, status } = first.terminal;
    return { role, machine, end: status, line: first.line };
  }
  for (const { role, machine, status, reader } of play.opened) {
    const lines = reader.tail(LAST_LINES);
    const at = lines.findLastIndex((line) => THREAD_EXCEPTION.test(line));
    if (at >= 0 && status === undefined) return { role, machine, line: exceptionFrom(lines.slice(at)) };
  }
  return undefined;
}

function lastWords(lines: readonly string[]): string | undefined {
  const said = lines.map((line) => line.trim()).filter((line) => line !== '' && !PLACE.test(line));
  const told = said.findLast((line) => PREFIX.test(line) || EXCEPTION.test(line)) ?? said.at(-1);
  return told?.replace(/^Exception in thread "[^"]*" /, '');
}

/** Java says it in the first line, Python in the first line behind the places where it happened. */
function exceptionFrom([first = '', ...others]: readonly string[]): string {
  return (
    EXCEPTION.exec(first.replace(/^Exception in thread "[^"]*" /, ''))?.[0] ??
    others.find((line) => EXCEPTION.test(line)) ??
    first
  );
}

function namesOf({ machines }: Lab): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...machines.values()].flatMap((machine) => addressesOf(machine).map((address) => [address, machine.name])),
  );
}
