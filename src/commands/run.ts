import { basename } from 'node:path';
import { broadcast } from '../core/broadcast.ts';
import { withCleanup, type CleanupStack } from '../core/cleanup.ts';
import { UsageError } from '../core/errors.ts';
import type { Event, EventSink, RoleInfo } from '../core/events.ts';
import type { LinkCapture } from '../core/link-capture.ts';
import { suggestion } from '../core/suggest.ts';
import { TrueOrder } from '../core/true-order.ts';
import { deployPrograms } from '../deploy/deploy.ts';
import type { Lab } from '../lab/types.ts';
import { playScenario } from '../scenario/play.ts';
import type { PlayResult } from '../scenario/result.ts';
import type { Stage } from '../scenario/stage.ts';
import type { Scenario } from '../scenario/steps.ts';
import type { Repeat } from '../report/run-summary.ts';
import { fingerprint } from '../state/change.ts';
import { RunFolder } from '../state/run-folder.ts';
import { connectAll, findMachines } from './attach.ts';
import { changedLab } from './changed-lab.ts';
import type { CommandContext } from './context.ts';
import { describeLab, describeMachines } from './describe-run.ts';
import { withLockedLab } from './locked-lab.ts';
import { openLab, type OpenedLab } from './open-lab.ts';
import { withPeerNames } from './peer-names.ts';
import { reachEarly, type EarlyShells } from './reach-early.ts';
import { keepPackets, recordPackets } from './record-packets.ts';
import type { Seat } from './seat.ts';

export interface RunOptions {
  /** Name of the scenario; undefined when there is only one. */
  readonly scenario: string | undefined;
  /** How often it is played, at least 1. */
  readonly times: number;
  /** Makes a scenario that the file does not have; then `scenario` is not looked at. */
  readonly improvise?: (opened: OpenedLab) => Scenario;
  /** Whether the packets are captured; default: as the lab file says. */
  readonly capture?: boolean;
  /** Asked when the machines are ready, with all roles of the scenario: seats of the users who are operators, by role. */
  readonly seats?: (roles: readonly string[], stateFolder: string, cleanup: CleanupStack) => Promise<ReadonlyMap<string, Seat>>;
}

type Seats = ReadonlyMap<string, Seat>;

/** What the plays of one series have in common. */
interface Series {
  readonly stage: Stage;
  /** By name of the machine: captures outside of it. */
  readonly links: ReadonlyMap<string, LinkCapture>;
  /** By name of the machine: milliseconds that its words take to get here. */
  readonly oneWayMs: ReadonlyMap<string, number>;
  readonly scenario: Scenario;
  readonly stateFolder: string;
  readonly seats: Seats;
  readonly capture: boolean;
}

/** With more machines than this, connecting to those that the scenario does not need would cost more than it saves. */
const fewMachines = 4;

export interface RunResult {
  readonly scenario: string;
  /** Of all plays together: as the first that failed, `passed` when none did, `interrupted` when the user stopped them before. */
  readonly result: PlayResult['result'];
  readonly times: number;
  readonly passed: number;
  readonly failed: number;
  /** Of those that came to an end, from 0 to 1. */
  readonly passRate: number;
  /** Every play, in order; fewer than `times` when the lab broke or the user stopped. */
  readonly runs: readonly PlayedRun[];
  readonly firstFailure: FailedRun | undefined;
}

export interface PlayedRun {
  readonly run: string;
  /** Absolute path. */
  readonly folder: string;
  readonly result: PlayResult['result'];
  readonly durationMs: number;
}

/** A play that did not pass, with all that tells why. */
export interface FailedRun extends PlayedRun {
  readonly play: PlayResult;
}

/**
 * Plays a scenario on the machines that are up, and stores each play in a folder of its own.
 *
 * @throws {UsageError} for an unknown scenario. @throws {EnvironmentError} when the lab is not up. @throws {CheckError} when its machines changed in the file.
 */
export async function run(context: CommandContext, options: RunOptions): Promise<RunResult> {
  return withCleanup(async (cleanup) => {
    const early = reachEarly(context, cleanup, { atMost: fewMachines });
    const opened = await openLab(context);
    const scenario = options.improvise?.(opened) ?? scenarioNamed(opened, options.scenario);
    return withLockedLab(context, 'run', async (stateFolder, locked) => {
      const set = await setStage(context, opened.lab, scenario, early, cleanup);
      const seats: Seats = (await options.seats?.(castOf(scenario, opened.lab).roles, stateFolder, locked)) ?? new Map();
      const capture = options.capture ?? opened.lab.capture ?? true;
      return summarise(scenario, options.times, await playTimes(context, { ...set, scenario, stateFolder, seats, capture }, options.times));
    });
  });
}

/** Plays it again and again; a lab that broke, or a user who has enough, ends the series. */
async function playTimes(context: CommandContext, series: Series, times: number): Promise<FailedRun[]> {
  const played: FailedRun[] = [];
  for (let number = 1; number <= times; number++) {
    const repeat = times > 1 ? { number, of: times } : undefined;
    const one = await playOnce(context, series, repeat);
    played.push(one);
    if (one.result === 'broken' || one.result === 'interrupted') break;
  }
  return played;
}

