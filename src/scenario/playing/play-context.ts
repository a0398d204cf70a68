import { awakeNow } from '../../core/time/awake-clock.ts';
import { TimeoutError } from '../../core/errors.ts';
import type { ProgramLook } from '../../core/program-look.ts';
import type { Advice, Expectation } from '../../core/step-problem.ts';
import { type Attempt, retryUntil } from '../../core/time/retry.ts';
import type { Program } from '../../lab/types.ts';
import { isListening } from '../../ports/inspect-port.ts';
import type { LookOptions } from '../../observe/observer.ts';
import type { ExitStatus, Shell } from '../../ssh/shell.ts';
import { StepFailure } from './step-failure.ts';
import { isEnd, type ExpectedEnd } from './exit-words.ts';
import { Keyboard, type LookAtProgram } from './keyboard.ts';
import { StandstillWatch } from './standstill.ts';
import { VainWatch } from '../waiting/in-vain.ts';
import type { Stage } from '../stage.ts';
import type { PortInTimeWait } from './port-in-time-wait.ts';
import type { ProgramTerminal } from './program-terminal.ts';
import { TakenValues } from '../reading/taken-values.ts';
import { MASK } from '../../core/text/mask.ts';

/** With a user at a keyboard nothing is late for as long as a person may think. */
const OPERATOR_TIMEOUT_MS = 60 * 60_000;
/** A program that ends when it has read what was typed may be gone before the machine has said that it took that. */
const ACKNOWLEDGED_WITHIN_MS = 1000;
/** How often a look is made that no output wakes. */
const LOOK_INTERVAL_MS = 25;
/** Two looks so far apart tell what computes from what waits. */
const STABLE_MS = 20;

/** What the verbs share while one scenario is played. */
export class PlayContext {
  readonly stage: Stage;
  /** Aborts when the user stops the play, or when a connection is lost. */
  readonly signal: AbortSignal;
  /** By role: the terminal of the last start. */
  readonly terminals = new Map<string, ProgramTerminal>();
  /** Of all starts, in order. */
  readonly opened: ProgramTerminal[] = [];
  /** How many steps have begun, and how many of them have passed. */
  readonly steps = { begun: 0, passed: 0 };
  /** Whose end an `exit` step has checked. */
  readonly checked = new Set<ProgramTerminal>();
  /** By role: what the look at the ports found before its last start, where that can be why it does not listen. */
  readonly portsInTimeWait = new Map<string, PortInTimeWait>();
  /** By role: the port that a process has which the program left in the background when it ended. */
  readonly inBackground = new Map<string, number>();
  /** What patterns took from the output. */
  readonly values = new TakenValues((owner) => this.terminals.get(owner)?.machine ?? owner);
  /** By role. */
  readonly keyboards: ReadonlyMap<string, Keyboard>;
  /** The step that is played, counted from 0; undefined when all have been. */
  step: number | undefined;
  /** Texts that were typed without echo, in quotes. */
  readonly #secrets = new Set<string>();
  readonly #lost = new AbortController();
  readonly #standstill: StandstillWatch | undefined;

  readonly #steps: readonly PlayedStep[];

