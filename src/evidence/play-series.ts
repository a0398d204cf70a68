import { basename } from 'node:path';
import { withCleanup, type CleanupStack } from '../core/cleanup.ts';
import { UsageError } from '../core/errors.ts';
import { suggestion } from '../core/text/suggest.ts';
import { say } from '../core/language/say.ts';
import { buildRemarks, deployPrograms } from '../deploy/deploy-programs.ts';
import type { PlayResult } from '../scenario/play-result.ts';
import { castOf, type Scenario } from '../scenario/scenario.ts';
import { observePrograms } from './observe-programs.ts';
import { DEFAULT_OUTPUT_LIMIT } from '../report/run/output-limit.ts';
import type { Repeat } from '../report/run/run-summary.ts';
import { comparePositions } from '../lab/problem.ts';
import { requireParameters } from '../lab/compose/parameters.ts';
import type { Lab } from '../lab/types.ts';
import { isUnchanged } from '../state/lab-change.ts';
import { connectAll } from '../session/connect-all.ts';
import { changedLab } from '../session/changed-lab.ts';
import { withLock, type LockedSession } from '../session/locked-session.ts';
import type { OpenedLab } from '../session/lab-file/opened-lab.ts';
import { withPeerNames } from './peer-names.ts';
import { packetRecorder, type NetworkWays } from './record-packets.ts';
import { playOnce, type FailedRun, type PlayedRun, type PortInTimeWait, type Seats, type Series } from './play-once.ts';
import { reachEarly, type EarlyShells } from '../session/reach-early.ts';
import type { Session } from '../session/session.ts';
import type { AttachedMachine } from '../providers/provider.ts';
import type { Seat } from '../seats/seat.ts';

export interface SeriesOptions {
  /** Name of the scenario; undefined: the default one, or else the first of the file. */
  readonly scenario: string | undefined;
  /** How often it is played, at least 1. */
  readonly times: number;
  /** Makes a scenario that the file does not have; then `scenario` is not looked at. */
  readonly improvise?: (opened: OpenedLab) => Scenario;
  /** Whether the packets are captured; default: as the lab file says. */
  readonly capture?: boolean;
  /** Each play has machines that are made for it. Undefined: all are played on those that are up. */
  readonly fresh?: FreshMachines | undefined;
  /** What may be stored for each program, in bytes; default 16 MiB. */
  readonly maxOutputBytes?: number | undefined;
  /** Asked when the machines are ready: seats of the users who are operators, by role. */
  readonly seats?: (
    played: { readonly scenario: Scenario; readonly lab: Lab },
    session: LockedSession,
    cleanup: CleanupStack,
  ) => Promise<ReadonlyMap<string, Seat>>;
}

/** Machines that nobody has used before. */
export interface FreshMachines {
  /** @throws {LabError} when there can be none. */
  require(session: Session): Promise<void>;
  /** Makes those of the lab again; nothing is left of what was done on them. */
  make(session: LockedSession): Promise<void>;
}

/** With more machines than this, connecting to those that the scenario does not need would cost more than it saves. */
const FEW_MACHINES = 4;

export interface RunResult {
  readonly scenario: string;
  /**
   * Of all plays together: as the first that failed, `passed` when none did, `interrupted` when the user stopped them
   * before.
   */
  readonly result: PlayResult['result'];
  readonly times: number;
  readonly passed: number;
  readonly failed: number;
  /** Of those that came to an end, from 0 to 1. */
  readonly passRate: number;
  /** Ports that were in TIME_WAIT when plays needed them, with how many failed for it; undefined when none did. */
  readonly timeWaits?: readonly (PortInTimeWait & { readonly failed: number })[];
  /** Every play, in order; fewer than `times` when the lab broke or the user stopped. */
  readonly runs: readonly PlayedRun[];
  readonly firstFailure: FailedRun | undefined;
}

/**
 * Plays a scenario on the machines that are up, and stores each play in a folder of its own.
 *
 * @throws {UsageError} for an unknown scenario. @throws {EnvironmentError} when the lab is not up, or its machines are to
 * be fresh and cannot. @throws {CheckError} when its machines changed in the file.
 */
