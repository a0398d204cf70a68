import type { Lifeline } from './lifeline.ts';
import { startLine } from './remote-command.ts';
import type { MachineProcessId, ChannelSession } from './channel-session.ts';
import type { Sessions } from './session-pool.ts';
import type { Command, ExitStatus, RemoteProcess, StartOptions, TerminalSize } from '../shell.ts';

/** Programs keep their session while they run: where all are in use, it is better to report it soon. */
const SESSION_WAIT_MS = 30_000;

/** `^D`: end of input at the start of a line (termios(3), VEOF). */
const END_OF_TRANSMISSION = '\u0004';

/** Starts one command. See `Shell.start`. */
export async function startProcess(
  sessions: Sessions,
  lifeline: Lifeline,
  command: Command,
  options: StartOptions,
): Promise<RemoteProcess> {
  // Its session is asked for first, so the server has it before the program: whatever cuts the connection finds the
  // lifeline in place.
  lifeline.prepare();
  const session = await sessions.open(startLine(command, options), {
    terminal: options.terminal,
    waitMs: SESSION_WAIT_MS,
    signal: options.signal,
  });
  try {
    const process = await session.begin({ stderr: false, signal: options.signal });
    // A server may also open no window (RFC 4254, section 5.2), so that nothing can be said to it.
    await session.inTime(
      lifeline.add(process, session.exit).then(() => session.write('\n')),
      options.signal,
    );
    return new StartedProcess({ session, lifeline, process, hasTerminal: options.terminal !== undefined });
  } catch (error) {
    session.abandon();
    throw error;
  }
}

interface StartedParts {
  readonly session: ChannelSession;
  readonly lifeline: Lifeline;
  readonly process: MachineProcessId;
  readonly hasTerminal: boolean;
}

class StartedProcess implements RemoteProcess {
  readonly output: AsyncIterable<Uint8Array>;
  readonly errors: AsyncIterable<Uint8Array>;
  readonly #session: ChannelSession;
  readonly #lifeline: Lifeline;
  readonly #process: MachineProcessId;
  readonly #hasTerminal: boolean;
  /**
   * Settled when the second token has come. Before it comes the terminal's echo of the line that let the program go,
   * and of nothing else: input waits for it.
   */
  readonly #begun: Promise<unknown>;
  #hasEnded = false;

  constructor({ session, lifeline, process, hasTerminal }: StartedParts) {
    this.#session = session;
    this.#lifeline = lifeline;
    this.#process = process;
    this.#hasTerminal = hasTerminal;
    this.#begun = session.passToken();
    this.#begun.catch((error: unknown) => session.fail(error));
    this.output = this.#read();
    this.errors = session.read('stderr');
    session.exit.then(() => (this.#hasEnded = true)).catch(() => undefined);
    session.closeWhenSilent().catch(() => undefined);
    if (hasTerminal) session.channel.stderr.resume();
  }

  get pid(): number {
    return this.#process.pid;
  }

  get exit(): Promise<ExitStatus> {
    return this.#session.exit;
  }

  async write(bytes: Uint8Array | string): Promise<void> {
    await this.#begun;
    const { failure } = this.#session.connection;
    if (failure) throw failure;
    await this.#session.write(bytes);
  }

  end(): void {
    const end = (): void => {
      if (this.#hasTerminal) void this.#session.write(END_OF_TRANSMISSION);
      else this.#session.channel.end();
    };
    this.#begun.then(end, () => undefined);
  }

  resize({ columns, rows }: TerminalSize): void {
    if (!this.#session.isClosed) this.#session.channel.setWindow(rows, columns, 0, 0);
  }

  async kill(signal: string): Promise<void> {
    if (this.#hasEnded || this.#session.isClosed || this.#session.connection.failure) return;
    if (!(await this.#lifeline.kill(this.#process, signal))) this.#session.channel.signal(signal);
  }

  async *#read(): AsyncGenerator<Uint8Array, void, undefined> {
    await this.#begun;
    try {
      yield* this.#session.read('stdout');
    } finally {
      this.#session.channel.resume();
    }
  }
}
