import type { ExitStatus, RemoteProcess, TerminalSize } from '../shell.ts';
import { SILENCE_MS } from '../channel/channel-session.ts';
import type { Entry } from './entry.ts';

/** `^D`: end of input at the start of a line (termios(3), VEOF). */
const END_OF_TRANSMISSION = '\u0004';

/**
 * A terminal is closed when its program has ended, and what it said last has come: a process in the background has no
 * terminal any more.
 */
const TERMINAL_SILENCE_MS = 50;

/** What is typed is in the terminal before anything else is asked of it, unless that takes no more. */
const TYPED_MS = 100;

/** A command that was started by entering the machine. It ends with the Shell at the latest. */
export class StartedEntry implements RemoteProcess {
  readonly pid: number;
  readonly output: AsyncIterable<Uint8Array>;
  readonly errors: AsyncIterable<Uint8Array>;
  readonly #entry: Entry;
  readonly #hasTerminal: boolean;

  constructor(entry: Entry, { pid, hasTerminal }: { readonly pid: number; readonly hasTerminal: boolean }) {
    this.#entry = entry;
    this.pid = pid;
    this.#hasTerminal = hasTerminal;
    this.output = this.#read();
    this.errors = entry.read('stderr');
    entry.whenSilent(hasTerminal ? TERMINAL_SILENCE_MS : SILENCE_MS).catch(() => undefined);
  }

  get exit(): Promise<ExitStatus> {
    return this.#entry.exit;
  }

  async write(bytes: Uint8Array | string): Promise<void> {
    if (this.#entry.isClosed) await this.#entry.exit;
    await this.#entry.write(bytes);
    if (this.#hasTerminal) await this.#entry.taken(TYPED_MS);
  }

  end(): void {
    if (this.#hasTerminal) void this.#entry.write(END_OF_TRANSMISSION);
    else this.#entry.endInput();
  }

  resize(size: TerminalSize): void {
    this.#entry.resize(size);
  }

  async kill(signal: string): Promise<void> {
    if (!this.#entry.hasExited) this.#entry.kill(signal);
  }

  async *#read(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* this.#entry.read('stdout');
    } finally {
      this.#entry.ignoreOutput();
    }
  }
}
