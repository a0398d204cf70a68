import { join } from 'node:path';
import { EnvironmentError, UsageError } from '../../core/errors.ts';
import { inStep, type EventSink } from '../../core/events.ts';
import type { Lab, Machine } from '../../lab/types.ts';
import { makeOwnFolder, clearWay, removeOwn, replaceFileSync } from '../../state/files/own-file.ts';
import type { OpenedShells } from '../opened-shells.ts';
import type { LabPlace, Making, Work } from '../provider.ts';
import { chooseAcceleration, readAcceleration, writeAcceleration, type Acceleration } from './process/acceleration.ts';
import { consoleFolder, consoleLog, readyMark, workFolder } from './folders.ts';
import { fitKey } from './fit-key.ts';
import { forwardSsh } from './process/gateway.ts';
import { findImages } from './images/find-image.ts';
import type { Image } from './images/image-store.ts';
import { ensureKeys, readKeys } from '../lab-keys.ts';
import { knownHosts } from '../peer-files.ts';
import { hostKeyOf, keysInside } from './machine-keys.ts';
import { Launcher } from './process/launch.ts';
import { planLab, type LabPlan, type MachinePlan } from './machine-plan.ts';
import { endProcesses, processesOf } from './process/lab-processes.ts';
import { connectMachine, knownHostsFile } from './reach-machine.ts';
import { describeStages, waitUntilReady, type Stage, type Watched } from './boot-progress.ts';
import { hostResources, requireResources, requireRoom } from './resources.ts';
import {
  BOOT_STATE,
  needSaved,
  readSaved,
  removeSaved,
  resume,
  savedDisk,
  saveLab,
  stateFile,
  type SavedLab,
} from './saved.ts';
import type { QemuState } from './qemu-state.ts';
import { seedFiles, type SeedKeys } from './seed/seed.ts';
import { isoImage } from './seed/iso9660.ts';
import {
  inspectDisk,
  makeOverlay,
  qemuTools,
  versionOf,
  type DiskFacts,
  type QemuTools,
} from './process/qemu-tools.ts';

/** All that is known before anything is made. */
interface Prepared {
  readonly lab: Lab;
  readonly place: LabPlace;
  readonly tools: QemuTools;
  readonly plan: LabPlan;
  readonly images: ReadonlyMap<string, Image>;
  /** By path of the image's disk. */
  readonly disks: ReadonlyMap<string, DiskFacts>;
  readonly key: string;
  readonly running: readonly string[];
}

/** What makes it. */
interface Build extends Prepared {
  readonly making: Making;
  /** Takes the connections over which the machines were set up. */
  readonly opened: OpenedShells;
}

/** Makes the machines of the lab that do not run, from a state that was saved after their first start if there is one that fits. */
export async function bringUp(lab: Lab, place: LabPlace, making: Making, opened: OpenedShells): Promise<QemuState> {
  const { stateFolder } = place;
  const build = { ...(await prepare(lab, place, making)), making, opened };
  const saved = readSaved(stateFolder, BOOT_STATE);
  if (saved?.key === build.key && build.running.length === 0) {
    const resumed = await resumeOrEnd(build, saved);
    if (resumed) return resumed;
  } else if (saved && saved.key !== build.key) {
    removeSaved(stateFolder, BOOT_STATE);
  }
  const acceleration = await inStep(
    making.events,
    'look for hardware acceleration',
    () => chooseAcceleration(build.tools.emulator, making.signal),
    ({ name }) => name,
  );
  await tellObstacle(acceleration, making.events);
  return start(build, acceleration, undefined);
}

/** Puts all machines back to a state that was saved. @throws {UsageError} when there is none of that name, or it is of another configuration. */
export async function restoreLab(
  lab: Lab,
  name: string,
  place: LabPlace,
  { making, opened }: Pick<Build, 'making' | 'opened'>,
): Promise<QemuState> {
  const saved = needSaved(place.stateFolder, name);
  const build = await prepare(lab, place, making);
  if (saved.key !== build.key)
    throw new UsageError(
      `snapshot "${name}" does not fit: images, machines, their keys or QEMU have changed since it was saved`,
      { code: 'snapshot-misfit', hint: `Remove it: lab snapshot rm ${name}` },
    );
  await endProcesses(processesOf(place.labId).filter(({ role }) => role === 'machine'));
  return start({ ...build, making, opened, running: [] }, saved.acceleration, saved);
}

