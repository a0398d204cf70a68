import type { Command, ExitStatus, RemoteProcess, TerminalSize } from '../ssh/shell.ts';
import type { Connections } from './connections.ts';
import { ProgramOutput, type WaitOptions } from './program-output.ts';
import type { Work } from './work.ts';

/** How a program is started. */
export interface ProgramOptions {
  /** The size of its terminal; `false`: it has none, and what it writes to standard error comes as `errors`. Default: 80 × 24. */
  readonly terminal?: TerminalSize | false | undefined;
  /** The folder that it runs in; relative to the home folder. Default: the home folder. */
  readonly cwd?: string | undefined;
  /** Environment variables in addition to those of the account. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** A program that was started on a machine. It ends with the lab, at the latest. */
export interface RunningProgram extends AsyncDisposable {
  /** Its number on the machine. */
  readonly pid: number;
  /**
   * What it prints, as UTF-8 text, piece by piece, until it has ended; lines of a terminal end with `\r\n`. For one
   * reader at a time. The program pauses when it has printed much that nobody reads.
   */
  readonly output: AsyncIterable<string>;
  /**
   * Reads its output up to the end of this text or pattern, and resolves to what was read; what comes behind is left
   * for the next reader. Rejects with a `TimeoutError` when it does not come in time, with a `CheckError` when the
   * program has ended (both `not-shown`, what was printed is in `detail`).
   */
  waitFor(pattern: string | RegExp, options?: WaitOptions): Promise<string>;
  /** Its standard error, if it has no terminal. */
  readonly errors: AsyncIterable<string>;
  /** Types this, as it is: a line ends with `\n`. Resolves when more may follow. */
  write(text: string | Uint8Array): Promise<void>;
  /** Ends its input: `^D` on a terminal. */
  end(): void;
  /** Gives its terminal another size. */
  resize(size: TerminalSize): void;
  /** Sends a signal to it and to what it started: `TERM` unless another is named. Does nothing when it has ended. */
  kill(signal?: string): Promise<void>;
  /** Resolves when it has ended; rejects with a `ConnectionError` when the connection was lost before. */
  readonly exit: Promise<ExitStatus>;
  /** Ends it (`KILL`) and waits for that. */
  [Symbol.asyncDispose](): Promise<void>;
}

const defaultSize: TerminalSize = { columns: 80, rows: 24 };

interface Start {
  readonly command: Command;
  readonly options: ProgramOptions | undefined;
  readonly connections: Connections;
  readonly work: Work;
}

/** Starts it over a connection that stays until the program has ended. */
export async function startProgram(machine: string, start: Start): Promise<RunningProgram> {
  const { command, options: { terminal = defaultSize, cwd, env = {} } = {}, connections, work } = start;
  return work.do(async (signal) => {
    const { shell, release } = await connections.hold(machine);
    try {
      const process = await shell.start(command, {
        terminal: terminal === false ? undefined : terminal,
        cwd,
        env: new Map(Object.entries(env)),
        signal,
      });
      const exit = process.exit.finally(release);
      // Who does not ask how it ended need not know that the connection was lost.
      exit.catch(() => undefined);
      return programOf(process, exit);
    } catch (error) {
      release();
      throw error;
    }
  });
}

function programOf(process: RemoteProcess, exit: Promise<ExitStatus>): RunningProgram {
  const output = new ProgramOutput(process.output);
  return {
    pid: process.pid,
    output,
    waitFor: (pattern, options) => output.waitFor(pattern, options),
    errors: new ProgramOutput(process.errors),
    write: (text) => process.write(text),
    end: () => process.end(),
    resize: (size) => process.resize(size),
    kill: (signal = 'TERM') => process.kill(signal),
    exit,
    async [Symbol.asyncDispose]() {
      await process.kill('KILL').catch(() => undefined);
      await exit.catch(() => undefined);
    },
  };
}
