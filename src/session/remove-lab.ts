import { removePrograms } from '../deploy/remove-programs.ts';
import type { ProviderContext } from '../providers/provider.ts';
import type { LabIdentity } from './lab-identity.ts';
import { requireOwnLab } from './lab-owner.ts';
import type { LockedSession } from './locked-session.ts';
import { providerContext, type ProviderSide } from './provider-context.ts';

/**
 * Removes what the lab made, then what tells of it: if we die in between, the next `down` finds it again. Returns what was ended, in words of the provider.
 * `context` is that of the command, unless it must go on after ^C.
 *
 * @throws {EnvironmentError} when its machines are another user's.
 */
export async function removeLab(
  session: LockedSession,
  lab: LabIdentity,
  context: ProviderSide = session.context,
): Promise<string[]> {
  const { labId, name } = lab;
  const { stateFolder } = session;
  requireOwnLab(lab);
  const sweep: ProviderContext['sweep'] = (shell) => removePrograms(shell, name, context.signal);
  const provider = await session.providers.named(lab.provider);
  const ended = await provider.down(labId, { ...providerContext(context, { labId, stateFolder }), sweep });
  await session.forget();
  return ended;
}
