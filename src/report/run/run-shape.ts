import {
  list,
  nullable,
  object,
  oneOf,
  optional,
  record,
  ShapeError,
  text,
  whole,
  type Shape,
} from '../../core/json/shape.ts';
import type { HashedFile } from '../../core/files/sha256.ts';
import { captureFacts, count, duration, exitStatus, isoTime, place, portNumber, storedPath } from './event-shapes.ts';
import { stepProblem } from './problem-shape.ts';
import type {
  CommandDocument,
  HolderDocument,
  PortCheckDocument,
  PortFreedDocument,
  Repeat,
  RoleDocument,
  RunDocument,
  StepDocument,
} from './run-summary.ts';

const holder = object<HolderDocument>({
  address: text,
  port: portNumber,
  pid: nullable(count),
  command: nullable(text),
  user: nullable(text),
  startedAt: nullable(isoTime),
});
const role = object<RoleDocument>({
  role: text,
  machine: text,
  user: nullable(text),
  address: nullable(text),
  command: nullable(list(text)),
  exitCode: nullable(exitStatus),
  signal: nullable(text),
  status: text,
  omittedBytes: optional(count),
});
const step = object<StepDocument>({
  index: place,
  line: place,
  text,
  result: oneOf('running', 'passed', 'failed', 'skipped'),
  durationMs: nullable(duration),
  reason: nullable(text),
  notReached: optional(oneOf(true)),
  problem: optional(stepProblem),
});
const portCheck = object<PortCheckDocument>({
  at: isoTime,
  machine: text,
  protocol: optional(oneOf('udp')),
  port: portNumber,
  state: oneOf('free', 'busy', 'time-wait'),
  holders: list(holder),
});
const portFreed = object<PortFreedDocument>({
  at: isoTime,
  machine: text,
  protocol: optional(oneOf('udp')),
  port: portNumber,
  holders: list(holder),
  signal: oneOf('TERM', 'KILL'),
});
const command = object<CommandDocument>({ machine: text, command: text, exitCode: nullable(exitStatus) });
const process = object<NonNullable<RunDocument['process']>>({
  pid: whole(1, 2 ** 31),
  startTime: optional(text),
  bootId: optional(text),
  host: text,
});

const sha256: Shape<string> = (value, where) => {
  const hash = text(value, where);
  if (!/^[\da-f]{64}$/.test(hash)) throw new ShapeError(where, 'a SHA-256 of 64 hexadecimal digits', value);
  return hash;
};
const hashedFile = object<HashedFile>({ name: storedPath, sizeBytes: count, sha256 });

/** `run.json` as it was read. */
export const runShape: Shape<RunDocument> = object<RunDocument>({
  schemaVersion: oneOf(1),
  run: text,
  lab: text,
  scenario: text,
  result: oneOf('running', 'passed', 'failed', 'broken', 'interrupted'),
  reason: nullable(text),
  startedAt: nullable(isoTime),
  endedAt: nullable(isoTime),
  durationMs: nullable(duration),
  repeat: nullable(object<Repeat>({ number: place, of: place })),
  roles: list(role),
  steps: list(step),
  portChecks: list(portCheck),
  portsFreed: list(portFreed),
  commands: list(command),
  // Runs of older versions say nothing of it.
  capture: (value, where) => (value === undefined ? null : nullable(captureFacts)(value, where)),
  params: optional(record(text)),
  maxOutputBytes: optional(count),
  labVersion: optional(text),
  files: optional(list(hashedFile)),
  process: optional(process),
});
