import { addressesOf } from '../core/lab-description.ts';
import { broadcast } from '../core/event-listeners.ts';
import type { LabError } from '../core/errors.ts';
import type { MachineSystem } from '../core/lab-description.ts';
import { timestamp, type Event, type EventBody, type EventSink, type RoleInfo } from '../core/events.ts';
import { TrueOrder } from '../core/time/true-order.ts';
import type { Lab } from '../lab/types.ts';
import { sayBinarySize } from '../core/language/amounts.ts';
import { say } from '../core/language/say.ts';
import { roomForPackets, sharesOf } from '../report/run/output-limit.ts';
import type { Repeat } from '../report/run/run-summary.ts';
import { playScenario } from '../scenario/play.ts';
import type { PlayResult } from '../scenario/play-result.ts';
import type { Stage } from '../scenario/stage.ts';
import { castOf, type Scenario } from '../scenario/scenario.ts';
import { RunFolder } from '../state/runs/run-folder.ts';
import type { LockedSession } from '../session/locked-session.ts';
import { describeLab, describeMachines } from './describe-run.ts';
import type { PacketRecorder } from './recorded-packets.ts';
import type { Seat } from '../seats/seat.ts';

export type Seats = ReadonlyMap<string, Seat>;

/** What the plays of one series have in common. */
export interface Series {
  readonly stage: Stage;
  /** By name of the machine: milliseconds that its words take to get here. */
  readonly oneWayMs: ReadonlyMap<string, number>;
  readonly scenario: Scenario;
  readonly seats: Seats;
  /** Captures the packets of each play; undefined where that is not wanted. */
  readonly record: PacketRecorder | undefined;
  /** What each machine of the lab runs, by its name. */
  readonly systems: ReadonlyMap<string, MachineSystem>;
  /** What may be stored for each program. */
  readonly maxOutputBytes: number;
  /** Remarks about what is played, shown before: only for the record. */
  readonly remarks: readonly EventBody[];
}

export interface PlayedRun {
  readonly run: string;
  /** Absolute path. */
  readonly folder: string;
  readonly result: PlayResult['result'];
  readonly durationMs: number;
  /** The disk was full, or broken: the folder holds only a part, and the run has not passed. */
  readonly incomplete?: true;
  /** It failed because of this. */
  readonly timeWait?: PortInTimeWait;
}

/** A port that a program needed and that was in TIME_WAIT, from a connection of before. */
export interface PortInTimeWait {
  readonly role: string;
  readonly machine: string;
  readonly port: number;
}

/** A play that did not pass, with all that shows why. */
export interface FailedRun extends PlayedRun {
  readonly play: PlayResult;
}

/**
 * Plays the scenario once, and stores it in a folder of its own. A folder that cannot be written any more ends the
 * play: it is `broken`.
 */
export async function playOnce(
  { context, stateFolder }: LockedSession,
  series: Series,
  repeat: Repeat | undefined,
): Promise<FailedRun> {
  const { stage, scenario, maxOutputBytes } = series;
  const full = new AbortController();
  const folder = await RunFolder.create({
    stateFolder,
    lab: stage.lab.name,
    scenario: scenario.name,
    wallMs: Date.now(),
    repeat,
    maxOutputBytes,
    onFault: (error) => full.abort(error),
    onCut: (role) => void tellCut(events, role, maxOutputBytes),
  });
  // The console stamps no event that has its time already: both show the same instant.
  const order = new TrueOrder((event) => folder.record(event), series.oneWayMs);
  const events = broadcast([
    (event) => order.take(event),
    (event) => context.events.emit(event),
    (event) => showAtSeat(series.seats, event),
  ]);
  const signal = AbortSignal.any([stage.signal, full.signal]);
  try {
    const onSecret = async (text: string): Promise<void> => {
      await order.flush();
      await folder.hide(text);
    };
    const play = await playInto(folder, { ...series, stage: { ...stage, events, signal, onSecret } }, order);
    await folder.close();
    return { run: folder.id, folder: folder.path, ...whole(play, folder.fault) };
  } finally {
    await order.flush();
    await folder.close();
  }
}

