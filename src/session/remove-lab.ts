import type { LabTraces, Work } from '../providers/provider.ts';
import type { LabIdentity } from './lab-identity.ts';
import { requireOwnLab } from './belonging/lab-owner.ts';
import type { LockedSession } from './locked-session.ts';
import { serviceNotes } from '../services/service-notes.ts';
import { endPublished } from './publish.ts';
import { loginPolicy, type LoginSource } from './provider-means.ts';
import { sweep } from './sweep.ts';
import { setUpBy } from './take-back.ts';

/**
 * Removes what the lab made, then its state and journal: if we die in between, the next `down` finds it again. Returns
 * what was ended, in words of the provider. `context` is that of the command, unless it must go on after ^C.
 *
 * @throws {EnvironmentError} when its machines are another user's. @throws as `sweep`.
 */
export async function removeLab(
  session: LockedSession,
  lab: LabIdentity,
  context: Pick<Work, 'events' | 'signal'> & LoginSource = session.context,
): Promise<string[]> {
  const { labId, name } = lab;
  const { stateFolder } = session;
  requireOwnLab(lab);
  const place = { labId, stateFolder };
  const provider = await session.providers.named(lab.provider);
  const traces = await tracesOf(session);
  await endPublished(traces.journal, place);
  const ended = await provider.down(place);
  const touched = await provider.touched?.(traces, place, loginPolicy(context));
  const { events, signal } = context;
  const keeping = new Set(serviceNotes(traces.journal).map(({ machine }) => machine));
  const swept = await sweep(touched ?? [], { labName: name, events, signal, setUp: setUpBy(traces.journal), keeping });
  await session.forget();
  return [...ended, ...swept];
}

/** Either of the two may have been damaged. */
async function tracesOf(session: LockedSession): Promise<LabTraces> {
  const state = await session.savedState().catch(() => undefined);
  return { journal: await session.journal.records(), state: state?.providerState };
}
