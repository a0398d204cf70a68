import type { Lab, Machine } from '../../lab/types.ts';
import { removeOwn } from '../../state/files/own-file.ts';
import { samePlace } from '../../state/place.ts';
import { OpenedShells } from '../opened-shells.ts';
import type {
  AttachedMachine,
  CheckOptions,
  LabelledLab,
  LabPlace,
  Making,
  Provider,
  ProviderFeatures,
  ProviderState,
  Requirement,
} from '../provider.ts';
import { bringUp } from './bring-up.ts';
import { captureAt } from './capture/link.ts';
import { workFolder } from './folders.ts';
import { DEFAULT_IMAGE } from './images/known-images.ts';
import { qemuImages } from './images/qemu-images.ts';
import { qemuConsoles } from './machine-console.ts';
import { folderNow, labelledProcesses, processesOf } from './process/lab-processes.ts';
import { attached } from './reach-machine.ts';
import { readQemuState } from './qemu-state.ts';
import { toolPackages } from './process/qemu-tools.ts';
import { requirements } from './requirements.ts';
import { shutDown } from './process/shutdown.ts';
import { QemuSnapshots } from './snapshots.ts';

/**
 * Node starts in 0.05 s on a processor and in 5 s to 10 s emulated; what limits are made for is mostly such a start.
 */
const SLOWNESS_OF_EMULATION = 8;

/**
 * Real virtual machines from cloud images, without root: one QEMU process per machine, one switch process of ours per
 * lab, one machine-less QEMU per network as its gateway.
 */
export class QemuProvider implements Provider {
  readonly name = 'qemu';
  readonly features: ProviderFeatures = {
    ownsMachines: true,
    withoutSudo: false,
    sharesPrograms: false,
    system: { kind: 'image', byDefault: DEFAULT_IMAGE },
    withoutNat6: true,
  };
  readonly tools = toolPackages;
  readonly #opened = new OpenedShells();
  readonly snapshots = new QemuSnapshots(this.#opened);
  readonly images = qemuImages;
  readonly consoles = qemuConsoles;

  check(options: CheckOptions): Promise<Requirement[]> {
    return requirements(options);
  }

  async up(lab: Lab, place: LabPlace, making: Making): Promise<ProviderState> {
    return { ...(await bringUp(lab, place, making, this.#opened)) };
  }

  async attach(
    machines: readonly Machine[],
    state: ProviderState,
    { labId, stateFolder }: LabPlace,
  ): Promise<AttachedMachine[]> {
    const { ports, acceleration } = readQemuState(state);
    const running = new Map(
      processesOf(labId)
        .filter(({ role }) => role === 'machine')
        .map((process) => [process.name, process]),
    );
    const slowness = acceleration === 'tcg' ? SLOWNESS_OF_EMULATION : undefined;
    return machines.map((machine) => {
      const parts = {
        machine,
        process: running.get(machine.name),
        port: Object.hasOwn(ports, machine.name) ? ports[machine.name] : undefined,
        stateFolder,
      };
      return { ...attached(parts, this.#opened), slowness, ...captureAt(machine, machines, stateFolder) };
    });
  }

  async list(): Promise<LabelledLab[]> {
    const groups = Map.groupBy(labelledProcesses(), ({ labId }) => labId);
    return [...groups].map(([labId, members]) => ({
      labId,
      name: members[0]!.labName,
      stateFolder: members[0]!.stateFolder,
      folderNow: folderNow(members[0]!),
      pids: members.map(({ pid }) => pid),
    }));
  }

  async down({ labId, stateFolder }: LabPlace): Promise<string[]> {
    await this.#opened.closeAll();
    const ended = await shutDown(processesOf(labId));
    // `lab gc` may end a lab whose folder has another one by now.
    if (!labelledProcesses().some((member) => samePlace(folderNow(member) ?? member.stateFolder, stateFolder)))
      removeOwn(workFolder(stateFolder));
    return ended;
  }
}
