import { awakeNow } from '../../core/time/awake-clock.ts';
import type { EventSink } from '../../core/events.ts';
import { MASK } from '../../core/text/mask.ts';
import type { EndlessOutput } from '../../core/step-problem.ts';
import { TimeoutError } from '../../core/errors.ts';
import { type Attempt, retryUntil } from '../../core/time/retry.ts';
import type { Program } from '../../lab/types.ts';
import type { ExitStatus, RemoteProcess, Shell, TerminalSize } from '../../ssh/shell.ts';
import { Wake } from '../../core/time/wake.ts';
import { say } from '../../core/language/say.ts';
import type { StageProgram } from './stage-program.ts';
import { OutputBurst } from './endless-output.ts';
import { OutputDecoder, typedBytes } from './terminal-encoding.ts';
import { TerminalReader } from './terminal-reader.ts';

export interface TerminalOptions {
  readonly program: Program;
  readonly stageProgram: StageProgram;
  readonly shell: Shell;
  readonly size: TerminalSize;
  readonly events: EventSink;
  /** Resolves when output may be reported: what was typed at other terminals has been seen there. */
  readonly turn: () => Promise<void>;
  /** Whether its terminal, at this moment, does not echo what is typed at it. */
  readonly isHidden: () => Promise<boolean>;
  /** Ends the attempt to start it. */
  readonly signal: AbortSignal;
}

/** How long the echo of a typed line is waited for; a program may have turned echo off. */
const ECHO_GRACE_MS = 250;
/** How long a program may take to end after TERM, before KILL. */
const TERM_GRACE_MS = 1000;
const KILL_GRACE_MS = 2000;

/** One program on its terminal: reads what it prints, emits it as events, types what is sent. */
export class ProgramTerminal {
  readonly program: Program;
  readonly machine: string;
  readonly reader: TerminalReader;
  readonly changes = new Wake();
  readonly #burst = new OutputBurst();
  /**
   * Resolves when the program has ended and all that it printed was read. Rejects with what broke: a lost connection, a
   * sink that fails.
   */
  readonly done: Promise<void>;
  #status: ExitStatus | undefined;
  /** A user has begun a line, and the terminal does not echo it. */
  #isInLine = false;
  #hidesLine = false;
  readonly #isHidden: () => Promise<boolean>;
  readonly #signals = new Set<string>();
  #endedAt: number | undefined;
  /** It has ended, or whether it has will never be known. */
  #isOver = false;
  #lastOutputAt = awakeNow();
  #typedAt = -Infinity;
  #relayedAt = -Infinity;
  /** How often the user has pressed Enter at its keyboard. */
  #linesRelayed = 0;
  readonly #decoder: OutputDecoder;
  readonly #process: RemoteProcess;
  readonly #events: EventSink;
  readonly #turn: () => Promise<void>;

