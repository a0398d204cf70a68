import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { EnvironmentError, messageOf } from '../../core/errors.ts';
import { inStep } from '../../core/events.ts';
import { ConnectionError } from '../../core/connection-error.ts';
import { removePrograms } from '../../deploy/remove-programs.ts';
import type { ProviderContext } from '../../providers/provider.ts';
import { stateFolderFor } from '../../state/state-folder.ts';
import { readJournal, removeJournal } from '../../state/journal.ts';
import { removeSpares } from '../../state/runs/spares.ts';
import { removeState } from '../../state/state.ts';
import { storing } from '../../state/files/storage.ts';
import { shedCopy } from '../../session/belonging.ts';
import type { CommandContext } from '../../session/context.ts';
import { knownIdentity, type LabIdentity } from '../../session/lab-identity.ts';
import { requireOwnLab } from '../../session/lab-owner.ts';
import { withLockedLab } from '../../session/locked-lab.ts';
import { providerContext, type ProviderSide } from '../../session/provider-context.ts';
import { endStrays, strayLabs } from '../../session/stray-labs.ts';

export interface DownResult {
  /** Name of the lab that was taken down; undefined when nothing was there. */
  readonly lab: string | undefined;
  /** What was ended, in words of the provider. */
  readonly ended: readonly string[];
  readonly purged: boolean;
}

/**
 * Removes all that this lab made, by its state and journal, and by the label of what runs: also when `.lab` was deleted or damaged. Needs no lab file, and no
 * room on the disk. Safe when nothing exists, and after `kill -9` of any other command. In a copy of a lab's folder nothing of the original is touched.
 * The runs and keys stay, unless `purge` says so.
 */
export async function down(context: CommandContext, options: { readonly purge: boolean }): Promise<DownResult> {
  const stateFolder = stateFolderFor(context.labFile);
  if (!existsSync(stateFolder) && (await strayLabs(stateFolder, context.providers)).length === 0)
    return { lab: undefined, ended: [], purged: false };
  const result = await withLockedLab(context, 'down', () => takeDown(context, stateFolder, options.purge));
  if (options.purge) await storing(`remove ${stateFolder}`, () => rm(stateFolder, { recursive: true, force: true }));
  return { ...result, purged: options.purge };
}

async function takeDown(
  context: CommandContext,
  stateFolder: string,
  purge: boolean,
): Promise<Pick<DownResult, 'lab' | 'ended'>> {
  if (await shedCopy(context, stateFolder)) return { lab: undefined, ended: [] };
  await tellFaults(context, stateFolder);
  const identity = await knownIdentity(stateFolder, context.providers);
  // A journal that names no lab, or a state that was never whole: a crash came before anything was made.
  if (identity === undefined) await forget(stateFolder);
  const ended =
    identity === undefined
      ? []
      : await inStep(context.events, `take ${identity.name} down`, () =>
          removeOrForget(context, stateFolder, identity, purge),
        );
  const strays = await strayLabs(stateFolder, context.providers);
  const others = await endStrays(context, stateFolder, strays);
  return { lab: identity?.name ?? strays[0]?.name, ended: [...ended, ...others] };
}

/** What of the journal cannot be read may have named something; the rest is taken down all the same. */
async function tellFaults({ events }: CommandContext, stateFolder: string): Promise<void> {
  const faults: EnvironmentError[] = [];
  await readJournal(stateFolder, (fault) => void faults.push(fault));
  for (const { message, hint } of faults.slice(0, 3))
    await events.emit({ kind: 'notice', level: 'warning', message, ...(hint === undefined ? {} : { hint }) });
}

/** With `forget`, a machine that cannot be reached keeps what was put there, and the user is told. */
async function removeOrForget(
  context: CommandContext,
  stateFolder: string,
  identity: LabIdentity,
  forget: boolean,
): Promise<string[]> {
  try {
    return await removeLab(context, stateFolder, identity);
  } catch (error) {
    if (!forget || !staysThere(error)) throw error;
    await context.events.emit({
      kind: 'notice',
      level: 'warning',
      message: [messageOf(error), error.detail ?? ''].join('\n'),
      hint: `Remove it by hand there: rm -r ~/lab/${identity.name} ~/.lab`,
    });
    return [];
  }
}

/** Whether it only says that a machine of somebody else keeps what was put there: it cannot be reached, runs no commands, or does not let go of it. */
function staysThere(error: unknown): error is EnvironmentError {
  return (
    error instanceof ConnectionError ||
    (error instanceof EnvironmentError && ['no-remote-shell', 'remove-failed'].includes(error.code))
  );
}

/** Removes what the lab made, then what tells of it: if we die in between, the next `down` finds it again. Call it with the lock held. @throws {EnvironmentError} when its machines are another user's. */
export async function removeLab(context: ProviderSide, stateFolder: string, lab: LabIdentity): Promise<string[]> {
  const { labId, name, provider } = lab;
  requireOwnLab(lab);
  const sweep: ProviderContext['sweep'] = (shell) => removePrograms(shell, name, context.signal);
  const ended = await (
    await context.providers.named(provider)
  ).down(labId, { ...providerContext(context, { labId, stateFolder }), sweep });
  await forget(stateFolder);
  return ended;
}

async function forget(stateFolder: string): Promise<void> {
  await removeState(stateFolder);
  await removeJournal(stateFolder);
  await removeSpares(stateFolder);
}
