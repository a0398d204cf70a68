import { EnvironmentError, LabError, UsageError } from '../../core/errors.ts';
import { inStep } from '../../core/events.ts';
import { say } from '../../core/language/say.ts';
import type { Lab } from '../../lab/types.ts';
import type { OpenedShells } from '../opened-shells.ts';
import type { LabPlace, Making, ProviderState, SnapshotInfo, SnapshotStore, Work } from '../provider.ts';
import { prepareMachines } from './prepare-machines.ts';
import { readAcceleration } from './process/acceleration.ts';
import { endProcesses, processesOf } from './process/lab-processes.ts';
import { BOOT_STATE, isSnapshotName, listSaved, needSaved, readSaved, removeSaved, saveLab } from './saved.ts';
import { startMachines } from './start-machines.ts';

/** Snapshots as states that QEMU migrates to a file and back. */
export class QemuSnapshots implements SnapshotStore {
  readonly #opened: OpenedShells;

  constructor(opened: OpenedShells) {
    this.#opened = opened;
  }

  async keepReady(lab: Lab, place: LabPlace, work: Work): Promise<void> {
    if (readSaved(place.stateFolder, BOOT_STATE)) return;
    // What makes the next start fast must not make this one fail.
    await inStep(work.events, say`save the machines for the next "lab up"`, () =>
      saveMachines(lab, BOOT_STATE, place, work),
    ).catch((error: unknown) => {
      work.signal.throwIfAborted();
      if (!(error instanceof LabError)) throw error;
    });
  }

  async save(lab: Lab, name: string, place: LabPlace, work: Work): Promise<void> {
    if (!isSnapshotName(name) || name === BOOT_STATE) {
      throw new UsageError(say`"${name}" cannot be the name of a snapshot`, {
        code: 'snapshot-name',
        hint: say`Use letters, digits, "-", "_" and "."; "${BOOT_STATE}" is the one that lab makes itself.`,
      });
    }
    await saveMachines(lab, name, place, work);
  }

  async restore(lab: Lab, name: string, place: LabPlace, making: Making): Promise<ProviderState> {
    const saved = needSaved(place.stateFolder, name);
    const prepared = await prepareMachines(lab, place, making);
    if (saved.key !== prepared.key)
      throw new UsageError(
        say`snapshot "${name}" does not fit: images, machines, their keys or QEMU have changed since it was saved`,
        { code: 'snapshot-misfit', hint: say`Remove it: lab snapshot rm ${name}` },
      );
    await endProcesses(processesOf(place.labId).filter(({ role }) => role === 'machine'));
    const build = { ...prepared, making, opened: this.#opened, running: [] };
    return { ...(await startMachines(build, saved.acceleration, saved)) };
  }

  async list(stateFolder: string): Promise<SnapshotInfo[]> {
    return listSaved(stateFolder).map(({ name, savedAt, machines, sizeBytes }) => ({
      name,
      automatic: name === BOOT_STATE,
      savedAt,
      machines,
      sizeBytes,
    }));
  }

  async remove(stateFolder: string, name: string): Promise<void> {
    needSaved(stateFolder, name);
    removeSaved(stateFolder, name);
  }
}

/** Saves all machines under a name. @throws {EnvironmentError} when not all of them run. */
async function saveMachines(lab: Lab, name: string, place: LabPlace, work: Work): Promise<void> {
  const { plan, running, key } = await prepareMachines(lab, place, work);
  const machines = plan.machines.map(({ machine }) => machine.name);
  const gone = machines.filter((machine) => !running.includes(machine));
  if (gone.length > 0)
    throw new EnvironmentError(say`${gone.join(', ')} does not run`, {
      code: 'machine-down',
      hint: say`Run "lab up" first.`,
    });
  const { stateFolder } = place;
  const acceleration = readAcceleration(stateFolder);
  if (acceleration === undefined)
    throw new EnvironmentError(
      say`it is not known any more how the machines were started, so their state would not resume`,
      { code: 'save-failed', hint: say`Run "lab up --recreate" first.` },
    );
  await saveLab(stateFolder, { name, key, machines, savedAt: new Date().toISOString(), acceleration }, work.signal);
}
