import type { EventKind, EventOf } from '../../core/event-listeners.ts';
import type { CaptureFacts, CaptureGap } from '../../core/capture-facts.ts';
import { listeningProgram, watchedAttempts } from './attempt-shapes.ts';
import type { Event, RoleInfo, StepPlace, Timestamp } from '../../core/events.ts';
import {
  languageNames,
  type DescribedFile,
  type DescribedMachine,
  type DescribedNetwork,
  type DescribedProgram,
  type LabDescription,
  type MachineFacts,
  type PortHolder,
  type ReportHeading,
  type ToolOutput,
} from '../../core/lab-description.ts';
import {
  list,
  nullable,
  number,
  object,
  oneOf,
  optional,
  record,
  ShapeError,
  storedPort,
  text,
  truth,
  whole,
  type FieldsOf,
  type Shape,
} from '../../core/json/shape.ts';
import { stepProblem } from './problem-shape.ts';

/** The last millisecond of the year 9999: later ones have no four digits in ISO 8601. */
const LAST_MS = 253_402_300_799_999;
/** Longer than any run, and short enough to be added and shown: some thirty years. */
const LONGEST_MS = 1e12;
const largest = Number.MAX_SAFE_INTEGER;

const wallTime = number(0, LAST_MS);
export const duration = number(0, LONGEST_MS);
export const count = whole(0, largest);
export const place = whole(0, 1e9);
export const portNumber = whole(0, 65_535);
export const exitStatus = whole(-(2 ** 31), 2 ** 32);

/** A terminal has at most that many (`struct winsize`, ioctl_tty(2), has 16 bits). */
const columns = whole(0, 65_535);

const at: Shape<Timestamp> = object<Timestamp>({ monotonicMs: duration, wallMs: wallTime });

const roleInfo = object<RoleInfo>({ role: text, machine: text, user: text, address: optional(text) });
const holder = object<PortHolder>({
  address: text,
  port: portNumber,
  pid: optional(count),
  command: optional(text),
  user: optional(text),
  // It comes from a clock that may be wrong: before 1970, too.
  startedAtMs: optional(number(-LAST_MS, LAST_MS)),
});

export const heading = object<ReportHeading>({
  authors: list(text),
  group: optional(text),
  course: optional(text),
  language: optional(oneOf(...languageNames)),
});
const network = object<DescribedNetwork>({ name: text, subnet: text, gateway: optional(text), nat: truth });
const machine = object<DescribedMachine>({
  name: text,
  image: optional(text),
  system: optional(text),
  user: text,
  forward: optional(truth),
  interfaces: list(object({ name: text, network: text, address: optional(text), address6: optional(text) })),
});

/** ISO 8601, as `Date` writes it: it is read again to be shown. */
export const isoTime: Shape<string> = (value, where) => {
  const time = text(value, where);
  if (!/^[+-]?\d{4,6}-\d\d-\d\dT[\d:.]{5,12}Z$/.test(time) || Number.isNaN(Date.parse(time)))
    throw new ShapeError(where, 'a time as in 2026-11-23T14:30:15.042Z', value);
  return time;
};

/** A path below the folder of the run: a record that somebody sent must not show files of its reader. */
export const storedPath: Shape<string> = (value, where) => {
  const path = text(value, where);
  if (path.startsWith('/') || path.includes('\0') || path.split('/').includes('..'))
    throw new ShapeError(where, 'a path in the folder of the run', value);
  return path;
};

const file = object<DescribedFile>({
  path: text,
  sha256: text,
  sizeBytes: count,
  stored: optional(storedPath),
  kind: oneOf('sent', 'source'),
});
const program = object<DescribedProgram>({
  name: text,
  on: text,
  command: list(text),
  build: optional(list(text)),
  buildOn: optional(text),
  listens: list(storedPort),
  files: list(file),
  unlisted: optional(count),
});
const lab = object<LabDescription>({
  version: text,
  provider: text,
  report: heading,
  networks: list(network),
  machines: list(machine),
  programs: list(program),
  params: optional(record(text)),
  labFile: optional(object({ name: text, sha256: text })),
});
const facts = object<MachineFacts>({ system: optional(text), kernel: optional(text), runtimes: record(text) });
export const captureFacts = object<CaptureFacts>({
  packets: count,
  lost: count,
  full: truth,
  gaps: optional(list(object<CaptureGap>({ machine: text, interface: text, since: nullable(isoTime), reason: text }))),
  machines: list(object({ machine: text, interface: text, filter: text, clockOffsetMs: number(-LAST_MS, LAST_MS) })),
});
const step = { index: place, line: place, text };

/** The fields of each kind of event, those of all apart. */
type Bodies = { readonly [K in EventKind]: FieldsOf<Omit<EventOf<K>, 'at' | 'kind'>> };

const bodies: Bodies = {
  'step-started': { id: text, title: text },
  'step-progress': { id: text, note: text },
  'step-finished': { id: text, title: text, note: optional(text), durationMs: duration },
  'step-failed': { id: text, title: text, reason: text, durationMs: duration },
  notice: { level: oneOf('info', 'warning'), message: text, hint: optional(text) },
  'run-started': {
    run: text,
    scenario: text,
    lab: text,
    roles: list(roleInfo),
    steps: optional(list(object<StepPlace>(step))),
  },
  'lab-described': { lab },
  'machine-described': { machine: text, facts },
  'run-finished': {
    run: text,
    result: oneOf('passed', 'failed', 'broken', 'interrupted'),
    durationMs: duration,
    reason: optional(text),
  },
  'scenario-step-started': step,
  'scenario-step-passed': { ...step, durationMs: duration, values: optional(record(text)) },
  'scenario-step-failed': { ...step, durationMs: duration, reason: text, problem: optional(stepProblem) },
  'scenario-step-skipped': { ...step, reason: text },
  'terminal-opened': { role: text, machine: text, columns, rows: columns, command: list(text) },
  'terminal-output': { role: text, data: text },
  'output-omitted': { role: text, bytes: count },
  'terminal-input': { role: text, data: text, by: oneOf('scenario', 'user'), isHidden: optional(oneOf(true)) },
  'terminal-resized': { role: text, columns, rows: columns },
  'program-exited': { role: text, machine: text, exitCode: optional(exitStatus), signal: optional(text) },
  'command-finished': { machine: text, command: text, exitCode: optional(exitStatus), output: text },
  'attempts-counted': { seen: watchedAttempts, listening: optional(list(listeningProgram)) },
  'program-stopped': { role: text, machine: text },
  'capture-finished': { capture: captureFacts },
  'port-checked': {
    machine: text,
    protocol: optional(oneOf('udp')),
    port: portNumber,
    state: oneOf('free', 'busy', 'time-wait'),
    holders: list(holder),
    raw: text,
    tools: optional(list(object<ToolOutput>({ command: text, output: text }))),
  },
  'port-freed': {
    machine: text,
    protocol: optional(oneOf('udp')),
    port: portNumber,
    holders: list(holder),
    signal: oneOf('TERM', 'KILL'),
  },
};

const shapes = new Map(
  Object.entries(bodies).map(([kind, fields]) => [kind, object<object>({ at, kind: text, ...fields })]),
);
const anyKind = object({ kind: text });

/** An event of `core/events.ts` that was read from outside. */
export const eventShape: Shape<Event> = (value, where) => {
  const { kind } = anyKind(value, where);
  const shape = shapes.get(kind);
  if (shape === undefined)
    throw new ShapeError('kind', 'one that this lab knows; a newer one may have written it', kind);
  return shape(value, where) as Event;
};
