import type { CaptureFacts } from './capture-facts.ts';
import type { ListeningProgram, WatchedAttempts } from './connection-attempt.ts';
import type { LabDescription, MachineFacts, PortHolder, ToolOutput } from './lab-description.ts';
import type { StepProblem } from './step-problem.ts';

/**
 * Everything that is shown or stored comes from these. Domain code emits them, sinks (terminal, JSON, files) format
 * them, one formatter per kind.
 */
export type Event = { readonly at: Timestamp } & EventBody;

/** When an event happened. */
export interface Timestamp {
  /** Milliseconds on the monotonic clock since the start of this `lab` process; fractions are kept. */
  readonly monotonicMs: number;
  /** Milliseconds since the Unix epoch. */
  readonly wallMs: number;
}

export type EventBody =
  /** Work that the user waits for: shown as a line with its time. `id` joins the parts of one step. */
  | { readonly kind: 'step-started'; readonly id: string; readonly title: string }
  | { readonly kind: 'step-progress'; readonly id: string; readonly note: string }
  | {
      readonly kind: 'step-finished';
      readonly id: string;
      readonly title: string;
      readonly note?: string;
      readonly durationMs: number;
    }
  | {
      readonly kind: 'step-failed';
      readonly id: string;
      readonly title: string;
      readonly reason: string;
      readonly durationMs: number;
    }
  | { readonly kind: 'notice'; readonly level: 'info' | 'warning'; readonly message: string; readonly hint?: string }
  /** A scenario. */
  | {
      readonly kind: 'run-started';
      readonly run: string;
      readonly scenario: string;
      readonly lab: string;
      readonly roles: readonly RoleInfo[];
      /** All steps of the scenario, in order; left out by older versions. */
      readonly steps?: readonly StepPlace[];
    }
  /** What is run, emitted at the start; and what its machines are like, emitted while it runs. */
  | { readonly kind: 'lab-described'; readonly lab: LabDescription }
  | { readonly kind: 'machine-described'; readonly machine: string; readonly facts: MachineFacts }
  | {
      readonly kind: 'run-finished';
      readonly run: string;
      readonly result: 'passed' | 'failed' | 'broken' | 'interrupted';
      readonly durationMs: number;
      readonly reason?: string;
    }
  | { readonly kind: 'scenario-step-started'; readonly index: number; readonly line: number; readonly text: string }
  | {
      readonly kind: 'scenario-step-passed';
      readonly index: number;
      readonly line: number;
      readonly text: string;
      readonly durationMs: number;
      /** What named groups of its patterns took from the output, by name; undefined: nothing. */
      readonly values?: Readonly<Record<string, string>> | undefined;
    }
  | {
      readonly kind: 'scenario-step-failed';
      readonly index: number;
      readonly line: number;
      readonly text: string;
      readonly durationMs: number;
      readonly reason: string;
      /** The reason as data; left out when the run broke off in this step, and by older versions. */
      readonly problem?: StepProblem;
    }
  /** A step that was not played, because its lines belong to the user who has that keyboard (`lab run --as`). */
  | {
      readonly kind: 'scenario-step-skipped';
      readonly index: number;
      readonly line: number;
      readonly text: string;
      readonly reason: string;
    }
  /**
   * Terminals of programs. `data` is decoded text in which no UTF-8 character is cut; control sequences are still in
   * it.
   */
  | {
      readonly kind: 'terminal-opened';
      readonly role: string;
      readonly machine: string;
      readonly columns: number;
      readonly rows: number;
      readonly command: readonly string[];
    }
  | { readonly kind: 'terminal-output'; readonly role: string; readonly data: string }
  /**
   * Of records only: so much output of the role is not stored here, because the room of its program is full. Bytes of
   * UTF-8.
   */
  | { readonly kind: 'output-omitted'; readonly role: string; readonly bytes: number }
  /** `isHidden`: the terminal did not echo it; a mask stands for what was typed. */
  | {
      readonly kind: 'terminal-input';
      readonly role: string;
      readonly data: string;
      readonly by: 'scenario' | 'user';
      readonly isHidden?: true;
    }
  | { readonly kind: 'terminal-resized'; readonly role: string; readonly columns: number; readonly rows: number }
  | {
      readonly kind: 'program-exited';
      readonly role: string;
      readonly machine: string;
      readonly exitCode: number | undefined;
      readonly signal: string | undefined;
    }
  /** A one-shot command of a scenario (`run`). */
  | {
      readonly kind: 'command-finished';
      readonly machine: string;
      readonly command: string;
      readonly exitCode: number | undefined;
      readonly output: string;
    }
  /**
   * What machines tried to reach so far; the last of these events has all of the run. `listening`: where the servers
   * listened at that moment; left out when nobody looked.
   */
  | {
      readonly kind: 'attempts-counted';
      readonly seen: WatchedAttempts;
      readonly listening?: readonly ListeningProgram[];
    }
  /** lab ends a program that still runs: what its connections do from now on is lab's doing. */
  | { readonly kind: 'program-stopped'; readonly role: string; readonly machine: string }
  /** The packets of the run are in `capture.pcap` of its folder. */
  | { readonly kind: 'capture-finished'; readonly capture: CaptureFacts }
  /** Ports. `raw` is what was read to tell the state; `tools` is what the tools of the practical say, for people. */
  | {
      readonly kind: 'port-checked';
      readonly machine: string;
      /** Left out: TCP. */
      readonly protocol?: 'udp';
      readonly port: number;
      readonly state: 'free' | 'busy' | 'time-wait';
      readonly holders: readonly PortHolder[];
      readonly raw: string;
      readonly tools?: readonly ToolOutput[];
    }
  | {
      readonly kind: 'port-freed';
      readonly machine: string;
      /** Left out: TCP. */
      readonly protocol?: 'udp';
      readonly port: number;
      readonly holders: readonly PortHolder[];
      readonly signal: 'TERM' | 'KILL';
    };

