import type { ToldAttempt } from './connection-attempt.ts';
import type { ProgramHint } from './program-hint.ts';
import type { PacketProblem, PacketWish } from './packet-problem.ts';
import type { ProgramLook } from './program-look.ts';

/**
 * Why a step of a scenario failed, as plain data: it stands in events and in stored runs, and each language makes its
 * own sentences of it (`report/language/failure-*.ts`).
 */
export interface StepProblem {
  readonly expected: Expectation;
  readonly seen: Finding;
  /** Of what the program printed, the line that is most like what was expected. */
  readonly nearest?: string | undefined;
  /** The program that the step waited for. */
  readonly role?: string | undefined;
  /** The other programs of the same step that failed as well. */
  readonly also?: readonly string[] | undefined;
  /** Time limit of the step that passed, in milliseconds; undefined when the step failed before it. */
  readonly limitMs?: number | undefined;
  readonly hint?: Advice | undefined;
  readonly evidence?: Evidence | undefined;
  /** What the machines had tried to reach in vain, or elsewhere than at a server of the lab. */
  readonly attempts?: readonly ToldAttempt[] | undefined;
}

/** What a step wanted. Patterns are as they are written in the lab file: `"text"` or `/regex/`. */
export type Expectation =
  | { readonly kind: 'text'; readonly role: string; readonly pattern: string }
  /** One of these is enough; at least two. */
  | { readonly kind: 'any-text'; readonly texts: readonly { readonly role: string; readonly pattern: string }[] }
  /** It does not show within this time. Milliseconds. */
  | { readonly kind: 'no-text'; readonly role: string; readonly pattern: string; readonly ms: number }
  | { readonly kind: 'prompt'; readonly role: string; readonly pattern: string }
  /** The program waits for a line. */
  | { readonly kind: 'input'; readonly role: string }
  /** `protocol` left out: TCP. */
  | {
      readonly kind: 'listen';
      readonly role: string;
      readonly machine: string;
      readonly protocol?: 'udp' | undefined;
      readonly port: number;
    }
  /** The program ends, with this exit status or signal. */
  | { readonly kind: 'end'; readonly role: string; readonly end: number | string }
  /** The program runs, and its machine takes what is typed, or the signal. */
  | { readonly kind: 'typed'; readonly role: string; readonly text: string }
  | { readonly kind: 'signal'; readonly role: string; readonly signal: string }
  /** Of a command of a `run` step. */
  | { readonly kind: 'command-end'; readonly command: string; readonly machine: string; readonly end: number | string }
  | { readonly kind: 'command-output'; readonly command: string; readonly machine: string; readonly pattern: string }
  /** Of a `tcp` step; at least one. */
  | { readonly kind: 'packets'; readonly wishes: readonly PacketWish[] }
  /** The step can be done at all. */
  | { readonly kind: 'possible'; readonly step: string }
  /** As it follows "expected", in English. */
  | { readonly kind: 'other'; readonly text: string };

/** What came instead. */
export type Finding =
  /** Nothing of the kind, until the time limit passed. */
  | { readonly kind: 'nothing-in-time' }
  /** What was not to show does; the line in which it stands. */
  | { readonly kind: 'shown'; readonly line?: string | undefined }
  /** The program that was waited for ended before. */
  | { readonly kind: 'ended-first'; readonly role: string; readonly end: ProgramStatus }
  /** The program or command that was to end ended otherwise. */
  | { readonly kind: 'ended-otherwise'; readonly end: ProgramStatus; readonly printed?: string | undefined }
  /** The command printed something else; empty when it printed nothing. */
  | { readonly kind: 'printed-otherwise'; readonly printed: string }
  /** It listens, but not there. `way` is of a `ListenerProblem` (room ports); `text` says it in English. */
  | {
      readonly kind: 'listens-otherwise';
      readonly role: string;
      readonly way: ListenWay;
      readonly wanted: { readonly protocol: 'tcp' | 'udp'; readonly port: number };
      readonly found: { readonly protocol: 'tcp' | 'udp'; readonly address: string; readonly port: number };
      readonly text: string;
    }
  /** It can no longer come: a program has ended, and nobody is left to do anything. */
  | { readonly kind: 'in-vain' }
  /** It waits for a line on its keyboard before it listens. */
  | { readonly kind: 'asks-first'; readonly role: string }
  /** It runs and does not ask for a line: it does something else. */
  | { readonly kind: 'not-asked'; readonly role: string }
  /** It prints without end. */
  | ({ readonly kind: 'endless-output'; readonly role: string } & EndlessOutput)
  /**
   * A port that the program was to listen on was in TIME_WAIT, so bind(2) failed; `end` when it was started all the same.
   * `endedMsAgo`: since when.
   */
  | {
      readonly kind: 'time-wait';
      readonly role: string;
      readonly machine: string;
      readonly port: number;
      readonly endedMsAgo?: number | undefined;
      readonly end?: ProgramStatus | undefined;
    }
  /** The packets do not meet the wishes of a `tcp` step; at least one. */
  | { readonly kind: 'packets'; readonly problems: readonly PacketProblem[] }
  /** As it follows "but", in English. */
  | { readonly kind: 'other'; readonly text: string };