export async function playSeries(session: Session, options: SeriesOptions): Promise<RunResult> {
  const { fresh, times } = options;
  const prepare = async (): Promise<Scenario> => {
    const opened = await session.lab();
    const scenario = options.improvise?.(opened) ?? scenarioNamed(opened, options.scenario);
    requireParameters(opened.lab.params);
    await fresh?.require(session);
    return scenario;
  };
  return withLock(session, {
    command: 'run',
    check: prepare,
    async work(locked, cleanup) {
      const early = fresh ? undefined : reachEarly(locked, cleanup, { atMost: FEW_MACHINES });
      const scenario = await prepare();
      if (options.improvise === undefined && options.scenario === undefined) await tellChoice(scenario, locked);
      const play = fresh
        ? playsOnFresh(locked, { scenario, options, fresh })
        : await playsOnOneStage(locked, { scenario, options, early }, cleanup);
      return summarise(scenario, times, await playTimes(times, play));
    },
  });
}

type Play = (repeat: Repeat | undefined) => Promise<FailedRun>;

/** What is played, and how. */
interface Plan {
  readonly scenario: Scenario;
  readonly options: SeriesOptions;
}

/** All plays on the machines as they are, with connections that the clean-up stack closes. */
async function playsOnOneStage(
  session: LockedSession,
  plan: Plan & { readonly early: EarlyShells | undefined },
  cleanup: CleanupStack,
): Promise<Play> {
  const series = await prepareSeries(session, plan, cleanup);
  return (repeat) => playOnce(session, series, repeat);
}

/** Each play on machines that are made for it. */
function playsOnFresh(session: LockedSession, { fresh, ...plan }: Plan & { readonly fresh: FreshMachines }): Play {
  return (repeat) =>
    withCleanup(async (cleanup) => {
      await fresh.make(session);
      return playOnce(session, await prepareSeries(session, plan, cleanup), repeat);
    });
}

async function prepareSeries(
  session: LockedSession,
  { scenario, options, early }: Plan & { readonly early?: EarlyShells | undefined },
  cleanup: CleanupStack,
): Promise<Series> {
  const { lab } = await session.lab();
  const { ways, ...set } = await setStage(session, { scenario, early }, cleanup);
  const seats: Seats = (await options.seats?.({ scenario, lab }, session, cleanup)) ?? new Map();
  const { capture = lab.capture ?? true, maxOutputBytes = DEFAULT_OUTPUT_LIMIT } = options;
  return { ...set, scenario, seats, record: capture ? packetRecorder(ways) : undefined, maxOutputBytes };
}

/** Plays it again and again; a lab that broke, or a user who has enough, ends the series. */
async function playTimes(times: number, play: Play): Promise<FailedRun[]> {
  const played: FailedRun[] = [];
  for (let number = 1; number <= times; number++) {
    const one = await play(times > 1 ? { number, of: times } : undefined);
    played.push(one);
    if (one.result === 'broken' || one.result === 'interrupted') break;
  }
  return played;
}

function scenarioNamed({ lab, scenarios }: OpenedLab, name: string | undefined): Scenario {
  const names = [...scenarios.keys()];
  if (names.length === 0)
    throw new UsageError(say`${basename(lab.file)} has no scenario`, {
      code: 'no-scenario',
      hint: say`Add one under "scenarios:"; "lab init --template tp1" shows how.`,
    });
  const found = scenarios.get(name ?? defaultScenario(lab));
  if (found !== undefined) return found;
  throw new UsageError(say`there is no scenario "${name!}"`, {
    code: 'unknown-scenario',
    hint: suggestion(name!, names),
  });
}

/** The name of the scenario to play when none is named: the default one, or else the first of the file. */
function defaultScenario({ scenarios }: Lab): string {
  // Names that are numbers stand before others in a map, wherever they stand in the file.
  const inOrder = [...scenarios.values()].toSorted(({ position: a }, { position: b }) => comparePositions(a, b));
  return (inOrder.find(({ isDefault }) => isDefault) ?? inOrder[0]!).name;
}