  constructor(stage: Stage, steps: readonly PlayedStep[]) {
    this.stage = stage;
    this.#steps = steps;
    this.keyboards = new Map([...(stage.operators ?? [])].map(([role, operator]) => [role, new Keyboard(operator)]));
    this.signal = AbortSignal.any([stage.signal, this.#lost.signal]);
    const tell = stage.onStandstill;
    if (tell !== undefined && this.keyboards.size > 0)
      this.#standstill = new StandstillWatch({ steps: steps.length, activity: () => this.#activity(), tell });
  }

  /** Takes a terminal that was just opened; a user who holds its keyboard types on it from now on. */
  add(terminal: ProgramTerminal): void {
    this.terminals.set(terminal.role, terminal);
    this.opened.push(terminal);
    const look: LookAtProgram = async () => (await this.lookAt([terminal], { stableMs: STABLE_MS })).get(terminal);
    this.keyboards.get(terminal.role)?.attach(terminal, look);
    terminal.done.then(
      () => this.#noteBackground(terminal),
      (error: unknown) => this.#lost.abort(error),
    );
  }

  /** A server that ends well, with steps to come, and whose port stays open, has left it to another process. */
  async #noteBackground({ role, machine, program, status }: ProgramTerminal): Promise<void> {
    if (status?.exitCode !== 0 || this.step === undefined || this.step >= this.#steps.length - 1) return;
    for (const { protocol, port } of program.listens) {
      const look = { signal: this.signal, protocol };
      const isOpen = await isListening(this.shell(machine), port, look).catch(() => false);
      if (isOpen) this.inBackground.set(role, port);
    }
  }

  /** Resolves when what was typed at the terminals of the other roles has been seen there. */
  async turnOf(role: string): Promise<void> {
    for (const terminal of this.terminals.values()) if (terminal.role !== role) await terminal.echoed();
  }

  /** The parser has seen to it that each role is started before it is used. */
  terminal(role: string): ProgramTerminal {
    return this.terminals.get(role)!;
  }

  program(name: string): Program {
    return this.stage.lab.programs.get(name)!;
  }

  shell(machine: string): Shell {
    return this.stage.shells.get(machine)!;
  }

  /**
   * What programs do at this moment, as their machines show it. Those that have ended are missing, and those of which
   * nothing is known.
   */
  async lookAt(
    terminals: readonly ProgramTerminal[],
    options: Omit<LookOptions, 'signal'> = {},
  ): Promise<ReadonlyMap<ProgramTerminal, ProgramLook>> {
    const running = terminals.filter(({ status }) => status === undefined);
    const byMachine = [...Map.groupBy(running, ({ machine }) => machine)];
    const looks = await Promise.all(
      byMachine.map(async ([machine, there]) => {
        const observer = this.stage.observers?.get(machine);
        const pids = there.map(({ pid }) => pid);
        const found = await observer?.look(pids, { ...options, signal: this.signal });
        return there.flatMap((terminal) => {
          const look = found?.get(terminal.pid);
          return look === undefined ? [] : [[terminal, look] as const];
        });
      }),
    );
    return new Map(looks.flat());
  }

  /** A text of the scenario that is about to be typed without echo: it is stored nowhere, nor is it from now on. */
  async keepSecret(text: string): Promise<void> {
    this.#secrets.add(JSON.stringify(text));
    await this.stage.onSecret?.(text);
  }

  /** The text of a step, secrets masked. */
  stepText(text: string): string {
    let masked = text;
    for (const secret of this.#secrets) masked = masked.replaceAll(secret, JSON.stringify(MASK));
    return masked;
  }

  /** Whether any step checks how a program of this role ends. */
  asksForEnd(role: string): boolean {
    return this.#steps.some(({ ends }) => ends.has(role));
  }

  /** Whether a program ended with a failure, and no step has asked for that or will. */
  hasFailed(terminal: ProgramTerminal): boolean {
    const { role, status } = terminal;
    if (status === undefined || status.exitCode === 0 || this.checked.has(terminal)) return false;
    const toCome = this.step === undefined ? [] : this.#steps.slice(this.step);
    return !toCome.some(({ ends }) => ends.has(role) && isEnd(status, ends.get(role)!));
  }

  /** Whether the user holds the keyboard of this role. */
  isOperated(role: string): boolean {
    return this.keyboards.has(role);
  }

  /** When a step that begins now is late. */
  deadlineOf(step: StepLimit): Deadline {
    const limitMs = this.limitOf(step);
    const timeoutMs = this.keyboards.size > 0 ? Math.max(OPERATOR_TIMEOUT_MS, limitMs) : limitMs;
    return { timeoutMs, at: awakeNow() + timeoutMs };
  }

  /** Time limit of a step on these machines, in milliseconds. */
  limitOf({ timeoutMs, isDefaultLimit }: StepLimit): number {
    return isDefaultLimit ? timeoutMs * (this.stage.slowness ?? 1) : timeoutMs;
  }

  /**
   * Waits until something was handed over to the program. When that fails, the program has ended or its connection is
   * lost, and both end this wait.
   *
   * @throws {StepFailure} as `waitFor` does.
   */
  async waitUntilTaken(terminal: ProgramTerminal, deadline: Deadline, { expected, work }: HandOver): Promise<void> {
    let came: 'taken' | 'refused' | undefined;
    const settle = (how: typeof came): void => {
      came = how;
      terminal.changes.notify();
    };
    work.then(
      () => settle('taken'),
      () => settle('refused'),
    );
    await this.waitFor(terminal, deadline, {
      expected,
      look: () => (came === 'taken' ? true : undefined),
      afterEndMs: () => (came === undefined ? ACKNOWLEDGED_WITHIN_MS : 0),
    });
  }

  /**
   * Looks again and again, at once after each output of the terminal, until `look` gives something.
   *
   * @throws {StepFailure} at the deadline, or as soon as the program has ended, unless `afterEnd`.
   */
  async waitFor<T>(terminal: ProgramTerminal, deadline: Deadline, goal: Goal<T>): Promise<T> {
    const attempt = async (): Promise<Attempt<T>> => {
      const { status } = terminal;
      const value = await goal.look();
      if (value !== undefined) return { value };
      if (status && awakeNow() - terminal.endedAt! < (goal.afterEndMs?.(status) ?? 0)) return { seen: 'nothing' };
      if (status)
        throw new StepFailure({
          expected: goal.expected,
          seen: { kind: 'ended-first', role: terminal.role, end: status },
          role: terminal.role,
          nearest: goal.nearest?.(),
          hint: goal.hint?.(),
        });
      if (await vain.isInVain())
        throw new StepFailure({
          expected: goal.expected,
          seen: { kind: 'in-vain' },
          role: terminal.role,
          hint: goal.hint?.(),
        });
      return { seen: 'nothing' };
    };
    const vain = new VainWatch(this);
    const timeoutMs = Math.max(0, deadline.at - awakeNow());
    const wait = (): Promise<T> =>
      retryUntil(attempt, {
        what: goal.expected.kind,
        timeoutMs,
        intervalMs: LOOK_INTERVAL_MS,
        wake: () => terminal.changes.next(),
        signal: this.signal,
      });
    try {
      return await this.whileWaiting(goal.expected, wait());
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      throw new StepFailure({
        expected: goal.expected,
        seen: { kind: 'nothing-in-time' },
        role: terminal.role,
        limitMs: deadline.timeoutMs,
        nearest: goal.nearest?.(),
        hint: goal.hint?.(),
      });
    }
  }

  /** The result of work that waits for something; users are told when nothing happens. */
  whileWaiting<T>(waitsFor: Expectation, work: Promise<T>): Promise<T> {
    return this.#standstill?.during({ step: this.step, waitsFor }, work) ?? work;
  }

  #activity(): { readonly idleMs: number; readonly linesTyped: number } {
    return {
      idleMs: Math.min(...this.opened.map(({ idleMs }) => idleMs)),
      linesTyped: this.opened.reduce((sum, { linesRelayed }) => sum + linesRelayed, 0),
    };
  }
}

/** What the play must know of all steps of its scenario. */
interface PlayedStep {
  /** The ends that it checks, by program. */
  readonly ends: ReadonlyMap<string, ExpectedEnd>;
}

/** How long a step may take. */
export interface StepLimit {
  /** Time limit of the whole step. */
  readonly timeoutMs: number;
  /** No one wrote that limit: slow machines get more. */
  readonly isDefaultLimit: boolean;
}

export interface Deadline {
  /** Milliseconds on the clock of `awakeNow()`. */
  readonly at: number;
  /** The whole time limit, for messages. */
  readonly timeoutMs: number;
}

/** Something that is handed over to a program. */
export interface HandOver {
  readonly expected: Expectation;
  /** Resolves when the machine has taken it. */
  readonly work: Promise<void>;
}

/** What is waited for. */
export interface Goal<T> {
  readonly expected: Expectation;
  readonly look: () => T | undefined | Promise<T | undefined>;
  /** Asked when it failed: of what came, the line that is most like what was expected. */
  readonly nearest?: (() => string | undefined) | undefined;
  /** Asked when it failed. */
  readonly hint?: (() => Advice | undefined) | undefined;
  /** For how long, in milliseconds, it may still come when the program has ended; default: not at all. */
  readonly afterEndMs?: ((end: ExitStatus) => number) | undefined;
}

/** Parts of a step whose keyboards the user holds are left out; a step with no others is skipped. */
export function outcomeOf(parts: readonly unknown[]): 'played' | 'skipped' {
  return parts.length > 0 ? 'played' : 'skipped';
}
