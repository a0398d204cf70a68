import { portsOf, protocolField, type ListenPort } from '../../core/listen-port.ts';
import type { ProgramLook } from '../../core/program-look.ts';
import type { Finding } from '../../core/step-problem.ts';
import { awakeNow } from '../../core/time/awake-clock.ts';
import type { Lab, Program } from '../../lab/types.ts';
import { isListening } from '../../ports/inspect-port.ts';
import {
  isOpen,
  listenerProblem,
  listenerProblemWords,
  type ListenerProblem,
  type WantedPort,
} from '../../ports/listens-otherwise.ts';
import type { Deadline, PlayContext } from '../playing/play-context.ts';
import type { ProgramTerminal } from '../playing/program-terminal.ts';
import { LineQuestion, notFoundHint } from './ready.ts';
import { StepFailure } from '../playing/step-failure.ts';

/** What a program does instead of listening counts when it has done it for so long. */
const CERTAIN_MS = 300;
/** It may read its keyboard in one thread while another is about to listen. */
const CERTAIN_OF_KEYBOARD_MS = 1000;
/** A server that has ended well may have left its port to a child process, which opens it a moment later (daemon(3)). */
const BACKGROUND_MS = 1000;
/** The whole machine is asked, too, for a program may leave its server to another process; each so many looks. */
const ASK_MACHINE_EACH = 3;

export interface ListenGoal {
  readonly ports: readonly ListenPort[];
  /** Also done when the program asks for a line. */
  readonly orLine?: boolean;
}

/**
 * Waits until the program listens on all these ports. Readiness is a row in the machine's socket table, never a
 * connection: a server may accept only once. Warns when no other machine reaches it.
 *
 * @throws {StepFailure} as `PlayContext.waitFor` does, and as soon as it is certain that the program has opened something
 *   else, or asks for a line first.
 */
export async function waitUntilListening(
  play: PlayContext,
  terminal: ProgramTerminal,
  { deadline, ports, orLine = false }: ListenGoal & { readonly deadline: Deadline },
): Promise<void> {
  const shell = play.shell(terminal.machine);
  const question = new LineQuestion(play, terminal);
  for (const port of ports) {
    const watch = new ListenWatch(terminal, port);
    const options = { signal: play.signal, protocol: port.protocol };
    let looks = 0;
    const state = await play.waitFor(terminal, deadline, {
      expected: watch.expected,
      async look() {
        const look = (await play.lookAt([terminal])).get(terminal);
        if (look && holds(look, port)) return { look };
        const asksMachine = look === undefined || looks++ % ASK_MACHINE_EACH === 0;
        if (asksMachine && (await isListening(shell, port.port, options)))
          return { look: await lookForBackground(play, terminal, port) };
        if (orLine && (await question.asks())) return 'asks';
        if (look !== undefined) watch.take(look);
        return undefined;
      },
      hint: () => notFoundHint(terminal),
      afterEndMs: ({ exitCode }) => (exitCode === 0 ? BACKGROUND_MS : 0),
    });
    if (state === 'asks') return;
    await warnOfNarrow(play, terminal, { port, look: state.look });
  }
}

/** A server that another process has is one in the background, if the machine shows what the program has. */
async function lookForBackground(
  play: PlayContext,
  terminal: ProgramTerminal,
  port: ListenPort,
): Promise<ProgramLook | undefined> {
  const look = (await play.lookAt([terminal])).get(terminal);
  // A program that has ended shows nothing any more; how it ended is asked when that matters.
  const isWatched = play.stage.observers?.has(terminal.machine) === true;
  if (isWatched && !(look && holds(look, port))) play.inBackground.set(terminal.role, port.port);
  return look;
}

function holds({ sockets }: ProgramLook, { protocol, port }: ListenPort): boolean {
  return sockets.some((socket) => socket.protocol === protocol && isOpen(socket) && socket.local.port === port);
}

function wantedOf({ protocol, port }: ListenPort, { listens }: Program): WantedPort {
  return { protocol, port, declared: portsOf(protocol, listens) };
}

/** Notices that a program has opened something else, and stays with it. */
class ListenWatch {
  readonly expected;
  readonly #terminal: ProgramTerminal;
  readonly #port: ListenPort;
  #seen = '';
  #since = 0;

  constructor(terminal: ProgramTerminal, port: ListenPort) {
    this.#terminal = terminal;
    this.#port = port;
    const { role, machine } = terminal;
    this.expected = { kind: 'listen', role, machine, ...protocolField(port), port: port.port } as const;
  }

  /** @throws {StepFailure} when the looks so far leave no doubt. */
  take(look: ProgramLook): void {
    const { role, program } = this.#terminal;
    const problem = listenerProblem(wantedOf(this.#port, program), look.sockets);
    if (problem?.seen.isWaitedFor === true) {
      const { kind, seen } = problem;
      if (this.#isCertain(`${kind} ${seen.local.port}`, CERTAIN_MS)) throw this.#otherwise(problem);
    } else if (look.waits.length === 1 && look.waits[0] === 'keyboard' && program.prompt === undefined) {
      if (this.#isCertain('keyboard', CERTAIN_OF_KEYBOARD_MS))
        throw new StepFailure({
          expected: this.expected,
          seen: { kind: 'asks-first', role },
          role,
          hint: { kind: 'asks-first', role },
        });
    } else this.#seen = '';
  }

  #isCertain(seen: string, afterMs: number): boolean {
    if (seen !== this.#seen) {
      this.#seen = seen;
      this.#since = awakeNow();
    }
    return awakeNow() - this.#since >= afterMs;
  }

  #otherwise(problem: ListenerProblem): StepFailure {
    const { role } = this.#terminal;
    const { message, hint } = listenerProblemWords(role, problem);
    const { kind: way, protocol, port, seen } = problem;
    const found = { protocol: seen.protocol, ...seen.local };
    const finding: Finding = { kind: 'listens-otherwise', role, way, wanted: { protocol, port }, found, text: message };
    return new StepFailure({ expected: this.expected, seen: finding, role, hint });
  }
}

/** Says that a program that listens is reached by no other machine, if there are programs on others. */
async function warnOfNarrow(
  play: PlayContext,
  terminal: ProgramTerminal,
  { port, look }: { readonly port: ListenPort; readonly look: ProgramLook | undefined },
): Promise<void> {
  if (look === undefined || !hasOthers(play.stage.lab, terminal.machine)) return;
  const problem = listenerProblem(wantedOf(port, terminal.program), look.sockets);
  if (problem?.kind !== 'loopback-only') return;
  const { message, hint } = listenerProblemWords(terminal.role, problem);
  await play.stage.events.emit({ kind: 'notice', level: 'warning', message, hint });
}

function hasOthers({ programs }: Lab, machine: string): boolean {
  return [...programs.values()].some(({ on }) => on !== machine);
}
