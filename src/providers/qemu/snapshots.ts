import { LabError, UsageError } from '../../core/errors.ts';
import { inStep } from '../../core/events.ts';
import type { Lab } from '../../lab/types.ts';
import type { OpenedShells } from '../opened-shells.ts';
import type { ProviderContext, ProviderState, SnapshotInfo, SnapshotStore } from '../provider.ts';
import { BOOT_STATE, isSnapshotName, listSaved, needSaved, readSaved, removeSaved } from './saved.ts';
import { restoreLab, saveMachines } from './build-machines.ts';

/** Snapshots as states that QEMU migrates to a file and back. */
export class QemuSnapshots implements SnapshotStore {
  readonly #opened: OpenedShells;

  constructor(opened: OpenedShells) {
    this.#opened = opened;
  }

  async keepReady(lab: Lab, context: ProviderContext): Promise<void> {
    if (readSaved(context.stateFolder, BOOT_STATE)) return;
    // What makes the next start fast must not make this one fail.
    await inStep(context.events, 'save the machines for the next "lab up"', () =>
      saveMachines(lab, BOOT_STATE, context),
    ).catch((error: unknown) => {
      context.signal.throwIfAborted();
      if (!(error instanceof LabError)) throw error;
    });
  }

  async save(lab: Lab, name: string, context: ProviderContext): Promise<void> {
    if (!isSnapshotName(name) || name === BOOT_STATE) {
      throw new UsageError(`"${name}" cannot be the name of a snapshot`, {
        code: 'snapshot-name',
        hint: `Use letters, digits, "-", "_" and "."; "${BOOT_STATE}" is the one that lab makes itself.`,
      });
    }
    await saveMachines(lab, name, context);
  }

  restore(lab: Lab, name: string, context: ProviderContext): Promise<ProviderState> {
    return restoreLab(lab, name, context, this.#opened);
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
