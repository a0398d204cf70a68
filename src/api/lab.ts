import { checkPort, type CheckPortResult } from '../commands/machines/check-port.ts';
import { down } from '../commands/lab/down.ts';
import { status, type StatusResult } from '../commands/lab/status.ts';
import { up } from '../commands/lab/up.ts';
import { restoreSnapshot, saveSnapshot } from '../commands/machines/snapshot.ts';
import { validate } from '../commands/lab/validate.ts';
import { why } from '../commands/machines/why.ts';
import { report, type ReportResult } from '../commands/runs/report.ts';
import type { LanguageCode } from '../core/lab-description.ts';
import type { Problem } from '../lab/problem.ts';
import type { PortProtocol } from '../core/listen-port.ts';
import type { ReachReport } from '../reach/reach-report.ts';
import type { CommandContext } from '../session/context.ts';
import { openSession } from '../session/open-session.ts';
import type { Shell } from '../ssh/shell.ts';
import { Connections } from './connections.ts';
import { EventHub } from './event-hub.ts';
import type { LabEvent } from './event-queue.ts';
import type { LabDefinition } from './lab-definition.ts';
import { machineOf, type Machine } from './machine.ts';
import { LabPlace, type LabOptions } from './options.ts';
import { playRun, type RunningScenario } from './play-run.ts';
import type { RunOptions } from './run-result.ts';
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

/** Which port the way leads to. */
export interface WhyOptions {
  /** Default: the port of the program, or only the way to the machine. */
  readonly port?: number | undefined;
  /** Default: `tcp`. */
  readonly protocol?: PortProtocol | undefined;
}

/** What report is made, and where it is written. */
export interface ReportOptions {
  /** Name of the run or its start. Default: the newest. */
  readonly run?: string | undefined;
  /** Default: `html`. */
  readonly format?: 'html' | 'md' | 'json' | 'junit' | undefined;
  /** Default: what the lab says, or English. */
  readonly language?: LanguageCode | undefined;
  /** The file to write. Default: `report.html` (or `.md`, …) in the folder of the run. */
  readonly output?: string | undefined;
}

/**
 * A lab that a program has opened. With `await using`, it is taken down at the end of the block if this handle brought
 * it up: one that ran before stays. Its calls reject with a `LabError`; when a signal aborts, with the reason of the
 * signal.
 */
export interface Lab extends AsyncDisposable {
  /** Checks the lab and changes nothing: every problem with its path, and its place in the file. None: it can be brought up. */
  validate(): Promise<readonly Problem[]>;
  /**
   * Brings the lab up: machines, and programs on them. What runs and fits stays. When it fails or is aborted, what it
   * made is gone again. Resolves to this handle.
   */
  up(options?: UpOptions): Promise<Lab>;
  /** Resolves to this handle if the lab is up; an `EnvironmentError` (`lab-down`) if it is not. */
  attach(): Promise<Lab>;
  /** Removes all that the lab made; its runs stay. Safe when nothing is there. */
  down(): Promise<void>;
  /** What of the lab runs: machines, addresses, programs, what listens. */
  status(): Promise<StatusResult>;
  /** A machine, by its name in the lab. */
  machine(name: string): Machine;
  /**
   * Plays a scenario on the machines that are up, the default one unless it is named, and stores the run. A scenario
   * that fails is a result, not an error: look at `passed`, or set `check`. What is returned is a promise of the result,
   * whose `events` tell what happens meanwhile.
   */
  run(scenario?: string, options?: RunOptions): RunningScenario;
  /** Who holds a port, and whether a server would get it, on each machine. Frees it with `kill`. */
  checkPort(port: number, options?: CheckPortOptions): Promise<CheckPortResult>;
  /**
   * Why a machine reaches another one, or does not: each link in between, and the first broken one with its cure. `from`
   * and `to` are names of machines or programs, `to` may be an address. Nothing connects to the port.
   */
  why(from: string, to: string, options?: WhyOptions): Promise<ReachReport>;
  /**
   * Saves all machines as they are, memory and disks, under a name; only with `provider: qemu`. A snapshot of that name
   * is replaced.
   */
  saveSnapshot(name: string): Promise<void>;
  /** Brings all machines back as they were when the snapshot was saved. */
  restoreSnapshot(name: string): Promise<void>;
  /** Writes the report of a run. */
  report(options?: ReportOptions): Promise<ReportResult>;
  /**
   * What happens in the lab from now on, until it is closed. A reader that is slow does not hold the lab up: it misses
   * the oldest events, and an `events-dropped` says how many.
   */
  events(): AsyncIterableIterator<LabEvent>;
  /**
   * What `await using` does at the end of its block, for Node.js 22, which does not know it: ends what is under way, and
   * takes the lab down if this handle brought it up. The handle is of no use after that. May be called twice.
   */
  close(): Promise<void>;
  /** The same. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens a lab: the file of one (default: `lab.yaml`), or what `defineLab` returns. Nothing is read, made or started
 * yet. A lab prints nothing, asks nobody, and never ends the process.
 */
export function openLab(lab: string | LabDefinition = 'lab.yaml', options: LabOptions = {}): Lab {
  return new OpenLab(lab, options);
}

class OpenLab implements Lab {
  readonly #hub = new EventHub();
  readonly #place: LabPlace;
  readonly #work: Work;
  readonly #connections: Connections;
  readonly #machines = new Map<string, Machine>();
  #isOurs = false;
  #closed: Promise<void> | undefined;

