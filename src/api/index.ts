/** What programs that use lab import: the names and types here change only with the version (semver.org). */
export {
  CheckError,
  ConnectionError,
  EnvironmentError,
  InterruptedError,
  LabError,
  LockedError,
  TimeoutError,
  UsageError,
} from '../core/errors.ts';
export type { CheckPortResult } from '../commands/machines/check-port.ts';
export type { StatusResult } from '../commands/lab/status.ts';
export { openLab, type CheckPortOptions, type Lab, type UpOptions } from './lab.ts';
export type { EventsDropped, LabEvent } from './event-queue.ts';
export type { Command, CopyResult, ExecOptions, ExecResult, Machine } from './machine.ts';
export type { LabOptions } from './options.ts';
export type { ProgramOptions, RunningProgram } from './running-program.ts';
