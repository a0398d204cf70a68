/**
 * Acting inside one machine. Everything that `lab` does on a machine is written once over these five verbs, so it works
 * on every provider. All verbs may be called concurrently; an implementation bounds how many run at once. After
 * `close`, and after the connection is lost, each verb fails with a `ConnectionError`.
 */
export interface Shell {
  /** Name of the machine in `lab.yaml`. */
  readonly machine: string;
  /** The account that commands run as. */
  readonly user: string;
  /** How lab looks at the machine from outside; undefined where it is seen from within only. */
  readonly outside?: OutsideView | undefined;

  /**
   * Runs one command without a terminal and waits for its end. A non-zero exit status is a result, not an error.
   *
   * @throws {ConnectionError} when the connection is lost before the command's status is known.
   * @throws {ConnectionError} also when the server, or the account's login shell, does not begin the command in
   * reasonable time.
   * @throws {TimeoutError} after `timeoutMs`; the remote command is ended.
   */
  exec(command: Command, options?: ExecOptions): Promise<ExecResult>;

  /**
   * Starts one command, on a terminal when `terminal` is given, and returns at once. The process never outlives the
   * connection.
   *
   * @throws {ConnectionError} when it cannot be started.
   * @throws {TimeoutError} when too many programs run already: over SSH at most eight at a time.
   */
  start(command: Command, options?: StartOptions): Promise<RemoteProcess>;

  /**
   * Writes a file: to a temporary name next to the target, checked by SHA-256 on the machine, then renamed over it.
   * Either the whole new file is there or the old one is untouched. Missing folders are made.
   *
   * @throws {EnvironmentError} when the machine cannot take it (disk full, no right, something that is no file is
   * there); says which.
   * @throws {TimeoutError} when it stands still.
   */
  put(content: Uint8Array | AsyncIterable<Uint8Array>, remotePath: string, options: PutOptions): Promise<void>;

  /**
   * Reads a file as a stream with back-pressure.
   *
   * @throws {EnvironmentError} when it cannot be read; the stream fails if it breaks off.
   * @throws {TimeoutError} when it stands still.
   */
  get(remotePath: string, options?: GetOptions): AsyncIterable<Uint8Array>;

  /** Ends the connection and what was started over it. May be called twice. */
  close(): Promise<void>;
}

/**
 * A look at a machine from the side of the lab: no tool of the machine is used, no right of its user needed, and nothing
 * in the machine sees it, ends it or answers instead.
 */
export interface OutsideView {
  /** User ID, in the machine, of the account that commands run as. */
  readonly userId: number;
  /**
   * Starts a program of lab in Perl, in the network of the machine and among its files and processes, with the right to
   * look at all of them and to signal them. It uses Errno, Fcntl, POSIX and Socket; `Outside::number_here` tells the
   * number by which a system call that it makes knows a process of the machine.
   *
   * @throws {ConnectionError} when the lab is gone.
   */
  start(program: string): Promise<OutsideProcess>;
}

/** It ends with its input. */
export interface OutsideProcess {
  /** Ends when the program has ended. One reader. */
  readonly output: AsyncIterable<Uint8Array>;
  /** Resolves when more may follow. */
  write(bytes: Uint8Array | string): Promise<void>;
  end(): void;
  /** Ends it at once. */
  abandon(): void;
}

/**
 * A list is run as it stands; `script` is given to `/bin/sh -c` on the machine, whatever the login shell of the user
 * is, with `args` as `$1`, `$2`, …
 */
export type Command = readonly string[] | { readonly script: string; readonly args?: readonly string[] };

export interface ExecOptions {
  /** Bytes for standard input; then it is closed. Without: empty. */
  readonly input?: Uint8Array | string | AsyncIterable<Uint8Array> | undefined;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * How long a transfer may stand still: input that is not taken, or an end that does not come when all of it was. For
   * commands that do nothing but take their input. Past it the command is ended, with `TimeoutError`.
   */
  readonly stallMs?: number | undefined;
  /**
   * It ends by itself in a moment, even when lab is gone: then nothing on the machine needs to watch over
   * it.
   */
  readonly endsByItself?: boolean | undefined;
  /** Output beyond this many bytes per stream is dropped and `truncated` set. Default 4 MiB. */
  readonly maxOutputBytes?: number | undefined;
  /**
   * Called with each piece of output as it comes; then `stdout`/`stderr` of the result stay empty and back-pressure
   * holds: the next piece waits for the promise.
   */
  readonly onOutput?: ((stream: 'stdout' | 'stderr', chunk: Uint8Array) => void | Promise<void>) | undefined;
}

export interface ExecResult {
  /** Exit status; undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  /** Name of the signal without `SIG`: `TERM`. */
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
}

export interface StartOptions {
  /** Size of the terminal in characters. Without: no terminal, and stderr comes apart from stdout. */
  readonly terminal?: TerminalSize | undefined;
  /** Working folder; relative to the home folder. */
  readonly cwd?: string | undefined;
  readonly env?: ReadonlyMap<string, string> | undefined;
  /** Ends the attempt to start it; what has started runs on. */
  readonly signal?: AbortSignal | undefined;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** A started command. Output comes in order and pauses the remote side when it is not read. */
export interface RemoteProcess {
  /** Its number on the machine. */
  readonly pid: number;
  /** Output; of both streams when there is a terminal. Ends when the process is gone. One reader. */
  readonly output: AsyncIterable<Uint8Array>;
  /**
   * Standard error; empty when there is a terminal. Without a terminal this has to be read too, or the program waits
   * when it has written 2 MiB.
   */
  readonly errors: AsyncIterable<Uint8Array>;
  /** Bytes to its keyboard or standard input; resolves when they may be followed by more. */
  write(bytes: Uint8Array | string): Promise<void>;
  /** End of input: `^D` on a terminal, else the closed pipe. */
  end(): void;
  resize(size: TerminalSize): void;
  /** Sends a signal (`INT`, `TERM`, `KILL`, …) to the whole process group; does nothing when it has ended. */
  kill(signal: string): Promise<void>;
  /** Resolves when it has ended; rejects with `ConnectionError` when the connection was lost first. */
  readonly exit: Promise<ExitStatus>;
}

export interface ExitStatus {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
}

export interface PutOptions {
  /** Permission bits, for example `0o755`. */
  readonly mode: number;
  /** Hex SHA-256 of the content. */
  readonly sha256: string;
  readonly signal?: AbortSignal | undefined;
}

export interface GetOptions {
  /** Reads no more than this from the beginning of the file, which may grow or have no end. */
  readonly maxBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}
