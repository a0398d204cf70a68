/** What programs that use lab import: the names and types here change only with the version (semver.org). */
export { defineLab } from './define-lab.ts';
export {
  openLab,
  type Lab,
  type UpOptions,
  type CheckPortOptions,
  type WhyOptions,
  type ReportOptions,
} from './lab.ts';
export type { LabOptions } from './options.ts';
export type { Command, CopyResult, ExecOptions, ExecResult, Machine } from './machine.ts';
export type { ProgramOptions, RunningProgram } from './running-program.ts';
export type { WaitOptions } from './program-output.ts';
export type { RunningScenario } from './play-run.ts';
export type { RunOptions, RunPackets, RunResult } from './run-result.ts';
export type { Problem } from '../lab/problem.ts';
export type { StatusResult } from '../commands/lab/status.ts';
export type { CheckPortResult } from '../commands/machines/check-port.ts';
export type { ReachReport } from '../reach/reach-report.ts';
export type { ReportResult } from '../commands/runs/report.ts';
export type { EventsDropped, LabEvent } from './event-queue.ts';
export type {
  InterfaceDefinition,
  LabDefinition,
  MachineDefinition,
  NetworkDefinition,
  ProgramDefinition,
  ScenarioDefinition,
  ServiceDefinition,
  Step,
} from './lab-definition.ts';
export {
  CheckError,
  ConnectionError,
  EnvironmentError,
  LabError,
  LockedError,
  TimeoutError,
  UsageError,
} from '../core/errors.ts';
