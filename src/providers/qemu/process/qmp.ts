import type { Socket } from 'node:net';
import { EnvironmentError } from '../../../core/errors.ts';
import { say } from '../../../core/language/say.ts';
import { connectUnix } from '../../../host/unix-socket.ts';

interface Reply {
  readonly QMP?: unknown;
  readonly event?: string;
  readonly id?: number;
  readonly return?: unknown;
  readonly error?: { readonly class: string; readonly desc: string };
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A conversation with one QEMU process (QEMU Machine Protocol, docs/interop/qmp-spec). One client at a time: close it
 * soon.
 */
export class Qmp {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  #rest = '';
  #lastId = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.#read(text));
    socket.on('error', (error) => this.#ready.reject(error));
    socket.on('close', () => this.#end());
    this.#ready.promise.catch(() => undefined);
  }

  /** @throws the system's error when nothing listens there. */
  static async connect(path: string): Promise<Qmp> {
    const qmp = new Qmp(connectUnix(path));
    await qmp.#ready.promise;
    await qmp.execute('qmp_capabilities');
    return qmp;
  }

  /** Resolves when the process has ended the conversation. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Runs a command and gives its result. @throws {EnvironmentError} with QEMU's words when it refuses, or ends. */
  async execute(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown> {
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { resolve, reject });
    this.#socket.write(`${JSON.stringify({ execute: command, id, ...(args ? { arguments: args } : {}) })}\n`);
    return promise;
  }

  /** A command of the human monitor, for what has no other; its answer is text, and empty when all is well. */
  async monitor(line: string): Promise<string> {
    return String(await this.execute('human-monitor-command', { 'command-line': line })).trim();
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') this.#take(JSON.parse(line) as Reply);
  }

  #take(reply: Reply): void {
    if (reply.QMP !== undefined) return this.#ready.resolve();
    if (reply.id === undefined) return;
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.error)
      waiting?.reject(new EnvironmentError(say`QEMU refused: ${reply.error.desc}`, { code: 'qemu-refused' }));
    else waiting?.resolve(reply.return);
  }

  #end(): void {
    const gone = new EnvironmentError(say`QEMU ended`, { code: 'qemu-ended' });
    this.#ready.reject(gone);
    for (const { reject } of this.#waiting.values()) reject(gone);
    this.#waiting.clear();
    this.#closed.resolve();
  }
}