function scenarioNamed({ lab, scenarios }: OpenedLab, name: string | undefined): Scenario {
  const names = [...scenarios.keys()];
  if (names.length === 0) throw new UsageError(`${basename(lab.file)} has no scenario`, { code: 'no-scenario', hint: 'Add one under "scenarios:"; "lab init --template tp1" shows how.' });
  if (name === undefined && names.length > 1) throw new UsageError('which scenario?', { code: 'which-scenario', hint: `Name one of: ${names.join(', ')}` });
  const found = scenarios.get(name ?? names[0]!);
  if (found !== undefined) return found;
  throw new UsageError(`there is no scenario "${name}"`, { code: 'unknown-scenario', hint: suggestion(name!, names) });
}

/** Connections to the machines that the scenario needs, and its programs there. */
async function setStage(context: CommandContext, lab: Lab, scenario: Scenario, early: EarlyShells, cleanup: CleanupStack): Promise<Pick<Series, 'stage' | 'links' | 'oneWayMs'>> {
  const { events, signal } = context;
  const { roles, machines: names } = castOf(scenario, lab);
  const { state, machines } = await findMachines(context, names);
  if (state.fingerprint !== fingerprint(lab)) throw changedLab(state, lab);
  const connected = (await early.take(state.labId)) ?? (await connectAll(machines, cleanup, signal));
  const shells = withPeerNames(connected, machines);
  const programs = await deployPrograms(lab, shells, { events, signal, only: roles });
  const oneWayMs = new Map(machines.flatMap(({ machine, facts }) => (facts?.clock === undefined ? [] : [[machine.name, facts.clock.roundTripMs / 2] as const])));
  const slowness = Math.max(...machines.map(({ slowness: times = 1 }) => times));
  const links = new Map(machines.flatMap(({ machine, captureLink }) => (captureLink ? [[machine.name, captureLink] as const] : [])));
  return { stage: { lab, shells, programs, events, signal, slowness }, links, oneWayMs };
}

/** Which programs and machines take part. */
function castOf({ steps }: Scenario, lab: Lab): { readonly roles: readonly string[]; readonly machines: readonly string[] } {
  const roles = [...new Set(steps.flatMap((step) => (step.verb === 'start' ? step.programs : [])))];
  const commands = steps.flatMap((step) => (step.verb === 'run' ? step.commands.map(({ on }) => on) : []));
  return { roles, machines: [...new Set([...roles.map((role) => lab.programs.get(role)!.on), ...commands])] };
}

async function playOnce(context: CommandContext, { stage, links, oneWayMs, scenario, stateFolder, seats, capture }: Series, repeat: Repeat | undefined): Promise<FailedRun> {
  const folder = await RunFolder.create({ stateFolder, scenario: scenario.name, wallMs: Date.now(), repeat, onFault: (error) => void tellFault(context.events, error) });
  // The console stamps no event that has its time already: both tell of the same instant.
  const order = new TrueOrder((event) => folder.record(event), oneWayMs);
  const events = broadcast([(event) => order.take(event), (event) => context.events.emit(event), (event) => showAtSeat(seats, event)]);
  const operators = new Map([...seats].map(([role, { operator }]) => [role, operator]));
  const { lab } = stage;
  try {
    const { roles } = castOf(scenario, lab);
    const packets = capture ? recordPackets(roles, { stage, links }, events) : undefined;
    await events.emit({ kind: 'run-started', run: folder.id, scenario: scenario.name, lab: lab.name, roles: roles.map((role) => roleInfo(lab, role)) });
    await events.emit({ kind: 'lab-described', lab: await describeLab(lab, roles, folder) });
    const [play] = await Promise.all([playScenario(scenario, { ...stage, events, operators, packets }), describeMachines(stage, events)]);
    if (packets !== undefined) await keepPackets(packets, folder, events);
    const { result, durationMs } = play;
    const reason = play.failedStep?.reason ?? play.error?.message;
    await events.emit({ kind: 'run-finished', run: folder.id, result, durationMs, ...(reason === undefined ? {} : { reason }) });
    await Promise.all([...seats.values()].map((seat) => seat.leave(result)));
    return { run: folder.id, folder: folder.path, result, durationMs, play };
  } finally {
    await order.flush();
    await folder.close();
  }
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
  return { role, machine: machine.name, user: machine.user, address: machine.interfaces[0]?.address };
}

function tellFault(events: EventSink, error: unknown): void | Promise<void> {
  const message = error instanceof Error ? error.message : String(error);
  return events.emit({ kind: 'notice', level: 'warning', message: `the run goes on, but is no longer stored: ${message}` });
}

function summarise(scenario: Scenario, times: number, played: readonly FailedRun[]): RunResult {
  const ended = played.filter(({ result }) => result !== 'interrupted');
  const passed = ended.filter(({ result }) => result === 'passed').length;
  const firstFailure = ended.find(({ result }) => result !== 'passed');
  return {
    scenario: scenario.name,
    result: firstFailure?.result ?? (ended.length < played.length ? 'interrupted' : 'passed'),
    times,
    passed,
    failed: ended.length - passed,
    passRate: passed / Math.max(1, ended.length),
    runs: played.map(({ play: _play, ...short }) => short),
    firstFailure,
  };
}
