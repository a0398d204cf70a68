import { inStep, type EventSink } from '../../core/events.ts';
import { say } from '../../core/language/say.ts';
import type { Machine } from '../../lab/types.ts';
import type { Shell } from '../../ssh/shell.ts';
import { clearWay, makeOwnFolder, replaceFileSync } from '../../state/files/own-file.ts';
import { knownHosts } from '../peer-files.ts';
import type { Making } from '../provider.ts';
import { describeStages, waitUntilReady, type BootStage, type Watched } from './boot-progress.ts';
import { consoleFolder, consoleLog, readyMark, workFolder } from './folders.ts';
import { layDisks } from './lay-disks.ts';
import { hostKeyOf } from './machine-keys.ts';
import { nicForSsh, type LabPlan, type MachinePlan } from './machine-plan.ts';
import type { Build } from './prepared.ts';
import { writeAcceleration, type Acceleration } from './process/acceleration.ts';
import { forwardSsh } from './process/gateway.ts';
import { Launcher } from './process/launch.ts';
import { hasSlirp, type SlirpNetwork } from './process/qemu-arguments.ts';
import type { QemuState } from './qemu-state.ts';
import { connectMachine, knownHostsFile } from './reach-machine.ts';
import { resume, stateFile, type SavedLab } from './saved.ts';
import { limitFiles, LIMITS_SCRIPT, unkeptLimits } from './seed/limits.ts';

/**
 * Starts the machines that do not run, from the saved state or from the image, with the switch and the gateways of
 * their networks.
 */
export async function startMachines(
  build: Build,
  acceleration: Acceleration,
  saved: SavedLab | undefined,
): Promise<QemuState> {
  const { lab, place, making, tools, plan } = build;
  const { stateFolder, labId } = place;
  await making.journal.append({ kind: 'qemu-lab', labId, folder: workFolder(stateFolder) });
  for (const folder of [workFolder(stateFolder), consoleFolder(stateFolder)]) makeOwnFolder(folder);
  writeAcceleration(stateFolder, acceleration);
  const launcher = new Launcher(place, making, lab.name, tools);
  await launcher.startSwitch(plan);
  writeKnownHosts(build);
  await tellOwnCards(plan, making);
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

/** Machines with a card that lab.yaml does not have: who looks at their interfaces should not wonder. */
async function tellOwnCards({ machines, networks }: LabPlan, { events }: Making): Promise<void> {
  const cards = machines.flatMap(({ machine, nics }) =>
    nics.filter(({ network }) => networks.get(network)?.isOurs).map((nic) => `${machine.name} (${nic.name})`),
  );
  if (cards.length === 0) return;
  await events.emit({
    kind: 'notice',
    level: 'info',
    message: say`lab reaches ${cards.join(', ')} over one more interface, because no network of lab.yaml leads there from this host; machines do not meet on it`,
    hint: say`Machines of --provider netns have none: lab enters them without a network.`,
  });
}

/** Ports of this host that lead to the machines, by name. */
async function openGateways(launcher: Launcher, plan: LabPlan): Promise<ReadonlyMap<string, number>> {
  const networks = [...plan.networks.values()].filter(hasSlirp);
  const found = await Promise.all(networks.map((network) => openGateway(launcher, plan, network)));
  return new Map(found.flat());
}

/** Ports to the machines that are reached over the network. */
async function openGateway(launcher: Launcher, plan: LabPlan, network: SlirpNetwork): Promise<[string, number][]> {
  const gateway = await launcher.startGateway(network);
  try {
    const ports: [string, number][] = [];
    for (const machine of plan.machines) {
      const nic = nicForSsh(machine, plan);
      if (nic?.network === network.name) ports.push([machine.machine.name, await forwardSsh(gateway, nic.address)]);
    }
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
  /** The gateways start at the same time as the machines, which take longer. */
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
    saved ? say`resume ${name}` : say`start ${name}`,
    (progress) => startAndWait(parts, progress),
    describeStages,
  );
}

async function startAndWait(
  { build, machine: plan, launcher, acceleration, saved, ports }: MachineStart,
  progress: (note: string) => void,
): Promise<ReadonlyMap<BootStage, number>> {
  const { images, making } = build;
  const { stateFolder } = build.place;
  const { events, signal } = making;
  const { machine } = plan;
  const startedMs = performance.now();
  const stages = new Map<BootStage, number>();
  const onStage = (stage: BootStage): void => {
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
  if (saved === undefined) await tellUnkeptLimits(machine, shell, making);
  replaceFileSync(readyMark(stateFolder, machine.name), '', { durable: false });
  return stages;
}

/** It runs and can be reached; whether it lacks anything is for the user to judge. */
async function tellComplaint(machine: string, complaint: string, isResumed: boolean, events: EventSink): Promise<void> {
  const [message, hint] = isResumed
    ? [say`the clock of ${machine} could not be set after its rest: ${complaint}`, `lab exec ${machine} -- date`]
    : [
        say`cloud-init on ${machine} ended with "${complaint}", so it may lack something of its set-up`,
        `lab exec ${machine} -- sudo tail -n 100 /var/log/cloud-init.log`,
      ];
  await events.emit({ kind: 'notice', level: 'warning', message, hint });
}

/** A command there takes seconds where each instruction is emulated. */
const LOOK_TIMEOUT_MS = 60_000;

/** What a machine's own system has to set at each login, and does not. */
async function tellUnkeptLimits(machine: Machine, shell: Shell, { events, signal }: Making): Promise<void> {
  if (limitFiles(machine).length === 0) return;
  const { stdout } = await shell.exec({ script: LIMITS_SCRIPT }, { timeoutMs: LOOK_TIMEOUT_MS, signal });
  const unkept = unkeptLimits(machine, stdout);
  if (unkept.length === 0) return;
  await events.emit({
    kind: 'notice',
    level: 'warning',
    message: say`not kept on ${machine.name}: ${unkept.join(', ')}: its system sets no limits at login`,
    hint: say`Use an image with PAM (pam_limits), as Ubuntu and Debian have it, or --provider netns.`,
  });
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