/** What came without a pause, and went on. */
export interface EndlessOutput {
  readonly bytes: number;
  readonly ms: number;
  /** How many different lines come again and again; undefined when they are many. */
  readonly lines?: number | undefined;
}

export type ListenWay =
  | 'loopback-only'
  | 'other-address'
  | 'ipv6-only'
  | 'ipv4-only'
  | 'other-protocol'
  | 'byte-swapped'
  | 'other-port'
  | 'system-chosen'
  | 'not-yet';

/** What the user can do. */
export type Advice =
  /**
   * The text stands there, but as an echo, or an earlier step has used it up; of several, `pattern` on the terminal of
   * `role`.
   */
  | { readonly kind: 'used-up'; readonly role?: string | undefined; readonly pattern?: string | undefined }
  /** So many lines are no longer kept. */
  | { readonly kind: 'lines-dropped'; readonly lines: number }
  /** The prompt that is there was answered already. */
  | { readonly kind: 'prompt-answered' }
  /** Status 127; `command` is what to try on the machine. */
  | { readonly kind: 'command-not-found'; readonly machine: string; readonly command: string }
  /** A file that a command of a `run` step did not find lies in the folder of a program; `step` finds it. */
  | { readonly kind: 'program-folder'; readonly program: string; readonly file: string; readonly step: string }
  | ProgramHint
  /** A program that asks for its port: how its start is written. */
  | { readonly kind: 'asks-first'; readonly role: string }
  | { readonly kind: 'look-at-packets' }
  /** The program is at work: a longer time limit may do. */
  | { readonly kind: 'longer'; readonly role: string; readonly limitMs: number }
  | { readonly kind: 'endless-output' }
  /**
   * TIME_WAIT kept the program from its port. `isBarredToAll`: also from a server that sets SO_REUSEADDR, because the
   * one before had not. `canBeFresh`: the machines can be made again (`lab run --fresh`).
   */
  | {
      readonly kind: 'time-wait';
      readonly role: string;
      readonly machine: string;
      readonly port: number;
      readonly isBarredToAll: boolean;
      readonly remainingMs?: number | undefined;
      readonly canBeFresh: boolean;
    }
  /** Whole sentences, in English. */
  | { readonly kind: 'other'; readonly text: string };

/** How a program ended; both are undefined when that is not known. */
export interface ProgramStatus {
  readonly exitCode?: number | undefined;
  /** Without `SIG`. */
  readonly signal?: string | undefined;
}

/** What was seen of the programs when the step failed. */
export interface Evidence {
  /** In the order in which they were started. */
  readonly programs: readonly ProgramEvidence[];
  /** What the step is the victim of: a program that ended, crashed or had an exception though no step asks for it. */
  readonly cause?: Cause | undefined;
  /** Names of machines, by the addresses that the looks have. */
  readonly names?: Readonly<Record<string, string>> | undefined;
}

export interface ProgramEvidence {
  readonly role: string;
  readonly machine: string;
  /** What it was doing; undefined when its machine does not show it, or it had ended. */
  readonly look?: ProgramLook | undefined;
  /** What it prints without end. */
  readonly endless?: EndlessOutput | undefined;
  /** When it has ended. */
  readonly end?: ProgramStatus | undefined;
}

export interface Cause {
  readonly role: string;
  readonly machine: string;
  /** Undefined when it still runs: an exception ended one of its threads. */
  readonly end?: ProgramStatus | undefined;
  /** The last line that it printed, or the one that says what went wrong. */
  readonly line?: string | undefined;
}
