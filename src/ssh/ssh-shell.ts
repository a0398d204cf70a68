import type { Connection } from './transport/connection.ts';
import { runCommand } from './channel/exec-command.ts';
import { getFile } from './channel/get-file.ts';
import { Lifeline } from './channel/lifeline.ts';
import { putFile } from './channel/put-file.ts';
import { Sessions } from './channel/session-pool.ts';
import type {
  Command,
  ExecOptions,
  ExecResult,
  GetOptions,
  PutOptions,
  RemoteProcess,
  Shell,
  StartOptions,
} from './shell.ts';
import { startProcess } from './channel/started-process.ts';
import type { Heartbeat } from './patience.ts';

export interface SshShellOptions {
  readonly user: string;
  readonly heartbeat: Heartbeat;
  /** Opens one more connection to the same machine. */
  readonly connectAgain: () => Promise<Connection>;
}

/** The Shell over one SSH connection, or several where the server allows too few sessions on one. */
export class SshShell implements Shell {
  readonly machine: string;
  readonly user: string;
  readonly #sessions: Sessions;
  readonly #lifeline: Lifeline;

  constructor(connection: Connection, { user, heartbeat, connectAgain }: SshShellOptions) {
    this.machine = connection.machine;
    this.user = user;
    this.#sessions = new Sessions(connection, { makeRoom: () => this.#lifeline.giveUp(), connectAgain });
    this.#lifeline = new Lifeline({
      openSession: (command) => this.#sessions.open(command),
      heartbeat,
      answerMs: connection.patience.answerMs,
    });
  }

  async exec(command: Command, options: ExecOptions = {}): Promise<ExecResult> {
    return runCommand(this.#sessions, this.#lifeline, command, options);
  }

  async start(command: Command, options: StartOptions = {}): Promise<RemoteProcess> {
    return startProcess(this.#sessions, this.#lifeline, command, options);
  }

  async put(content: Uint8Array | AsyncIterable<Uint8Array>, remotePath: string, options: PutOptions): Promise<void> {
    await putFile(this, content, remotePath, { ...options, stallMs: this.#sessions.connection.patience.stallMs });
  }

  get(remotePath: string, options?: GetOptions): AsyncIterable<Uint8Array> {
    return getFile(this.#sessions, remotePath, options);
  }

  async close(): Promise<void> {
    await this.#lifeline.end();
    await this.#sessions.close({ isDeaf: this.#lifeline.isDeaf });
  }
}
