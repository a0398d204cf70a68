import { LabError, UsageError } from '../../core/errors.ts';
import { inStep } from '../../core/events.ts';
import type { Lab } from '../../lab/types.ts';
import type { OpenedShells } from '../opened-shells.ts';
import type { LabPlace, Making, ProviderState, SnapshotInfo, SnapshotStore, Work } from '../provider.ts';
import { BOOT_STATE, isSnapshotName, listSaved, needSaved, readSaved, removeSaved } from './saved.ts';
import { restoreLab, saveMachines } from './build-machines.ts';

/** Snapshots as states that QEMU migrates to a file and back. */
export class QemuSnapshots implements SnapshotStore {
  readonly #opened: OpenedShells;

  constructor(opened: OpenedShells) {
    this.#opened = opened;
  }

  async keepReady(lab: Lab, place: LabPlace, work: Work): Promise<void> {
    if (readSaved(place.stateFolder, BOOT_STATE)) return;
    // What makes the next start fast must not make this one fail.
    await inStep(work.events, 'save the machines for the next "lab up"', () =>
      saveMachines(lab, BOOT_STATE, place, work),
    ).catch((error: unknown) => {
      work.signal.throwIfAborted();
      if (!(error instanceof LabError)) throw error;
    });
  }

  async save(lab: Lab, name: string, place: LabPlace, work: Work): Promise<void> {
    if (!isSnapshotName(name) || name === BOOT_STATE) {
      throw new UsageError(`"${name}" cannot be the name of a snapshot`, {
        code: 'snapshot-name',
        hint: `Use letters, digits, "-", "_" and "."; "${BOOT_STATE}" is the one that lab makes itself.`,
      });
    }
    await saveMachines(lab, name, place, work);
  }

  async restore(lab: Lab, name: string, place: LabPlace, making: Making): Promise<ProviderState> {
    return { ...(await restoreLab(lab, name, place, { making, opened: this.#opened })) };
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
