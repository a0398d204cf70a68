import { randomUUID } from 'node:crypto';
import { LabError } from '../core/errors.ts';
import { readJournal, type Journal } from '../state/journal.ts';
import { readState, type LabState } from '../state/state.ts';

/** First record of every journal. */
const identityKind = 'lab';

export interface LabIdentity {
  /** The label of all that the lab makes on this host. */
  readonly labId: string;
  readonly name: string;
  readonly provider: string;
  readonly uid?: number | undefined;
}

/** The identity of the lab in this state folder, or undefined when nothing was ever made from it, or all of it is gone. */
export async function knownIdentity(stateFolder: string): Promise<LabIdentity | undefined> {
  return (await readIntactState(stateFolder)) ?? (await journaledIdentity(stateFolder));
}

/** The identity of this lab; a new one is in the journal before anything carries it. Call it with the lock held. */
export async function claimIdentity(stateFolder: string, journal: Journal, lab: Omit<LabIdentity, 'labId'>): Promise<LabIdentity> {
  const known = await knownIdentity(stateFolder);
  if (known !== undefined) return known;
  const identity = { labId: randomUUID(), name: lab.name, provider: lab.provider };
  await journal.append({ kind: identityKind, ...identity });
  return identity;
}

async function journaledIdentity(stateFolder: string): Promise<LabIdentity | undefined> {
  const record = (await readJournal(stateFolder)).find(({ kind }) => kind === identityKind);
  const { labId, name, provider } = record ?? { labId: undefined, name: undefined, provider: undefined };
  if (typeof labId !== 'string' || typeof name !== 'string' || typeof provider !== 'string') return undefined;
  return { labId, name, provider };
}

/** A state that was damaged must not keep `down` from its work: the journal knows enough. */
async function readIntactState(stateFolder: string): Promise<LabState | undefined> {
  return readState(stateFolder).catch((error: unknown) => {
    if (error instanceof LabError && error.code === 'state-broken') return undefined;
    throw error;
  });
}
