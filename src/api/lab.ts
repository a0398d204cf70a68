import { checkPort, type CheckPortResult } from '../commands/machines/check-port.ts';
import { down } from '../commands/lab/down.ts';
import { status, type StatusResult } from '../commands/lab/status.ts';
import { up } from '../commands/lab/up.ts';
import type { PortProtocol } from '../ports/port-report.ts';
import type { CommandContext } from '../session/context.ts';
import { openSession } from '../session/open-session.ts';
import type { Shell } from '../ssh/shell.ts';
import { Connections } from './connections.ts';
import type { LabEvent } from './event-queue.ts';
import { EventHub } from './event-hub.ts';
import { machineOf, type Machine } from './machine.ts';
import { baseContext, type BaseContext, type LabOptions } from './options.ts';
import { Work } from './work.ts';

/** How a lab is brought up. */
export interface UpOptions {
  /** Make the machines again when the lab has changed since they were made. Default: that is a `CheckError`. */
  readonly recreate?: boolean | undefined;
}

/** What of a port is looked at, and whether it is freed. */
export interface CheckPortOptions {
  /** Names of machines. Default: all of them. */
  readonly on?: string | readonly string[] | undefined;
  /** Default: both. */
  readonly protocol?: PortProtocol | undefined;
  /** End the processes that listen on it, or hold it for UDP. Nobody is asked. Default: `false`. */
  readonly kill?: boolean | undefined;
}

/**
 * A lab. With `await using`, it is taken down at the end of the block if this handle brought it up: one that ran before
 * stays.
 */
export interface Lab extends AsyncDisposable {
  /**
   * Brings the lab up: machines, programs. What runs and fits stays. When it fails or is aborted, what it made is gone
   * again. Resolves to this handle.
   */
  up(options?: UpOptions): Promise<Lab>;
  /** Resolves to this handle if the lab is up, and rejects with an `EnvironmentError` (`lab-down`) if it is not. */
  attach(): Promise<Lab>;
  /** Removes all that the lab made; its runs stay. Safe when nothing is there. Commands that are under way end. */
  down(): Promise<void>;
  /** What of the lab runs: machines, addresses, programs, what listens. */
  status(): Promise<StatusResult>;
  /** A machine, by its name in the lab. */
  machine(name: string): Machine;
  /** Who holds a port, and whether a server would get it, on each machine. Frees it with `kill`. */
  checkPort(port: number, options?: CheckPortOptions): Promise<CheckPortResult>;
  /**
   * What happens in the lab from now on, until it is closed. A reader that is slow does not stop the lab: it misses
   * the oldest events, and an `events-dropped` says how many.
   */
  events(): AsyncIterableIterator<LabEvent>;
  /** Ends what is under way; takes the lab down if this handle brought it up. The handle is of no use after that. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens a lab: nothing is read, made or started yet. It looks and works as `lab` on the command line does in that
 * folder, and prints nothing, asks nothing, and never ends the process.
 */
export function openLab(file = 'lab.yaml', options: LabOptions = {}): Lab {
  return new OpenLab(file, options);
}

class OpenLab implements Lab {
  readonly #hub = new EventHub();
  readonly #context: BaseContext;
  readonly #user: Work;
  readonly #connections: Connections;
  readonly #machines = new Map<string, Machine>();
  #isOurs = false;
  #closed: Promise<void> | undefined;

  constructor(file: string, options: LabOptions) {
    this.#context = baseContext(file, options, this.#hub.sink);
    this.#user = new Work(options.signal);
    this.#connections = new Connections((machine) => this.#connect(machine));
  }

  async up({ recreate = false }: UpOptions = {}): Promise<this> {
    return this.#user.do(async (signal) => {
      const { made } = await up(this.#with(signal), { recreate });
      this.#isOurs ||= made;
      return this;
    });
  }

  async attach(): Promise<this> {
    await this.#user.do((signal) => openSession(this.#with(signal)).machines());
    return this;
  }

  async down(): Promise<void> {
    await this.#connections.close();
    await this.#user.do((signal) => down(this.#with(signal), { purge: false }));
    this.#isOurs = false;
  }

  status(): Promise<StatusResult> {
    return this.#user.do((signal) => status(this.#with(signal)));
  }

  machine(name: string): Machine {
    const known = this.#machines.get(name);
    if (known !== undefined) return known;
    const machine = machineOf(name, {
      connections: this.#connections,
      work: this.#user,
      contextWith: (signal) => this.#with(signal),
    });
    this.#machines.set(name, machine);
    return machine;
  }

  checkPort(port: number, { on = [], protocol, kill = false }: CheckPortOptions = {}): Promise<CheckPortResult> {
    const protocols = protocol && [protocol];
    return this.#user.do((signal) =>
      checkPort(this.#with(signal), { port, protocols, on: [on].flat(), kill, yes: kill }),
    );
  }

  events(): AsyncIterableIterator<LabEvent> {
    return this.#hub.listen();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    try {
      await this.#user.close();
      await this.#connections.close();
      // The user's signal may have aborted: what is ours goes all the same.
      if (this.#isOurs) await down(this.#with(new AbortController().signal), { purge: false });
    } finally {
      this.#hub.close();
    }
  }

  #with(signal: AbortSignal): CommandContext {
    return { ...this.#context, signal };
  }

  #connect(machine: string): Promise<Shell> {
    return this.#user.do(async (signal) => {
      const { machines } = await openSession(this.#with(signal)).machines([machine]);
      return machines[0]!.connect(signal);
    });
  }
}
