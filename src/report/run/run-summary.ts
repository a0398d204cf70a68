import { protocolField } from '../../core/listen-port.ts';
import { type EventHandlers, type EventOf, handleEvent } from '../../core/event-listeners.ts';
import type { CaptureFacts } from '../../core/capture-facts.ts';
import type { HashedFile } from '../../core/files/sha256.ts';
import type { Event, RoleInfo, StepPlace } from '../../core/events.ts';
import type { PortHolder } from '../../core/lab-description.ts';
import type { StepProblem } from '../../core/step-problem.ts';
import { endText } from './words.ts';

/** The content of `run.json`. Times are ISO 8601 in UTC; what is not known yet, or never came to be, is null. */
export interface RunDocument {
  readonly schemaVersion: 1;
  readonly run: string;
  readonly lab: string;
  readonly scenario: string;
  /** The values of the parameters of the lab, by name; left out where it has none. */
  readonly params?: Readonly<Record<string, string>> | undefined;
  /** `running` as long as it does; a file that says so for a `process` that is gone is of a run that broke off. */
  readonly result: RunConclusion | 'running';
  /** Why it did not pass. */
  readonly reason: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly durationMs: number | null;
  /** Its number in a series of `--repeat`, from 1. */
  readonly repeat: Repeat | null;
  readonly roles: readonly RoleDocument[];
  readonly steps: readonly StepDocument[];
  readonly portChecks: readonly PortCheckDocument[];
  readonly portsFreed: readonly PortFreedDocument[];
  readonly commands: readonly CommandDocument[];
  /** The facts about the capture in addition to its packets; null without one. */
  readonly capture: CaptureFacts | null;
  /** What might be stored for each program, in bytes. */
  readonly maxOutputBytes?: number | undefined;
  /** Version of the lab that stored it; left out by older ones. */
  readonly labVersion?: string | undefined;
  /**
   * Every file that was stored of the run, but this one, when it was over: what a signature of this file vouches for.
   * Left out by older versions, and of a run that did not come to its end.
   */
  readonly files?: readonly HashedFile[] | undefined;
  /** The `lab` that plays it; only while it is `running`. */
  readonly process?: LabProcess | undefined;
}

/** One process of one boot of one host (`host/process-identity.ts`). */
export interface LabProcess {
  readonly pid: number;
  readonly startTime?: string | undefined;
  readonly bootId?: string | undefined;
  readonly host: string;
}

export type RunConclusion = EventOf<'run-finished'>['result'];

export interface Repeat {
  readonly number: number;
  readonly of: number;
}

export interface RoleDocument {
  readonly role: string;
  readonly machine: string;
  readonly user: string | null;
  readonly address: string | null;
  readonly command: readonly string[] | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** `running`, `exit 0`, `ended by signal TERM`, or `not started`. */
  readonly status: string;
  /** Bytes that it printed and that are not stored: more than there was room for. */
  readonly omittedBytes?: number | undefined;
}

export interface StepDocument {
  readonly index: number;
  /** Where it stands in `lab.yaml`. */
  readonly line: number;
  readonly text: string;
  readonly result: 'running' | 'passed' | 'failed' | 'skipped';
  readonly durationMs: number | null;
  readonly reason: string | null;
  /** The run ended before this step; then it is `skipped`. */
  readonly notReached?: true | undefined;
  /** Why it failed, as data; left out where it did not, and by older versions. */
  readonly problem?: StepProblem | undefined;
}

export interface PortCheckDocument {
  readonly at: string;
  readonly machine: string;
  /** Left out: TCP. */
  readonly protocol?: 'udp' | undefined;
  readonly port: number;
  readonly state: 'free' | 'busy' | 'time-wait';
  readonly holders: readonly HolderDocument[];
}

/** What the machine would not tell is null. */
export interface HolderDocument {
  readonly address: string;
  readonly port: number;
  readonly pid: number | null;
  readonly command: string | null;
  readonly user: string | null;
  readonly startedAt: string | null;
}

export interface PortFreedDocument {
  readonly at: string;
  readonly machine: string;
  /** Left out: TCP. */
  readonly protocol?: 'udp' | undefined;
  readonly port: number;
  readonly holders: readonly HolderDocument[];
  readonly signal: 'TERM' | 'KILL';
}

export interface CommandDocument {
  readonly machine: string;
  readonly command: string;
  readonly exitCode: number | null;
}