/** Saves all machines under a name. @throws {EnvironmentError} when not all of them run. */
export async function saveMachines(lab: Lab, name: string, place: LabPlace, work: Work): Promise<void> {
  const { plan, running, key } = await prepare(lab, place, work);
  const machines = plan.machines.map(({ machine }) => machine.name);
  const gone = machines.filter((machine) => !running.includes(machine));
  if (gone.length > 0)
    throw new EnvironmentError(`${gone.join(', ')} does not run`, {
      code: 'machine-down',
      hint: 'Run "lab up" first.',
    });
  const { stateFolder } = place;
  const acceleration = readAcceleration(stateFolder);
  if (acceleration === undefined)
    throw new EnvironmentError(
      'it is not known any more how the machines were started, so their state would not resume',
      { code: 'save-failed', hint: 'Run "lab up --recreate" first.' },
    );
  await saveLab(stateFolder, { name, key, machines, savedAt: new Date().toISOString(), acceleration }, work.signal);
}

async function prepare(lab: Lab, place: LabPlace, work: Work): Promise<Prepared> {
  const { stateFolder, labId } = place;
  const { signal } = work;
  requireInterfaces(lab);
  const tools = qemuTools();
  const plan = planLab(lab);
  const running = processesOf(labId)
    .filter(({ role }) => role === 'machine')
    .map(({ name }) => name);
  const wanted = { ...plan, machines: plan.machines.filter(({ machine }) => !running.includes(machine.name)) };
  requireResources(wanted, hostResources(stateFolder));
  const images = await findImages([...lab.machines.values()], lab.folder, work);
  const [disks, version] = await Promise.all([inspectDisks(images, tools, signal), versionOf(tools.emulator, signal)]);
  requireRoom(plan, images, disks);
  // Keys that are lost while machines know them are not made anew: nobody would get in.
  if (running.length > 0) readKeys(stateFolder);
  return {
    lab,
    place,
    tools,
    plan,
    images,
    disks,
    running,
    key: fitKey(plan, images, {
      emulator: `${tools.emulator.path} ${version}`,
      keys: keysInside(stateFolder, [...lab.machines.keys()]),
      peers: lab.ssh === 'peers',
    }),
  };
}

