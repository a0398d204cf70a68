import { EnvironmentError } from '../../core/errors.ts';
import { inStep } from '../../core/events.ts';
import { say } from '../../core/language/say.ts';
import { flagsFor } from '../../providers/ability.ts';
import type { LabPlace, Provider, SnapshotInfo, SnapshotStore } from '../../providers/provider.ts';
import { connectAll } from '../../session/connect-all.ts';
import type { CommandContext } from '../../session/context.ts';
import { withLock, type LockedSession } from '../../session/locked-session.ts';
import { makingOf, workOf } from '../../session/provider-means.ts';
import { openSession } from '../../session/open-session.ts';
import type { Session } from '../../session/session.ts';
import { stateOf, type LabState } from '../../state/state.ts';

/**
 * Saves all machines of the lab that is up, under a name.
 *
 * @throws {EnvironmentError} when it is not up, or its provider cannot.
 */
export async function saveSnapshot(context: CommandContext, name: string): Promise<{ readonly saved: string }> {
  const session = openSession(context);
  await withLock(session, {
    command: 'snapshot save',
    check: () => session.lab(),
    async work(locked) {
      const { lab } = await locked.lab();
      const { state, store } = await upWithStore(locked);
      await inStep(context.events, say`save ${name}`, () =>
        store.save(lab, name, placeOf(locked, state), workOf(context)),
      );
    },
  });
  return { saved: name };
}

/**
 * Brings all machines back as they were when the snapshot was saved. Throws as `saveSnapshot`, and for a name that is
 * not there.
 */
export async function restoreSnapshot(context: CommandContext, name: string): Promise<{ readonly restored: string }> {
  const session = openSession(context);
  await withLock(session, {
    command: 'snapshot restore',
    check: () => session.lab(),
    async work(locked, cleanup) {
      const { lab } = await locked.lab();
      const { state, provider, store } = await upWithStore(locked);
      const place = placeOf(locked, state);
      const making = makingOf(locked);
      const providerState = await store.restore(lab, name, place, making);
      await locked.keepState({ ...stateOf(lab, state.labId, providerState), createdAt: state.createdAt });
      const machines = await provider.attach(state.machines, providerState, place, making.login);
      await inStep(
        context.events,
        say`reach the machines`,
        () => connectAll(machines, cleanup, context.signal),
        ({ size }) => say`${size} of ${machines.length} answer`,
      );
    },
  });
  return { restored: name };
}

/** The snapshots of this lab, up or not. */
export async function listSnapshots(context: CommandContext): Promise<{ readonly snapshots: readonly SnapshotInfo[] }> {
  const session = openSession(context);
  const { snapshots } = await providerOf(session);
  return { snapshots: (await snapshots?.list(session.stateFolder)) ?? [] };
}

/** @throws {UsageError} for a name that is not there. */
export async function removeSnapshot(context: CommandContext, name: string): Promise<{ readonly removed: string }> {
  await withLock(openSession(context), {
    command: 'snapshot rm',
    async work(locked) {
      const store = await storeOf(await providerOf(locked), locked);
      await store.remove(locked.stateFolder, name);
    },
  });
  return { removed: name };
}

interface UpWithStore {
  readonly state: LabState;
  readonly provider: Provider;
  readonly store: SnapshotStore;
}

async function upWithStore(session: Session): Promise<UpWithStore> {
  const state = await session.state();
  if (state === undefined) throw await session.notUp();
  const provider = await session.providers.named(state.provider);
  return { state, provider, store: await storeOf(provider, session) };
}

/** Of the lab that is up, or else of the one that the lab file describes. */
async function providerOf(session: Session): Promise<Provider> {
  const state = await session.savedState();
  return session.providers.named(state?.provider ?? (await session.lab()).lab.provider);
}

async function storeOf({ snapshots, name }: Provider, { providers }: Session): Promise<SnapshotStore> {
  if (snapshots) return snapshots;
  throw new EnvironmentError(say`machines of ${name} cannot be saved`, {
    code: 'no-snapshots',
    hint: say`Use ${await flagsFor('snapshots', providers)}.`,
  });
}

function placeOf({ stateFolder }: LockedSession, { labId }: LabState): LabPlace {
  return { labId, stateFolder };
}
