import { randomUUID } from 'node:crypto';
import { LabError } from '../core/errors.ts';
import type { ProviderRegistry } from '../providers/provider.ts';
import { readJournal, rewriteJournal, type Journal, type JournalRecord } from '../state/journal.ts';
import { LAB_VERSION, madeByAnother, storedVersion } from '../state/lab-version.ts';
import { readState, statePath, type LabState } from '../state/state.ts';

/** First record of every journal. */
const IDENTITY_KIND = 'lab';

export interface LabIdentity {
  /** The label of all that the lab makes on this host. */
  readonly labId: string;
  readonly name: string;
  readonly provider: string;
  readonly uid?: number | undefined;
}

/** A `.lab` folder, and the providers that what it says may name. */
export interface LabFolder {
  readonly stateFolder: string;
  readonly providers: ProviderRegistry;
}

/**
 * The identity of the lab in a `.lab` folder, by its state or else by its journal; undefined when nothing was ever made
 * from it, or all of it is gone. Throws as `readState` and `readJournal`, but not for what was damaged.
 */
export async function knownIdentity(
  { stateFolder, providers }: LabFolder,
  state: Promise<LabState | undefined> = readState(stateFolder),
): Promise<LabIdentity | undefined> {
  const identity = (await intactState(state, providers)) ?? identityIn(await readJournal(stateFolder), providers);
  // What a newer lab made and nothing here knows must not be forgotten.
  if (identity === undefined) requireKnown(await state.catch(unlessBroken), stateFolder, providers);
  return identity;
}

/** @throws {EnvironmentError} `state-newer` when another lab made it with a provider that this one does not have. */
export function requireKnown(state: LabState | undefined, stateFolder: string, { names }: ProviderRegistry): void {
  const version = storedVersion(state?.labVersion);
  if (state === undefined || names.includes(state.provider) || version === undefined || version === LAB_VERSION) return;
  throw madeByAnother(statePath(stateFolder), { version, code: 'state-newer', command: 'down' });
}

function unlessBroken(error: unknown): undefined {
  if (!(error instanceof LabError) || error.code !== 'state-broken') throw error;
}

/**
 * The identity of this lab; a new one is in the journal before anything carries it. `known` is that of the lab that is
 * up. A journal that was damaged is rewritten with what could be read of it. Call it with the lock held.
 */
export async function claimIdentity(
  { stateFolder, journal, providers }: LabFolder & { readonly journal: Journal },
  lab: Omit<LabIdentity, 'labId'>,
  known: LabIdentity | undefined,
): Promise<LabIdentity> {
  let isWhole = true;
  const records = await readJournal(stateFolder, () => (isWhole = false));
  const journaled = identityIn(records, providers);
  const identity = known ?? journaled;
  const { labId, name, provider } = identity ?? { labId: randomUUID(), name: lab.name, provider: lab.provider };
  if (!isWhole) await rewriteJournal(stateFolder, records);
  if (journaled?.labId !== labId) await journal.append({ kind: IDENTITY_KIND, labId, name, provider });
  return { labId, name, provider };
}

/** Whether anything was begun that may have to be removed: all is written down before it is made. */
export async function hasMadeSome({ journal }: { readonly journal: Journal }): Promise<boolean> {
  return (await journal.records()).some(({ kind }) => kind !== IDENTITY_KIND);
}

/** The last one, should something have gone wrong with an earlier one. */
function identityIn(records: readonly JournalRecord[], providers: ProviderRegistry): LabIdentity | undefined {
  const found = records.findLast((record) => record.kind === IDENTITY_KIND && isIdentity(record, providers));
  return found as LabIdentity | undefined;
}

function isIdentity({ labId, name, provider }: JournalRecord, { names }: ProviderRegistry): boolean {
  return (
    typeof labId === 'string' &&
    /^[\w-]+$/.test(labId) &&
    typeof name === 'string' &&
    typeof provider === 'string' &&
    names.includes(provider)
  );
}

/**
 * The state, or undefined when there is none that is whole and that this lab knows. What was damaged, or a newer lab
 * wrote, must not keep `down` from its work: the journal knows enough.
 */
export async function intactState(
  reading: Promise<LabState | undefined>,
  { names }: ProviderRegistry,
): Promise<LabState | undefined> {
  const state = await reading.catch((error: unknown) => {
    if (error instanceof LabError && ['state-broken', 'state-newer'].includes(error.code)) return undefined;
    throw error;
  });
  return state !== undefined && names.includes(state.provider) ? state : undefined;
}