/** Folds the events of one run into the content of `run.json`. */
export class RunSummary {
  #head: Pick<RunDocument, 'run' | 'lab' | 'scenario' | 'startedAt'> = {
    run: '',
    lab: '',
    scenario: '',
    startedAt: null,
  };
  #end: Pick<RunDocument, 'result' | 'reason' | 'endedAt' | 'durationMs'> = {
    result: 'running',
    reason: null,
    endedAt: null,
    durationMs: null,
  };
  readonly #repeat: Repeat | null;
  readonly #roles = new Map<string, RoleDocument>();
  readonly #steps = new Map<number, StepDocument>();
  #planned: readonly StepPlace[] = [];
  readonly #portChecks: PortCheckDocument[] = [];
  readonly #portsFreed: PortFreedDocument[] = [];
  readonly #commands: CommandDocument[] = [];
  #capture: CaptureFacts | null = null;
  #params: RunDocument['params'];

  readonly #handlers: EventHandlers<void> = {
    'run-started': (event) => {
      this.#head = { run: event.run, lab: event.lab, scenario: event.scenario, startedAt: isoTime(event) };
      for (const role of event.roles) this.#roles.set(role.role, newRole(role));
      this.#planned = event.steps ?? [];
    },
    'lab-described': ({ lab }) => {
      this.#params = lab.params;
    },
    'run-finished': (event) => {
      this.#end = {
        result: event.result,
        reason: event.reason ?? null,
        endedAt: isoTime(event),
        durationMs: event.durationMs,
      };
    },
    'terminal-opened': (event) =>
      this.#updateRole(event, { command: event.command, exitCode: null, signal: null, status: 'running' }),
    'program-exited': (event) =>
      this.#updateRole(event, {
        exitCode: event.exitCode ?? null,
        signal: event.signal ?? null,
        status: endText(event),
      }),
    'output-omitted': ({ role, bytes }) => {
      const known = this.#roles.get(role);
      if (known !== undefined) this.#roles.set(role, { ...known, omittedBytes: (known.omittedBytes ?? 0) + bytes });
    },
    'scenario-step-started': (event) => this.#setStep(event, { result: 'running', durationMs: null, reason: null }),
    'scenario-step-passed': (event) =>
      this.#setStep(event, { result: 'passed', durationMs: event.durationMs, reason: null }),
    'scenario-step-failed': ({ problem, ...event }) =>
      this.#setStep(event, {
        result: 'failed',
        durationMs: event.durationMs,
        reason: event.reason,
        ...(problem === undefined ? {} : { problem }),
      }),
    'scenario-step-skipped': (event) =>
      this.#setStep(event, { result: 'skipped', durationMs: null, reason: event.reason }),
    'port-checked': (event) => {
      const { machine, port, state, holders } = event;
      this.#portChecks.push({
        at: isoTime(event),
        machine,
        ...protocolField(event),
        port,
        state,
        holders: holders.map(holderDocument),
      });
    },
    'port-freed': (event) => {
      const { machine, port, holders, signal } = event;
      this.#portsFreed.push({
        at: isoTime(event),
        machine,
        ...protocolField(event),
        port,
        holders: holders.map(holderDocument),
        signal,
      });
    },
    'capture-finished': ({ capture }) => {
      this.#capture = capture;
    },
    'command-finished': ({ machine, command, exitCode }) => {
      this.#commands.push({ machine, command, exitCode: exitCode ?? null });
    },
  };

  constructor(repeat?: Repeat) {
    this.#repeat = repeat ?? null;
  }

  add(event: Event): void {
    handleEvent(this.#handlers, event);
  }

  /**
   * What is known so far. Of a run that is over, steps that it did not come to are listed too; `isOver` says so of one
   * that does not tell its end.
   */
  document(isOver = this.#end.result !== 'running'): RunDocument {
    return {
      schemaVersion: 1,
      ...this.#head,
      ...(this.#params && { params: this.#params }),
      result: this.#end.result,
      reason: this.#end.reason,
      startedAt: this.#head.startedAt,
      endedAt: this.#end.endedAt,
      durationMs: this.#end.durationMs,
      repeat: this.#repeat,
      roles: [...this.#roles.values()],
      steps: [...this.#steps.values(), ...(isOver ? this.#notReached() : [])],
      portChecks: this.#portChecks,
      portsFreed: this.#portsFreed,
      commands: this.#commands,
      capture: this.#capture,
    };
  }

  #notReached(): StepDocument[] {
    return this.#planned
      .filter(({ index }) => !this.#steps.has(index))
      .map(({ index, line, text }) => ({
        index,
        line,
        text,
        result: 'skipped',
        durationMs: null,
        reason: 'not reached',
        notReached: true,
      }));
  }

  #updateRole(
    { role, machine }: { readonly role: string; readonly machine: string },
    change: Partial<RoleDocument>,
  ): void {
    const known = this.#roles.get(role) ?? newRole({ role, machine, user: undefined, address: undefined });
    this.#roles.set(role, { ...known, ...change });
  }

  #setStep(
    { index, line, text }: { readonly index: number; readonly line: number; readonly text: string },
    outcome: Omit<StepDocument, 'index' | 'line' | 'text'>,
  ): void {
    this.#steps.set(index, { index, line, text, ...outcome });
  }
}

function newRole({
  role,
  machine,
  user,
  address,
}: Omit<RoleInfo, 'user'> & { readonly user: string | undefined }): RoleDocument {
  return {
    role,
    machine,
    user: user ?? null,
    address: address ?? null,
    command: null,
    exitCode: null,
    signal: null,
    status: 'not started',
  };
}

function holderDocument({ address, port, pid, command, user, startedAtMs }: PortHolder): HolderDocument {
  const startedAt = startedAtMs === undefined ? null : new Date(startedAtMs).toISOString();
  return { address, port, pid: pid ?? null, command: command ?? null, user: user ?? null, startedAt };
}

function isoTime({ at }: Event): string {
  return new Date(at.wallMs).toISOString();
}
