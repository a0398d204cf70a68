import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Socket } from 'node:net';
import { ConnectionError, messageOf } from '../../core/errors.ts';
import { awakeNow } from '../../core/time/awake-clock.ts';
import { type Attempt, retryUntil } from '../../core/time/retry.ts';
import { inTime } from '../../core/time/time-limit.ts';
import { Wake } from '../../core/time/wake.ts';
import { lostFailure } from '../transport/connection-failure.ts';
import type { ExitStatus, TerminalSize } from '../shell.ts';
import { signalNumber, statusOf } from './statuses.ts';
import { say } from '../../core/language/say.ts';

/** Letter and length, 32 bits, big-endian (enter.pl of netns). */
const HEADER_BYTES = 5;
/** As much input is on its way at most, in bytes. */
const MOST_UNTAKEN = 1024 * 1024;
const PIECE_BYTES = 64 * 1024;
/** What was read is told in steps of so many bytes, far below what may lie unread (MOST_UNREAD of enter.pl). */
const TOLD_BYTES = 64 * 1024;
/** The machine's side gives what it ends a second, and then needs a moment. */
const END_MS = 8000;

export type OutputName = 'stdout' | 'stderr';

export interface EntryOptions {
  /** How long it may take until the command runs. */
  readonly beginMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** One command in a machine of the lab, entered from outside: the connection to enter.pl that it ends with. */
export class Entry {
  readonly machine: string;
  readonly #socket: Socket;
  readonly #pid = Promise.withResolvers<number>();
  readonly #exit = Promise.withResolvers<ExitStatus>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #streams = { stdout: new OutputQueue(), stderr: new OutputQueue() };
  readonly #taken = new Wake();
  #unread: Buffer = Buffer.alloc(0);
  #untakenBytes = 0;
  #untoldBytes = 0;
  #hasExited = false;
  #isClosed = false;