/** Which step of a scenario: its number from 0, its line in the lab file, and itself in one line. */
export interface StepPlace {
  readonly index: number;
  readonly line: number;
  readonly text: string;
}

export interface RoleInfo {
  readonly role: string;
  readonly machine: string;
  readonly user: string;
  readonly address: string | undefined;
}

/**
 * Takes events. A sink that is slower than its source returns a promise, and the source waits for it before it reads
 * on.
 */
export interface EventSink {
  emit(body: EventBody): void | Promise<void>;
}

/** A time stamp of now. */
export function timestamp(): Timestamp {
  return { monotonicMs: performance.now(), wallMs: Date.now() };
}

/** A sink for those who do not listen. */
export const silent: EventSink = { emit: () => undefined };

let stepCount = 0;

/**
 * Runs `work` between a `step-started` and a `step-finished` or `step-failed` event; `note` makes the closing remark
 * from its result.
 */
export async function inStep<T>(
  sink: EventSink,
  title: string,
  work: (progress: (note: string) => void) => Promise<T>,
  note?: (value: T) => string | undefined,
): Promise<T> {
  const id = `step-${++stepCount}`;
  const started = performance.now();
  await sink.emit({ kind: 'step-started', id, title });
  try {
    const value = await work((text) => void sink.emit({ kind: 'step-progress', id, note: text }));
    const remark = note?.(value);
    await sink.emit({
      kind: 'step-finished',
      id,
      title,
      durationMs: performance.now() - started,
      ...(remark === undefined ? {} : { note: remark }),
    });
    return value;
  } catch (error) {
    await sink.emit({
      kind: 'step-failed',
      id,
      title,
      durationMs: performance.now() - started,
      reason: error instanceof Error ? error.message : String(error),
    });
    throw error;
  }
}