/** Says which scenario is played when none was named, and how to name another. */
async function tellChoice({ name }: Scenario, session: LockedSession): Promise<void> {
  const { lab } = await session.lab();
  const others = [...lab.scenarios.keys()].filter((other) => other !== name);
  if (others.length === 0) return;
  await session.context.events.emit({
    kind: 'notice',
    level: 'info',
    message: lab.scenarios.get(name)?.isDefault
      ? say`this plays ${name}, the default scenario`
      : say`this plays ${name}, the first scenario of the file`,
    hint: say`For another: ${others.map((other) => `lab run ${other}`).join(say`, or `)}`,
  });
}

/** Connections to the machines that the scenario needs, and its programs there. */
async function setStage(
  session: LockedSession,
  { scenario, early }: { readonly scenario: Scenario; readonly early: EarlyShells | undefined },
  cleanup: CleanupStack,
): Promise<Pick<Series, 'stage' | 'systems' | 'oneWayMs' | 'remarks'> & { readonly ways: NetworkWays }> {
  const { events, signal } = session.context;
  const { lab } = await session.lab();
  const { programs: only, machines: names } = castOf(scenario, lab);
  const { state, provider, machines } = await session.machines(names);
  const { ownsMachines: canBeFresh, sharesPrograms } = provider.features;
  if (!isUnchanged(state, lab)) throw changedLab(state, lab);
  const connected = (await early?.take(state.labId)) ?? (await connectAll(machines, cleanup, signal));
  const shells = withPeerNames(connected, machines);
  const programs = await deployPrograms(lab, shells, { events, signal, only });
  const oneWayMs = new Map(
    machines.flatMap(({ machine, facts }) =>
      facts?.clock === undefined ? [] : [[machine.name, facts.clock.roundTripMs / 2] as const],
    ),
  );
  const slowness = Math.max(...machines.map(({ slowness: times = 1 }) => times));
  const ways = {
    links: new Map(machines.flatMap(({ machine, captureLink: way }) => (way ? [[machine.name, way] as const] : []))),
    netfilter: new Map(machines.flatMap(({ machine, netfilter: way }) => (way ? [[machine.name, way] as const] : []))),
  };
  const observers = observePrograms(
    shells,
    only.map((name) => lab.programs.get(name)!),
    cleanup,
  );
  return {
    stage: {
      lab,
      shells,
      programs,
      events,
      signal,
      slowness,
      observers,
      canBeFresh,
      sharesPrograms,
      memoryKills: memoryKillsOf(machines),
    },
    systems: new Map((await session.attached())?.machines.map(({ machine, runs }) => [machine.name, runs])),
    ways,
    oneWayMs,
    remarks: buildRemarks(programs.values()),
  };
}

function summarise(scenario: Scenario, times: number, played: readonly FailedRun[]): RunResult {
  const ended = played.filter(({ result }) => result !== 'interrupted');
  const passed = ended.filter(({ result }) => result === 'passed').length;
  const ports = ended.flatMap(({ timeWait }) => timeWait ?? []);
  const firstFailure = ended.find(({ result }) => result !== 'passed');
  return {
    scenario: scenario.name,
    result: firstFailure?.result ?? (ended.length < played.length ? 'interrupted' : 'passed'),
    times,
    passed,
    failed: ended.length - passed,
    passRate: passed / Math.max(1, ended.length),
    ...(ports.length > 0 && { timeWaits: countEach(ports) }),
    runs: played.map(({ play: _play, ...short }) => short),
    firstFailure,
  };
}

/** Each of them once, with how often it came. */
function countEach(ports: readonly PortInTimeWait[]): NonNullable<RunResult['timeWaits']> {
  const groups = [...Map.groupBy(ports, ({ role, machine, port }) => [role, machine, port].join(' ')).values()];
  return groups.flatMap((same) => same.slice(0, 1).map((port) => Object.assign({ failed: same.length }, port)));
}

/** From now on. */
function memoryKillsOf(machines: readonly AttachedMachine[]): ReadonlyMap<string, () => number> {
  return new Map(
    machines.flatMap(({ machine, memoryKills: count }) => {
      if (count === undefined) return [];
      const before = count();
      return [[machine.name, () => count() - before] as const];
    }),
  );
}