  private constructor(options: TerminalOptions, process: RemoteProcess) {
    this.program = options.program;
    this.machine = options.shell.machine;
    this.reader = new TerminalReader(options.size, options.program.prompt);
    this.#decoder = new OutputDecoder(options.program.encoding);
    this.#process = process;
    this.#events = options.events;
    this.#turn = options.turn;
    this.#isHidden = options.isHidden;
    this.done = this.#readOrEnd().finally(() => {
      this.#isOver = true;
      this.changes.notify();
    });
    // Whoever waits learns of a failure; until then it is not an unhandled one.
    this.done.catch(() => undefined);
  }

  /**
   * Starts the program in its folder, on a terminal.
   *
   * @throws {ConnectionError} when the machine cannot be reached.
   * @throws the abort reason when `signal` aborts before it has started.
   */
  static async open(options: TerminalOptions): Promise<ProgramTerminal> {
    const { program, stageProgram, shell, size, events, signal } = options;
    await events.emit({
      kind: 'terminal-opened',
      role: program.name,
      machine: shell.machine,
      ...size,
      command: stageProgram.command,
    });
    const process = await shell.start(stageProgram.command, {
      terminal: size,
      cwd: stageProgram.folder,
      env: stageProgram.env,
      signal,
    });
    return new ProgramTerminal(options, process);
  }

  get role(): string {
    return this.program.name;
  }

  /** The first byte that it printed and that is no UTF-8. */
  get oddByte(): number | undefined {
    return this.#decoder.oddByte;
  }

  /** Number of its first process on the machine. */
  get pid(): number {
    return this.#process.pid;
  }

  /** On the clock of `awakeNow()`; undefined while it runs. */
  get endedAt(): number | undefined {
    return this.#endedAt;
  }

  /** How it ended; undefined while it runs. */
  get status(): ExitStatus | undefined {
    return this.#status;
  }

  /** Milliseconds since it printed last, or was typed at. */
  get quietMs(): number {
    return awakeNow() - Math.max(this.#lastOutputAt, this.#typedAt);
  }

  /** Milliseconds since it printed, or the user typed, last. */
  get idleMs(): number {
    return awakeNow() - Math.max(this.#lastOutputAt, this.#relayedAt);
  }

  get linesRelayed(): number {
    return this.#linesRelayed;
  }

  /**
   * Types lines, each with Enter. Resolves when the machine has taken them. With `isHidden`, the terminal does not echo
   * them: they are secret, and what is printed then is the program's.
   */
  async type(lines: readonly string[], { isHidden = false } = {}): Promise<void> {
    const data = lines.map((line) => `${line}\r`).join('');
    await this.#emitInput(data, 'scenario', isHidden);
    this.reader.typed(isHidden ? [] : lines);
    this.#typedAt = awakeNow();
    await this.#process.write(typedBytes(data, this.program.encoding));
  }

  /**
   * Resolves when the lines typed last have shown on the terminal. Machines answer over connections of their own, so
   * the effect of a line on another machine can reach us before its echo does; a person at both terminals sees the
   * cause first.
   */
  async echoed(): Promise<void> {
    const look = (): Attempt<true> =>
      this.#isOver || !this.reader.awaitsEcho ? { value: true } : { seen: say`no echo` };
    const timeoutMs = Math.max(0, this.#typedAt + ECHO_GRACE_MS - awakeNow());
    await retryUntil(look, { what: say`the echo`, timeoutMs, wake: () => this.changes.next() }).catch(
      (error: unknown) => {
        if (!(error instanceof TimeoutError)) throw error;
      },
    );
  }

  async #emitInput(data: string, by: 'scenario' | 'user', isHidden: boolean): Promise<void> {
    const shown = isHidden ? { data: maskKeys(data), isHidden: true as const } : { data };
    await this.#events.emit({ kind: 'terminal-input', role: this.role, ...shown, by });
  }

  /** What it prints without end; undefined when it does not, or has ended. */
  get endless(): EndlessOutput | undefined {
    return this.#isOver ? undefined : this.#burst.endless(this.reader);
  }

  /** Presses keys that are no line: `^C`. `isHidden`: they are part of a line that the terminal does not echo. */
  async press(keys: string, { isHidden = false } = {}): Promise<void> {
    await this.#emitInput(keys, 'scenario', isHidden);
    this.reader.pressed();
    this.#typedAt = awakeNow();
    await this.#process.write(typedBytes(keys, this.program.encoding));
  }

  /** What the user types at this keyboard. */
  async relay(bytes: Uint8Array, text: string): Promise<void> {
    this.#relayedAt = awakeNow();
    if (/[\r\n]/.test(text)) this.#linesRelayed++;
    if (text !== '') await this.#emitKeys(text);
    await this.#process.write(this.program.encoding === undefined ? bytes : typedBytes(text, this.program.encoding));
  }

  /** Of a line that the terminal does not echo, only that something was typed, and its Enter. */
  async #emitKeys(text: string): Promise<void> {
    if (!this.#isInLine) this.#hidesLine = await this.#isHidden();
    const shown = this.#hidesLine && this.#isInLine ? text.replaceAll(/[^\0-\x1f\x7f]+/g, '') : text;
    this.#isInLine = !/[\r\n]$/.test(text);
    if (shown !== '') await this.#emitInput(shown, 'user', this.#hidesLine);
  }

  async resize(size: TerminalSize): Promise<void> {
    this.#process.resize(size);
    this.reader.resize(size.columns, size.rows);
    await this.#events.emit({ kind: 'terminal-resized', role: this.role, ...size });
  }

  /** End of input. */
  endInput(): void {
    this.#process.end();
  }

  /** `name` is without `SIG`. */
  async signal(name: string): Promise<void> {
    this.#signals.add(name);
    await this.#process.kill(name);
  }

  /** It has ended by a signal that `signal` sent. */
  get endedAsAsked(): boolean {
    return this.#status?.signal !== undefined && this.#signals.has(this.#status.signal);
  }

  /**
   * Ends the program if it runs: TERM, a grace, KILL.
   *
   * @throws {TimeoutError} when it does not even end by KILL.
   */
  async stop(): Promise<void> {
    if (this.#isOver) return;
    this.#sendSignal('TERM');
    const ended = await this.#endsWithin(TERM_GRACE_MS).catch(() => false);
    if (ended) return;
    this.#sendSignal('KILL');
    await this.#endsWithin(KILL_GRACE_MS);
  }

  async #endsWithin(timeoutMs: number): Promise<boolean> {
    const look = (): Attempt<true> => (this.#isOver ? { value: true } : { seen: say`it runs` });
    return retryUntil(look, {
      what: say`${this.role} on ${this.machine} to end`,
      timeoutMs,
      wake: () => this.changes.next(),
    });
  }

  /** Without waiting: the time to end also passes on a machine that no longer answers. */
  #sendSignal(name: string): void {
    this.#process.kill(name).catch(() => undefined);
  }

  /** Ends the program when its output cannot be read or reported. */
  async #readOrEnd(): Promise<void> {
    try {
      await this.#read();
    } catch (error) {
      await this.#process.kill('KILL').catch(() => undefined);
      throw error;
    }
  }

  /**
   * Reads to the end. Reports each piece before it is looked at: events come in the order in which the scenario acts on
   * them.
   */
  async #read(): Promise<void> {
    for await (const chunk of this.#process.output) await this.#take(this.#decoder.decode(chunk));
    await this.#take(this.#decoder.end());
    const status = await this.#process.exit;
    this.reader.finish();
    await this.#events.emit({ kind: 'program-exited', role: this.role, machine: this.machine, ...status });
    this.#status = status;
    this.#endedAt = awakeNow();
  }

  async #take(text: string): Promise<void> {
    if (text === '') return;
    await this.#turn();
    await this.#events.emit({ kind: 'terminal-output', role: this.role, data: text });
    this.reader.write(text);
    this.#lastOutputAt = awakeNow();
    this.#burst.note(text);
    this.changes.notify();
  }
}

/** What is typed where the terminal does not echo, as it may be stored: neither its letters nor how many there are. */
function maskKeys(data: string): string {
  return data.replaceAll(/[^\0-\x1f\x7f]+/g, MASK);
}
