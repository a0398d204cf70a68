import type { Lab, Machine } from '../../lab/types.ts';
import { removeOwn } from '../../state/files/own-file.ts';
import { samePlace } from '../../state/place.ts';
import { OpenedShells } from '../opened-shells.ts';
import type {
  AttachedMachine,
  CheckContext,
  LabelledLab,
  Provider,
  ProviderContext,
  ProviderFeatures,
  ProviderState,
  Requirement,
} from '../provider.ts';
import { captureAt } from './capture/link.ts';
import { workFolder } from './folders.ts';
import { qemuImages } from './images/qemu-images.ts';
import { qemuConsoles } from './machine-console.ts';
import { folderNow, labelledProcesses, processesOf } from './process/lab-processes.ts';
import { attached } from './reach-machine.ts';
import { requirements } from './requirements.ts';
import { shutDown } from './process/shutdown.ts';
import { QemuSnapshots } from './snapshots.ts';
import { bringUp } from './build-machines.ts';

/** Node starts in 0.05 s on a processor and in 5 s to 10 s emulated; what limits are made for is mostly such a start. */
const SLOWNESS_OF_EMULATION = 8;

/**
 * Real virtual machines from cloud images, without root: one QEMU process per machine, one switch process of ours per lab, one machine-less QEMU per
 * network as its gateway.
 */
export class QemuProvider implements Provider {
  readonly name = 'qemu';
  readonly features: ProviderFeatures = { ownsMachines: true, withoutSudo: false };
  readonly #opened = new OpenedShells();
  readonly snapshots = new QemuSnapshots(this.#opened);
  readonly images = qemuImages;
  readonly consoles = qemuConsoles;

  check(context: CheckContext): Promise<Requirement[]> {
    return requirements(context);
  }

  up(lab: Lab, context: ProviderContext): Promise<ProviderState> {
    return bringUp(lab, context, this.#opened);
  }

  async attach(
    machines: readonly Machine[],
    state: ProviderState,
    context: ProviderContext,
  ): Promise<AttachedMachine[]> {
    const running = new Map(
      processesOf(context.labId)
        .filter(({ role }) => role === 'machine')
        .map((process) => [process.name, process]),
    );
    const ports = new Map(Object.entries(state['ports'] ?? {}).filter(isPort));
    const slowness = state['acceleration'] === 'tcg' ? SLOWNESS_OF_EMULATION : undefined;
    return machines.map((machine) => {
      const parts = {
        machine,
        process: running.get(machine.name),
        port: ports.get(machine.name),
        stateFolder: context.stateFolder,
      };
      return { ...attached(parts, this.#opened), slowness, ...captureAt(machine, machines, context.stateFolder) };
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

  async down(labId: string, { stateFolder }: ProviderContext): Promise<string[]> {
    await this.#opened.closeAll();
    const ended = await shutDown(processesOf(labId));
    // `lab gc` may end a lab whose folder has another one by now.
    if (!labelledProcesses().some((member) => samePlace(folderNow(member) ?? member.stateFolder, stateFolder)))
      removeOwn(workFolder(stateFolder));
    return ended;
  }
}

/** What was stored under the name of a machine, if a port can be that. */
function isPort(entry: [string, unknown]): entry is [string, number] {
  return Number.isInteger(entry[1]) && Number(entry[1]) > 0 && Number(entry[1]) <= 65_535;
}