/** @throws {EnvironmentError} for an image that is broken, cut off or none at all. */
async function inspectDisks(
  images: ReadonlyMap<string, Image>,
  { imageTool }: QemuTools,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, DiskFacts>> {
  const disks = [...new Set([...images.values()].map(({ disk }) => disk))];
  return new Map(
    await Promise.all(disks.map(async (disk) => [disk, await inspectDisk(imageTool, disk, signal)] as const)),
  );
}

/** The only way in is by the network. */
function requireInterfaces({ machines }: Lab): void {
  const alone = [...machines.values()].filter(({ interfaces }) => interfaces.length === 0).map(({ name }) => name);
  if (alone.length > 0)
    throw new UsageError(`${alone.join(', ')} has no interface, so nothing could reach it`, {
      code: 'no-interface',
      hint: 'Give it one in lab.yaml: interfaces: { eth0: 192.168.100.4 }',
    });
}

async function tellObstacle({ obstacle }: Acceleration, events: EventSink): Promise<void> {
  if (obstacle === undefined) return;
  const message = `machines run by software emulation, ten to thirty times slower than with hardware (a start takes half a minute to several minutes): ${obstacle.reason}`;
  await events.emit({ kind: 'notice', level: 'warning', message, hint: obstacle.cures.join('\n') });
}

/** Undefined when the saved state would not start; it is gone then, and the machines with it. */
async function resumeOrEnd(build: Build, saved: SavedLab): Promise<QemuState | undefined> {
  const { place, making } = build;
  try {
    return await start(build, saved.acceleration, saved);
  } catch (error) {
    making.signal.throwIfAborted();
    await making.events.emit({
      kind: 'notice',
      level: 'warning',
      message: `the saved state could not be resumed, so the machines start anew: ${String(error)}`,
    });
    await build.opened.closeAll();
    await endProcesses(processesOf(place.labId));
    removeSaved(place.stateFolder, saved.name);
    return undefined;
  }
}

/** From the saved state, or from the image. */
async function start(build: Build, acceleration: Acceleration, saved: SavedLab | undefined): Promise<QemuState> {
  const { lab, place, making, tools, plan } = build;
  const { stateFolder, labId } = place;
  await making.journal.append({ kind: 'qemu-lab', labId, folder: workFolder(stateFolder) });
  for (const folder of [workFolder(stateFolder), consoleFolder(stateFolder)]) makeOwnFolder(folder);
  writeAcceleration(stateFolder, acceleration);
  const launcher = new Launcher(place, making, lab.name, tools);
  await launcher.startSwitch(plan);
  writeKnownHosts(build);
  const opening = openGateways(launcher, plan);
  const starting = plan.machines.map((machine) =>
    startMachine({ build, machine, launcher, acceleration, saved, ports: opening }),
  );
  const [ports] = await Promise.all([opening, ...starting]).catch(async (error: unknown) => {
    await build.opened.closeAll();
    throw error;
  });
  return { ports: Object.fromEntries(ports), acceleration: acceleration.name };
}

/** Ports of this host that lead to the machines, by name. */
async function openGateways(launcher: Launcher, plan: LabPlan): Promise<ReadonlyMap<string, number>> {
  const found = await Promise.all([...plan.networks.keys()].map((network) => openGateway(launcher, plan, network)));
  return new Map(found.flat());
}

/** Those to the machines whose first interface is in the network. */
async function openGateway(launcher: Launcher, plan: LabPlan, name: string): Promise<[string, number][]> {
  const gateway = await launcher.startGateway(plan.networks.get(name)!);
  try {
    const ports: [string, number][] = [];
    for (const { machine, nics } of plan.machines)
      if (nics[0]?.network === name) ports.push([machine.name, await forwardSsh(gateway, nics[0].address)]);
    return ports;
  } finally {
    gateway.close();
  }
}

interface MachineStart {
  readonly build: Build;
  readonly machine: MachinePlan;
  readonly launcher: Launcher;
  readonly acceleration: Acceleration;
  readonly saved: SavedLab | undefined;
  /** The gateways start beside the machines, which take longer. */
  readonly ports: Promise<ReadonlyMap<string, number>>;
}

async function startMachine(parts: MachineStart): Promise<void> {
  const {
    build: { running, making },
    machine: {
      machine: { name },
    },
    saved,
  } = parts;
  if (running.includes(name)) return;
  await inStep(
    making.events,
    `${saved ? 'resume' : 'start'} ${name}`,
    (progress) => startAndWait(parts, progress),
    describeStages,
  );
}

async function startAndWait(
  { build, machine: plan, launcher, acceleration, saved, ports }: MachineStart,
  progress: (note: string) => void,
): Promise<ReadonlyMap<Stage, number>> {
  const { images, making } = build;
  const { stateFolder } = build.place;
  const { events, signal } = making;
  const { machine } = plan;
  const startedMs = performance.now();
  const stages = new Map<Stage, number>();
  const onStage = (stage: Stage): void => {
    stages.set(stage, performance.now() - startedMs);
    progress(describeStages(stages));
  };
  await layDisks(build, plan, saved);
  // A resumed machine goes on with what it said before.
  if (saved) clearWay(consoleLog(stateFolder, machine.name));
  else replaceFileSync(consoleLog(stateFolder, machine.name), '', { durable: false });
  const process = await launcher.startMachine({
    plan,
    acceleration,
    boot: images.get(machine.name)?.boot,
    stateFile: saved && stateFile(stateFolder, saved.name, machine.name),
  });
  onStage('process');
  if (saved) await resume(stateFolder, machine.name, signal);
  const port = (await ports).get(machine.name) ?? 0;
  const connect: Watched['connect'] = (until, greeted) =>
    connectMachine({ machine, process, port, stateFolder }, until, greeted);
  const { shell, complaint } = await waitUntilReady({
    machine: machine.name,
    process,
    port,
    stateFolder,
    signal,
    connect,
    onStage,
    isResumed: saved !== undefined,
    timeoutMs: bootTimeoutMs(acceleration),
  });
  build.opened.keep(shell);
  if (complaint !== undefined) await tellComplaint(machine.name, complaint, saved !== undefined, events);
  replaceFileSync(readyMark(stateFolder, machine.name), '', { durable: false });
  return stages;
}

/** It runs and can be reached; whether it lacks anything is for the user to judge. */
async function tellComplaint(machine: string, complaint: string, isResumed: boolean, events: EventSink): Promise<void> {
  const [message, hint] = isResumed
    ? [`the clock of ${machine} could not be set after its rest: ${complaint}`, `lab exec ${machine} -- date`]
    : [
        `cloud-init on ${machine} ended with "${complaint}", so it may lack something of its set-up`,
        `lab exec ${machine} -- sudo tail -n 100 /var/log/cloud-init.log`,
      ];
  await events.emit({ kind: 'notice', level: 'warning', message, hint });
}

/** A disk of its own over the image (or over what was saved of it), and the seed. */
async function layDisks(
  { place, making, lab, plan: { networks }, images, disks, tools }: Build,
  { machine, nics }: MachinePlan,
  saved: SavedLab | undefined,
): Promise<void> {
  const { stateFolder, labId } = place;
  const file = join(workFolder(stateFolder), machine.name);
  const { disk } = images.get(machine.name)!;
  for (const left of [`${file}.qcow2`, readyMark(stateFolder, machine.name)]) removeOwn(left);
  const base = saved
    ? { base: savedDisk(stateFolder, saved.name, machine.name), format: 'qcow2', sizeMiB: undefined }
    : { base: disk, format: disks.get(disk)?.format ?? 'raw', sizeMiB: machine.diskMiB };
  await makeOverlay(tools, { ...base, overlay: `${file}.qcow2` }, making.signal);
  const seed = seedFiles({
    machine,
    lab,
    nics,
    networks,
    instanceId: `${labId}-${machine.name}`,
    keys: seedKeys(lab, machine, stateFolder),
  });
  replaceFileSync(`${file}.iso`, isoImage('cidata', seed, new Date()), { durable: false });
}

/** What a machine needs to know, and nothing of which the private half is not its own. */
function seedKeys(lab: Lab, { name }: Machine, stateFolder: string): SeedKeys {
  const { user, clientKey } = ensureKeys(stateFolder);
  const peers = lab.ssh === 'peers' ? [...lab.machines.keys()] : [];
  return {
    host: hostKeyOf(stateFolder, name),
    client: peers.length === 0 ? undefined : clientKey(name),
    authorized: [user.publicKey, ...peers.map((peer) => clientKey(peer).publicKey)],
    knownHosts: knownHosts(lab.machines.values(), (peer) => hostKeyOf(stateFolder, peer).publicKey),
  };
}

const bootTimeoutsMs = { kvm: 180_000, hvf: 180_000, tcg: 900_000 } as const;

/** The user may set another, in seconds. */
function bootTimeoutMs({ name }: Acceleration): number {
  const seconds = Number(process.env['LAB_BOOT_TIMEOUT']);
  return seconds > 0 ? seconds * 1000 : bootTimeoutsMs[name];
}

/** For OpenSSH's own client. */
function writeKnownHosts({ plan, place: { stateFolder } }: Build): void {
  const machines = plan.machines.map(({ machine }) => machine);
  replaceFileSync(
    knownHostsFile(stateFolder),
    knownHosts(machines, (name) => hostKeyOf(stateFolder, name).publicKey),
    { durable: false },
  );
}
