/**
 * The few kinds of failure that a user can tell apart, each with its exit code. "Your check failed" is not "your input
 * is wrong" is not "this host cannot" is not "our bug".
 */
export const ExitCode = {
  done: 0,
  checkFailed: 1,
  usage: 2,
  environment: 3,
  timeout: 4,
  locked: 5,
  bug: 70,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export interface ErrorParts {
  /** Stable, machine-readable name in kebab-case, for example `port-busy`. */
  readonly code: string;
  /** What the user does next: a command or a change, as one or more whole sentences. */
  readonly hint?: string | undefined;
  /** What was seen: raw output or a code frame, shown below the message. */
  readonly detail?: string | undefined;
  /** Further facts for programs that read `--json`: plain data, in addition to the message. */
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  readonly cause?: unknown;
}

/** Base of all failures that we foresee. Anything else that reaches `cli` is our own bug (exit code 70). */
export abstract class LabError extends Error {
  abstract readonly exitCode: ExitCode;
  readonly code: string;
  readonly hint: string | undefined;
  readonly detail: string | undefined;
  readonly data: Readonly<Record<string, unknown>> | undefined;

  constructor(message: string, parts: ErrorParts) {
    super(message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.name = new.target.name;
    this.code = parts.code;
    this.hint = parts.hint;
    this.detail = parts.detail;
    this.data = parts.data;
  }
}

/** Something that the user asked us to check is not so: a busy port, a failed scenario step. Exit code 1. */
export class CheckError extends LabError {
  readonly exitCode = ExitCode.checkFailed;
}

/** Wrong command line or wrong `lab.yaml`. Exit code 2. */
export class UsageError extends LabError {
  readonly exitCode = ExitCode.usage;
}

/** This host or a machine cannot: missing tool, missing right, unreachable, disk full. Exit code 3. */
export class EnvironmentError extends LabError {
  readonly exitCode = ExitCode.environment;
}

/** The connection to a machine could not be made or was lost; not a command that failed. Exit code 3. */
export class ConnectionError extends EnvironmentError {
  readonly machine: string;

  constructor(machine: string, message: string, parts: ErrorParts) {
    super(message, parts);
    this.machine = machine;
  }
}

/** A deadline passed. Exit code 4. */
export class TimeoutError extends LabError {
  readonly exitCode = ExitCode.timeout;
}

/** Another `lab` works on this lab now. Exit code 5. */
export class LockedError extends LabError {
  readonly exitCode = ExitCode.locked;
}

/** The user asked us to stop: SIGINT (130) or SIGTERM (143). */
export class InterruptedError extends LabError {
  readonly exitCode: ExitCode;

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(`interrupted by ${signal}`, { code: 'interrupted' });
    this.exitCode = signal === 'SIGINT' ? ExitCode.interrupted : ExitCode.terminated;
  }
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `code` of a Node system error (`ENOENT`, `ECONNREFUSED`, …), if it has one. */
export function systemCode(thrown: unknown): string | undefined {
  const code = (thrown as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