async function playInto(
  folder: RunFolder,
  { stage, scenario, seats, record, systems, maxOutputBytes, remarks }: Series,
  order: TrueOrder,
): Promise<PlayResult> {
  const { lab, events } = stage;
  const { roles } = castOf(scenario, lab);
  const room = maxOutputBytes * Math.max(1, roles.length);
  const packets = record?.(roles, stage, sharesOf(room).packets);
  await events.emit({
    kind: 'run-started',
    run: folder.id,
    scenario: scenario.name,
    lab: lab.name,
    roles: roles.map((role) => roleInfo(lab, role)),
    steps: scenario.steps.map(({ index, position, text }) => ({ index, line: position.line, text })),
  });
  await events.emit({ kind: 'lab-described', lab: await describeLab(lab, roles, { folder, systems, maxOutputBytes }) });
  for (const remark of remarks) await order.take({ at: timestamp(), ...remark });
  const operators = new Map([...seats].map(([role, { operator }]) => [role, operator]));
  const [play] = await Promise.all([
    playScenario(scenario, {
      ...stage,
      operators,
      onStandstill: (standstill) => seats.forEach((seat) => seat.tell(standstill)),
      packets: packets?.source,
      attempts: packets?.attempts,
    }),
    describeMachines(stage, events),
  ]);
  await order.flush();
  await packets?.keep(folder, roomForPackets(room, folder.storedBytes));
  await folder.flush();
  const {
    play: { failedStep, error },
    result,
    durationMs,
  } = whole(play, folder.fault);
  const reason = failedStep?.reason ?? error?.message;
  await events.emit({
    kind: 'run-finished',
    run: folder.id,
    result,
    durationMs,
    ...(reason === undefined ? {} : { reason }),
  });
  await order.flush();
  await Promise.all([...seats.values()].map((seat) => seat.leave(result)));
  return play;
}

/** The result of a play: one that is not stored whole is broken, whatever its steps say. */
function whole(
  play: PlayResult,
  fault: LabError | undefined,
): Pick<FailedRun, 'result' | 'durationMs' | 'play' | 'incomplete' | 'timeWait'> {
  const { result, durationMs } = play;
  if (fault === undefined) return { result, durationMs, play, ...timeWaitOf(play) };
  return {
    result: 'broken',
    durationMs,
    incomplete: true,
    play: { ...play, result: 'broken', passed: false, failedStep: undefined, error: fault, tails: [] },
  };
}

function timeWaitOf({ failedStep }: PlayResult): Pick<PlayedRun, 'timeWait'> {
  const hint = failedStep?.problem?.hint;
  if (hint?.kind !== 'time-wait') return {};
  const { role, machine, port } = hint;
  return { timeWait: { role, machine, port } };
}

function showAtSeat(seats: Seats, event: Event): void | Promise<void> {
  if (!('role' in event)) return undefined;
  const seat = seats.get(event.role);
  if (event.kind === 'terminal-opened') seat?.begin();
  if (event.kind === 'program-exited') seat?.end();
  return event.kind === 'terminal-output' ? seat?.show(event.data) : undefined;
}

function roleInfo(lab: Lab, role: string): RoleInfo {
  const machine = lab.machines.get(lab.programs.get(role)!.on)!;
  return { role, machine: machine.name, user: machine.user, address: addressesOf(machine)[0] };
}

function tellCut(events: EventSink, role: string, maxOutputBytes: number): void | Promise<void> {
  const message = say`${role} prints more than is stored of a program (${sayBinarySize(maxOutputBytes)}, in all files of the run): what comes now is shown and matched, but only its end is stored`;
  return events.emit({
    kind: 'notice',
    level: 'warning',
    message,
    hint: say`To store more: lab run --max-output SIZE`,
  });
}
