import type { Socket } from 'node:net';
import { UsageError } from '../../core/errors.ts';
import { encodeFileName } from '../../core/text/file-name.ts';
import { putFile } from '../channel/put-file.ts';
import { checkedName } from '../channel/remote-command.ts';
import { defaultPatience } from '../patience.ts';
import type {
  Command,
  ExecOptions,
  ExecResult,
  GetOptions,
  OutsideView,
  PutOptions,
  RemoteProcess,
  Shell,
  StartOptions,
} from '../shell.ts';
import { closedShell } from '../transport/connection-failure.ts';
import { Entry } from './entry.ts';
import { execEntered } from './exec-entered.ts';
import { getEntered } from './get-entered.ts';
import { StartedEntry } from './started-entry.ts';
import { say } from '../../core/language/say.ts';

export interface EnteredShellOptions {
  readonly machine: string;
  readonly user: string;
  readonly outside: OutsideView;
  /** Opens a connection to what lets lab into the machine; writable when the other side has ended. */
  readonly connect: () => Socket;
}

/** How a command is run. */
export interface EntryRequest extends StartOptions {
  readonly words: readonly string[];
  /** All of its process group ends with the connection, also when the command has ended. */
  readonly endsGroup: boolean;
}

/**
 * A Shell that enters the machine from outside: neither sshd, nor the login shell, nor a start-up file of the machine is
 * on the way, and no program there can end it. Each command is a connection of its own.
 */
export class EnteredShell implements Shell {
  readonly machine: string;
  readonly user: string;
  readonly outside: OutsideView;
  readonly #connect: () => Socket;
  readonly #entries = new Set<Entry>();
  #isClosed = false;

  /** @throws {ConnectionError} when the machine cannot be entered. */
  static async open(options: EnteredShellOptions, signal?: AbortSignal): Promise<EnteredShell> {
    const shell = new EnteredShell(options);
    // Asks whether there is such a machine, and runs nothing.
    const { entry } = await shell.#enter({ words: [], endsGroup: false, signal });
    await entry.end();
    return shell;
  }

  private constructor({ machine, user, outside, connect }: EnteredShellOptions) {
    this.machine = machine;
    this.user = user;
    this.outside = outside;
    this.#connect = connect;
  }

  async exec(command: Command, options: ExecOptions = {}): Promise<ExecResult> {
    return execEntered(
      (signal) => this.#enter({ words: wordsOf(command), endsGroup: false, signal }),
      { machine: this.machine, command },
      options,
    );
  }

  async start(command: Command, options: StartOptions = {}): Promise<RemoteProcess> {
    const { entry, pid } = await this.#enter({ ...options, words: wordsOf(command), endsGroup: true });
    return new StartedEntry(entry, { pid, hasTerminal: options.terminal !== undefined });
  }

  async put(content: Uint8Array | AsyncIterable<Uint8Array>, remotePath: string, options: PutOptions): Promise<void> {
    await putFile(this, content, remotePath, { ...options, stallMs: defaultPatience.stallMs });
  }

  get(remotePath: string, options?: GetOptions): AsyncIterable<Uint8Array> {
    return getEntered((words, signal) => this.#enter({ words, endsGroup: false, signal }), remotePath, options);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#entries].map((entry) => entry.end()));
  }

  async #enter(request: EntryRequest): Promise<{ readonly entry: Entry; readonly pid: number }> {
    if (this.#isClosed) throw closedShell(this.machine);
    request.signal?.throwIfAborted();
    const options = { beginMs: defaultPatience.answerMs, signal: request.signal };
    const line = { machine: this.machine, request: this.#line(request) };
    const opened = await Entry.open(this.#connect(), line, options);
    this.#entries.add(opened.entry);
    opened.entry.closed.then(
      () => this.#entries.delete(opened.entry),
      () => undefined,
    );
    return opened;
  }

  /** The fields of `enter_machine` in enter.pl. */
  #line({ words, terminal, cwd = '', env = new Map<string, string>(), endsGroup }: EntryRequest): Buffer {
    const variables = [...env].map(([name, value]) => `${checkedName(name)}=${value}`);
    const fields = [
      this.machine,
      this.user,
      this.outside.userId,
      terminal?.rows ?? '',
      terminal?.columns ?? '',
      cwd,
      endsGroup ? 'group' : 'command',
      variables.length,
      ...variables,
      ...words,
    ].map(String);
    if (fields.some((field) => field.includes('\0')))
      throw new UsageError(say`a command cannot hold a NUL character`, { code: 'bad-command' });
    return encodeFileName(fields.map(encodeField).join('\t'));
  }
}

function encodeField(field: string): string {
  return field.replaceAll(
    /[%\t\n\r]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

function wordsOf(command: Command): readonly string[] {
  if ('script' in command) return ['/bin/sh', '-c', command.script, 'sh', ...(command.args ?? [])];
  if (command.length === 0) throw new UsageError(say`a command needs at least one word`, { code: 'bad-command' });
  return command;
}