  /** `request` is the first line, without its end. @throws as `Shell.start`. */
  static async open(
    socket: Socket,
    { machine, request }: { readonly machine: string; readonly request: Buffer },
    { beginMs, signal }: EntryOptions,
  ): Promise<{ readonly entry: Entry; readonly pid: number }> {
    const entry = new Entry(machine, socket);
    const late = (): ConnectionError =>
      new ConnectionError(machine, say`${machine}: the command did not begin within ${beginMs / 1000} s`, {
        code: 'entry-silent',
        hint: say`Something stops or slows all processes of the machine. "lab up --recreate" makes it afresh.`,
      });
    try {
      const begun = entry.#begin(request);
      return { entry, pid: await inTime(begun, { limitMs: beginMs, signal, late }) };
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  private constructor(machine: string, socket: Socket) {
    this.machine = machine;
    this.#socket = socket;
    for (const promise of [this.#pid.promise, this.#exit.promise]) promise.catch(() => undefined);
    socket.on('data', (bytes) => this.#hear(bytes));
    socket.on('error', () => undefined);
    // Whoever is on the other side is gone: with a socket that stays open for writing nothing would ever close it.
    socket.on('end', () => socket.end());
    socket.on('close', () => {
      this.#isClosed = true;
      const lost = lostFailure(machine, say`the lab is gone`);
      this.#pid.reject(lost);
      this.#exit.reject(lost);
      this.#endOutput();
      this.#closed.resolve();
      this.#taken.notify();
    });
  }

  /** How it ended; rejects with `ConnectionError` when that will never be known. */
  get exit(): Promise<ExitStatus> {
    return this.#exit.promise;
  }

  get hasExited(): boolean {
    return this.#hasExited;
  }

  /** Resolves when the connection is gone. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Output in order; the command waits while it is not read. One reader. */
  async *read(name: OutputName): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of this.#streams[name].chunks()) {
      yield chunk;
      this.#tellRead(chunk.length);
    }
  }

  /** Resolves when more may follow, also when the command reads no more. */
  async write(bytes: Uint8Array | string): Promise<void> {
    const content = Buffer.from(bytes as string);
    for (let at = 0; at < content.length; at += PIECE_BYTES) {
      const piece = content.subarray(at, at + PIECE_BYTES);
      this.#untakenBytes += piece.length;
      this.#send('I', piece);
      while (this.#untakenBytes > MOST_UNTAKEN && !this.#isClosed) await this.#taken.next();
    }
  }

  /** Resolves when all that was written has been taken, or after so long. */
  async taken(limitMs: number): Promise<void> {
    const look = (): Attempt<true> =>
      this.#untakenBytes === 0 || this.#isClosed ? { value: true } : { seen: say`input on its way` };
    const wake = (): Promise<void> => this.#taken.next();
    await retryUntil(look, { what: say`input to be taken`, timeoutMs: limitMs, wake }).catch(() => undefined);
  }

  /** Closes its standard input. */
  endInput(): void {
    this.#send('E', '');
  }

  resize({ columns, rows }: TerminalSize): void {
    this.#send('W', `${rows} ${columns}`);
  }

  /** To its process group; `signal` without SIG. @throws {UsageError} */
  kill(signal: string): void {
    this.#send('S', String(signalNumber(signal)));
  }

  /**
   * Resolves when it has ended and its output is closed, or those who still hold that have been silent for so long; then
   * there is no more output. Rejects like `exit`.
   */
  async whenSilent(silenceMs: number): Promise<void> {
    await this.exit;
    const { stdout, stderr } = this.#streams;
    const since = awakeNow();
    const look = (): Attempt<true> => {
      const isSilent = [stdout, stderr].every((stream) => stream.isSilent(since, silenceMs));
      return isSilent || this.#isClosed ? { value: true } : { seen: 'output' };
    };
    await retryUntil(look, { what: 'silence', timeoutMs: Infinity, intervalMs: 10 });
    this.#send('C', '');
    this.#endOutput();
  }

  /** Reads and forgets what comes from now on. */
  ignoreOutput(): void {
    for (const stream of Object.values(this.#streams)) this.#tellRead(stream.ignore());
  }

  /** Ends the command, or what is to end with it, and the connection; resolves when that is done. */
  async end(): Promise<void> {
    this.ignoreOutput();
    this.#socket.end();
    const late = (): Error => lostFailure(this.machine, say`it does not end`);
    await inTime(this.#closed.promise, { limitMs: END_MS, late }).catch(() => this.#socket.destroy());
  }

  async #begin(request: Buffer): Promise<number> {
    try {
      if (this.#socket.connecting || this.#socket.errored) await once(this.#socket, 'connect');
    } catch (error) {
      throw lostFailure(this.machine, messageOf(error), error);
    }
    this.#socket.write(Buffer.concat([request, Buffer.from('\n')]));
    return this.#pid.promise;
  }

  #hear(bytes: Buffer): void {
    let data = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    while (data.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + data.readUInt32BE(1);
      if (data.length < end) break;
      this.#take(data.toString('latin1', 0, 1), data.subarray(HEADER_BYTES, end));
      data = data.subarray(end);
    }
    this.#unread = data;
  }

  #take(letter: string, content: Buffer): void {
    if (letter === 'O' || letter === 'R') {
      if (!this.#streams[letter === 'O' ? 'stdout' : 'stderr'].add(content)) this.#tellRead(content.length);
    } else if (letter === 'A') {
      this.#untakenBytes -= Number(content.toString());
      this.#taken.notify();
    } else if (letter === 'P') this.#pid.resolve(Number(content.toString()));
    else if (letter === 'X') {
      this.#hasExited = true;
      this.#exit.resolve(statusOf(Number(content.toString())));
    } else if (letter === 'Z') this.#endOutput();
    else if (letter === 'F') this.#pid.reject(refused(this.machine, content.toString()));
  }

  #endOutput(): void {
    for (const stream of Object.values(this.#streams)) stream.close();
  }

  #tellRead(bytes: number): void {
    this.#untoldBytes += bytes;
    if (this.#untoldBytes < TOLD_BYTES) return;
    this.#send('A', String(this.#untoldBytes));
    this.#untoldBytes = 0;
  }

  #send(letter: string, content: string | Buffer): void {
    if (this.#isClosed || !this.#socket.writable) return;
    const bytes = Buffer.from(content as string);
    const header = Buffer.alloc(HEADER_BYTES);
    header.write(letter, 'latin1');
    header.writeUInt32BE(bytes.length, 1);
    this.#socket.write(header);
    this.#socket.write(bytes);
  }
}

function refused(machine: string, reason: string): ConnectionError {
  return new ConnectionError(machine, say`${machine}: no command can be started there: ${reason}`, {
    code: 'entry-refused',
    hint: say`"lab status" shows whether it runs; "lab up --recreate" makes it afresh.`,
  });
}

/** One stream of output, from the connection to its reader. */
class OutputQueue {
  readonly #chunks: Uint8Array[] = [];
  readonly #news = new Wake();
  #isOpen = true;
  #isIgnored = false;
  #isBusy = false;
  /** When its reader was last at work. */
  #lastMs = 0;

  /** False when nobody will read it. */
  add(chunk: Uint8Array): boolean {
    if (this.#isIgnored || !this.#isOpen) return false;
    this.#chunks.push(chunk);
    this.#news.notify();
    return true;
  }

  close(): void {
    this.#isOpen = false;
    this.#news.notify();
  }

  /** How many bytes were not read. */
  ignore(): number {
    this.#isIgnored = true;
    return this.#chunks.splice(0).reduce((sum, { length }) => sum + length, 0);
  }

  isSilent(sinceMs: number, silenceMs: number): boolean {
    if (this.#chunks.length > 0 || this.#isBusy) return false;
    return !this.#isOpen || awakeNow() - Math.max(sinceMs, this.#lastMs) >= silenceMs;
  }

  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      if (this.#chunks.length === 0) {
        if (!this.#isOpen) return;
        await this.#news.next();
        continue;
      }
      const chunk = Buffer.concat(this.#chunks.splice(0));
      this.#isBusy = true;
      try {
        yield chunk;
      } finally {
        this.#isBusy = false;
        // A reader that always finds more lets other work have its turn.
        if (this.#chunks.length > 0) await nextTurn();
        this.#lastMs = awakeNow();
      }
    }
  }
}
