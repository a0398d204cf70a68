import { ConnectionError } from '../core/errors.ts';
import type { Shell } from '../ssh/shell.ts';

/** A connection that nobody uses is closed after so long: the next call of a series need not log in again. */
const LINGER_MS = 500;

interface Connection {
  readonly shell: Promise<Shell>;
  users: number;
  timer?: NodeJS.Timeout | undefined;
}

/**
 * The connections of one lab: one for each machine, opened when it is first used and closed soon after its last use, so
 * that they do not keep a process alive that has nothing else to do.
 */
export class Connections {
  readonly #open: (machine: string) => Promise<Shell>;
  readonly #connections = new Map<string, Connection>();

  constructor(open: (machine: string) => Promise<Shell>) {
    this.#open = open;
  }

  /** Works with a connection to the machine; a lost one is made again for the next caller. */
  async use<T>(machine: string, work: (shell: Shell) => Promise<T>): Promise<T> {
    const { shell, release } = await this.hold(machine);
    try {
      return await work(shell);
    } catch (error) {
      // Who still uses it goes on; the last of them closes it.
      if (error instanceof ConnectionError) this.#connections.delete(machine);
      throw error;
    } finally {
      release();
    }
  }

  /** The same for work that ends later: call `release` then, once. */
  async hold(machine: string): Promise<{ readonly shell: Shell; readonly release: () => void }> {
    const connection = this.#connections.get(machine) ?? this.#begin(machine);
    clearTimeout(connection.timer);
    connection.users++;
    try {
      return { shell: await connection.shell, release: () => this.#release(machine, connection) };
    } catch (error) {
      this.#connections.delete(machine);
      throw error;
    }
  }

  /** Closes all, and ends what was started over them. */
  async close(): Promise<void> {
    const all = [...this.#connections.values()];
    this.#connections.clear();
    await Promise.all(all.map(closeNow));
  }

  #begin(machine: string): Connection {
    const connection: Connection = { shell: this.#open(machine), users: 0 };
    this.#connections.set(machine, connection);
    return connection;
  }

  #release(machine: string, connection: Connection): void {
    if (--connection.users > 0) return;
    connection.timer = setTimeout(() => {
      if (this.#connections.get(machine) === connection) this.#connections.delete(machine);
      void closeNow(connection);
    }, LINGER_MS);
  }
}

async function closeNow({ shell, timer }: Connection): Promise<void> {
  clearTimeout(timer);
  const opened = await shell.catch(() => undefined);
  await opened?.close();
}
