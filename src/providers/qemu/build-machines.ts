import { join } from 'node:path';
import { EnvironmentError, UsageError } from '../../core/errors.ts';
import { inStep } from '../../core/events.ts';
import type { Lab, Machine } from '../../lab/types.ts';
import { makeOwnFolder, clearWay, removeOwn, replaceFileSync } from '../../state/files/own-file.ts';
import type { OpenedShells } from '../opened-shells.ts';
import type { ProviderContext, ProviderState } from '../provider.ts';
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
interface Build {
  readonly lab: Lab;
  readonly context: ProviderContext;
  readonly tools: QemuTools;
  readonly plan: LabPlan;
  readonly images: ReadonlyMap<string, Image>;
  /** By path of the image's disk. */
  readonly disks: ReadonlyMap<string, DiskFacts>;
  readonly key: string;
  readonly running: readonly string[];
  /** Takes the connections over which the machines were set up. */
  readonly opened: OpenedShells;
}

/** Makes the machines of the lab that do not run, from a state that was saved after their first start if there is one that fits. */
export async function bringUp(lab: Lab, context: ProviderContext, opened: OpenedShells): Promise<ProviderState> {
  const build = { ...(await prepare(lab, context)), opened };
  const saved = readSaved(context.stateFolder, BOOT_STATE);
  if (saved?.key === build.key && build.running.length === 0) {
    const resumed = await resumeOrEnd(build, saved);
    if (resumed) return resumed;
  } else if (saved && saved.key !== build.key) {
    removeSaved(context.stateFolder, BOOT_STATE);
  }
  const acceleration = await inStep(
    context.events,
    'look for hardware acceleration',
    () => chooseAcceleration(build.tools.emulator, context.signal),
    ({ name }) => name,
  );
  await tellObstacle(acceleration, context);
  return start(build, acceleration, undefined);
}

/** Puts all machines back to a state that was saved. @throws {UsageError} when there is none of that name, or it is of another configuration. */
export async function restoreLab(
  lab: Lab,
  name: string,
  context: ProviderContext,
  opened: OpenedShells,
): Promise<ProviderState> {
  const saved = needSaved(context.stateFolder, name);
  const build = await prepare(lab, context);
  if (saved.key !== build.key)
    throw new UsageError(
      `snapshot "${name}" does not fit: images, machines, their keys or QEMU have changed since it was saved`,
      { code: 'snapshot-misfit', hint: `Remove it: lab snapshot rm ${name}` },
    );
  await endProcesses(processesOf(context.labId).filter(({ role }) => role === 'machine'));
  return start({ ...build, opened, running: [] }, saved.acceleration, saved);
}

/** Saves all machines under a name. @throws {EnvironmentError} when not all of them run. */
export async function saveMachines(lab: Lab, name: string, context: ProviderContext): Promise<void> {
  const { plan, running, key } = await prepare(lab, context);
  const machines = plan.machines.map(({ machine }) => machine.name);
  const gone = machines.filter((machine) => !running.includes(machine));
  if (gone.length > 0)
    throw new EnvironmentError(`${gone.join(', ')} does not run`, {
      code: 'machine-down',
      hint: 'Run "lab up" first.',
    });
  const { stateFolder, signal } = context;
  const acceleration = readAcceleration(stateFolder);
  if (acceleration === undefined)
    throw new EnvironmentError(
      'it is not known any more how the machines were started, so their state would not resume',
      { code: 'save-failed', hint: 'Run "lab up --recreate" first.' },
    );
  await saveLab(stateFolder, { name, key, machines, savedAt: new Date().toISOString(), acceleration }, signal);
}

