import { withCleanup } from '../../core/cleanup.ts';
import { EnvironmentError } from '../../core/errors.ts';
import { inStep } from '../../core/events.ts';
import type { Provider, ProviderContext, SnapshotInfo, SnapshotStore } from '../../providers/provider.ts';
import { stateFolderFor } from '../../state/state-folder.ts';
import { openJournal } from '../../state/journal.ts';
import { readState, stateOf, writeState, type LabState } from '../../state/state.ts';
import { connectAll, notUp } from '../../session/attach.ts';
import { readOwnState } from '../../session/belonging.ts';
import type { CommandContext } from '../../session/context.ts';
import { withLockedLab } from '../../session/locked-lab.ts';
import { openLab } from '../../session/open-lab.ts';
import { providerContext } from '../../session/provider-context.ts';

/** Saves all machines of the lab that is up, under a name. @throws {EnvironmentError} when it is not up, or its provider cannot. */
export async function saveSnapshot(context: CommandContext, name: string): Promise<{ readonly saved: string }> {
  const { lab } = await openLab(context);
  await withLockedLab(context, 'snapshot save', async (stateFolder) => {
    const { state, store } = await snapshotsOf(context, stateFolder);
    await inStep(context.events, `save ${name}`, () => store.save(lab, name, placeOf(context, state, stateFolder)));
  });
  return { saved: name };
}

/** Brings all machines back as they were when the snapshot was saved. Throws as `saveSnapshot`, and for a name that is not there. */
export async function restoreSnapshot(context: CommandContext, name: string): Promise<{ readonly restored: string }> {
  const { lab } = await openLab(context);
  await withLockedLab(context, 'snapshot restore', (stateFolder) =>
    withCleanup(async (connections) => {
      const { state, store } = await snapshotsOf(context, stateFolder);
      const place = placeOf(context, state, stateFolder);
      const providerState = await store.restore(lab, name, place);
      await writeState(stateFolder, { ...stateOf(lab, state.labId, providerState), createdAt: state.createdAt });
      const machines = await (
        await context.providers.named(state.provider)
      ).attach(state.machines, providerState, place);
      await inStep(
        context.events,
        'reach the machines',
        () => connectAll(machines, connections, context.signal),
        ({ size }) => `${size} of ${machines.length} answer`,
      );
    }),
  );
  return { restored: name };
}

/** The snapshots of this lab, up or not. */
export async function listSnapshots(context: CommandContext): Promise<{ readonly snapshots: readonly SnapshotInfo[] }> {
  const stateFolder = stateFolderFor(context.labFile);
  const { snapshots } = await providerOf(context, stateFolder);
  return { snapshots: (await snapshots?.list(stateFolder)) ?? [] };
}

/** @throws {UsageError} for a name that is not there. */
export async function removeSnapshot(context: CommandContext, name: string): Promise<{ readonly removed: string }> {
  await withLockedLab(context, 'snapshot rm', async (stateFolder) =>
    storeOf(await providerOf(context, stateFolder)).remove(stateFolder, name),
  );
  return { removed: name };
}

async function snapshotsOf(
  { providers }: CommandContext,
  stateFolder: string,
): Promise<{ readonly state: LabState; readonly store: SnapshotStore }> {
  const state = await readOwnState(stateFolder, providers);
  if (state === undefined) throw await notUp(stateFolder, providers);
  return { state, store: storeOf(await providers.named(state.provider)) };
}

/** Of the lab that is up, or else of the one that the lab file describes. */
async function providerOf(context: CommandContext, stateFolder: string): Promise<Provider> {
  const state = await readState(stateFolder);
  return context.providers.named(state?.provider ?? (await openLab(context)).lab.provider);
}

function storeOf({ snapshots, name }: Provider): SnapshotStore {
  if (!snapshots)
    throw new EnvironmentError(`machines of ${name} cannot be saved`, {
      code: 'no-snapshots',
      hint: 'Use --provider qemu.',
    });
  return snapshots;
}

function placeOf(context: CommandContext, { labId }: LabState, stateFolder: string): ProviderContext {
  return providerContext(context, { labId, stateFolder }, openJournal(stateFolder));
}