  constructor(lab: string | LabDefinition, options: LabOptions) {
    this.#place = new LabPlace(lab, options);
    this.#work = new Work(options.signal);
    this.#connections = new Connections((machine) => this.#connect(machine));
  }

  async validate(): Promise<readonly Problem[]> {
    return this.#do(async (context) => (await validate(context, { color: false })).problems);
  }

  async up({ recreate = false }: UpOptions = {}): Promise<this> {
    try {
      await this.#do(async (context) => {
        if (recreate) await this.#connections.close();
        const { made } = await up(context, { recreate });
        this.#isOurs ||= made;
      });
      return this;
    } catch (error) {
      // Who writes `await using lab = await openLab(…).up()` has no handle to close now.
      if (!this.#isOurs) await this.#place.leave();
      throw error;
    }
  }

  async attach(): Promise<this> {
    await this.#do((context) => openSession(context).machines());
    return this;
  }

  async down(): Promise<void> {
    await this.#connections.close();
    await this.#do((context) => down(context, { purge: false }));
    this.#isOurs = false;
  }

  status(): Promise<StatusResult> {
    return this.#do((context) => status(context));
  }

  machine(name: string): Machine {
    const known = this.#machines.get(name);
    if (known !== undefined) return known;
    const machine = machineOf(name, {
      connections: this.#connections,
      work: this.#work,
      contextWith: (signal) => this.#place.context(this.#hub.sink(), signal),
    });
    this.#machines.set(name, machine);
    return machine;
  }

  run(scenario?: string, options: RunOptions = {}): RunningScenario {
    return playRun(scenario, options, (play, listener) =>
      this.#work.do(async (signal) => {
        if (options.fresh) await this.#connections.close();
        return play(this.#place.context(this.#hub.sink(listener), signal));
      }, options.signal),
    );
  }

  checkPort(port: number, { on = [], protocol, kill = false }: CheckPortOptions = {}): Promise<CheckPortResult> {
    const protocols = protocol && [protocol];
    return this.#do((context) => checkPort(context, { port, protocols, on: [on].flat(), kill, yes: kill }));
  }

  why(from: string, to: string, { port, protocol }: WhyOptions = {}): Promise<ReachReport> {
    return this.#do((context) => why(context, { from, to: { host: to, port, protocol } }));
  }

  async saveSnapshot(name: string): Promise<void> {
    await this.#do((context) => saveSnapshot(context, name));
  }

  async restoreSnapshot(name: string): Promise<void> {
    await this.#connections.close();
    await this.#do((context) => restoreSnapshot(context, name));
  }

  report({ run, format = 'html', language, output }: ReportOptions = {}): Promise<ReportResult> {
    return this.#do((context) => report(context, { run, format, language, output }));
  }

  events(): AsyncIterableIterator<LabEvent> {
    return this.#hub.listen();
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    try {
      await this.#work.close();
      await this.#connections.close();
      // Even if the user's signal has aborted, what is ours goes.
      const always = new AbortController().signal;
      if (this.#isOurs) await down(this.#place.context(this.#hub.sink(), always), { purge: false });
      await this.#place.leave();
    } finally {
      this.#hub.close();
    }
  }

  #do<T>(work: (context: CommandContext) => Promise<T>): Promise<T> {
    return this.#work.do((signal) => work(this.#place.context(this.#hub.sink(), signal)));
  }

  #connect(machine: string): Promise<Shell> {
    return this.#work.do(async (signal) => {
      const session = openSession(this.#place.context(this.#hub.sink(), signal));
      const { machines } = await session.machines([machine]);
      return machines[0]!.connect(signal);
    });
  }
}