async function prepare(lab: Lab, context: ProviderContext): Promise<Omit<Build, 'opened'>> {
  const { stateFolder, labId, signal } = context;
  requireInterfaces(lab);
  const tools = qemuTools();
  const plan = planLab(lab);
  const running = processesOf(labId)
    .filter(({ role }) => role === 'machine')
    .map(({ name }) => name);
  const wanted = { ...plan, machines: plan.machines.filter(({ machine }) => !running.includes(machine.name)) };
  requireResources(wanted, hostResources(stateFolder));
  const images = await findImages([...lab.machines.values()], lab.folder, context);
  const [disks, version] = await Promise.all([inspectDisks(images, tools, signal), versionOf(tools.emulator, signal)]);
  requireRoom(plan, images, disks);
  // Keys that are lost while machines know them are not made anew: nobody would get in.
  if (running.length > 0) readKeys(stateFolder);
  return {
    lab,
    context,
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

async function tellObstacle({ obstacle }: Acceleration, { events }: ProviderContext): Promise<void> {
  if (obstacle === undefined) return;
  const message = `machines run by software emulation, ten to thirty times slower than with hardware (a start takes half a minute to several minutes): ${obstacle.reason}`;
  await events.emit({ kind: 'notice', level: 'warning', message, hint: obstacle.cures.join('\n') });
}

/** Undefined when the saved state would not start; it is gone then, and the machines with it. */
async function resumeOrEnd(build: Build, saved: SavedLab): Promise<ProviderState | undefined> {
  const { context } = build;
  try {
    return await start(build, saved.acceleration, saved);
  } catch (error) {
    context.signal.throwIfAborted();
    await context.events.emit({
      kind: 'notice',
      level: 'warning',
      message: `the saved state could not be resumed, so the machines start anew: ${String(error)}`,
    });
    await build.opened.closeAll();
    await endProcesses(processesOf(context.labId));
    removeSaved(context.stateFolder, saved.name);
    return undefined;
  }
}

/** From the saved state, or from the image. */
async function start(build: Build, acceleration: Acceleration, saved: SavedLab | undefined): Promise<ProviderState> {
  const { lab, context, tools, plan } = build;
  const { stateFolder, labId, journal } = context;
  await journal({ kind: 'qemu-lab', labId, folder: workFolder(stateFolder) });
  for (const folder of [workFolder(stateFolder), consoleFolder(stateFolder)]) makeOwnFolder(folder);
  writeAcceleration(stateFolder, acceleration);
  const launcher = new Launcher(context, lab.name, tools);
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
    build: { running, context },
    machine: {
      machine: { name },
    },
    saved,
  } = parts;
  if (running.includes(name)) return;
  await inStep(
    context.events,
    `${saved ? 'resume' : 'start'} ${name}`,
    (progress) => startAndWait(parts, progress),
    describeStages,
  );
}

async function startAndWait(
  { build, machine: plan, launcher, acceleration, saved, ports }: MachineStart,
  progress: (note: string) => void,
): Promise<ReadonlyMap<Stage, number>> {
  const { context, images } = build;
  const { stateFolder, signal } = context;
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
  if (complaint !== undefined) await tellComplaint(machine.name, complaint, saved !== undefined, context);
  replaceFileSync(readyMark(stateFolder, machine.name), '', { durable: false });
  return stages;
}

/** It runs and can be reached; whether it lacks anything is for the user to judge. */
async function tellComplaint(
  machine: string,
  complaint: string,
  isResumed: boolean,
  { events }: ProviderContext,
): Promise<void> {
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
  { context, lab, plan: { networks }, images, disks, tools }: Build,
  { machine, nics }: MachinePlan,
  saved: SavedLab | undefined,
): Promise<void> {
  const { stateFolder, labId, signal } = context;
  const file = join(workFolder(stateFolder), machine.name);
  const { disk } = images.get(machine.name)!;
  for (const left of [`${file}.qcow2`, readyMark(stateFolder, machine.name)]) removeOwn(left);
  const base = saved
    ? { base: savedDisk(stateFolder, saved.name, machine.name), format: 'qcow2', sizeMiB: undefined }
    : { base: disk, format: disks.get(disk)?.format ?? 'raw', sizeMiB: machine.diskMiB };
  await makeOverlay(tools, { ...base, overlay: `${file}.qcow2` }, signal);
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
function writeKnownHosts({ plan, context: { stateFolder } }: Build): void {
  const machines = plan.machines.map(({ machine }) => machine);
  replaceFileSync(
    knownHostsFile(stateFolder),
    knownHosts(machines, (name) => hostKeyOf(stateFolder, name).publicKey),
    { durable: false },
  );
}
