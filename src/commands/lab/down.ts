import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { say } from '../../core/language/say.ts';
import { ConnectionError, EnvironmentError, messageOf } from '../../core/errors.ts';
import { inStep } from '../../core/events.ts';
import { readJournal } from '../../state/journal.ts';
import { storing } from '../../host/files/storage-error.ts';
import type { CommandContext } from '../../session/context.ts';
import type { LabIdentity } from '../../session/lab-identity.ts';
import { withLock, type LockedSession } from '../../session/locked-session.ts';
import { removeLab } from '../../session/remove-lab.ts';
import { openSession } from '../../session/open-session.ts';
import { shedCopy } from '../../session/belonging/shed-copy.ts';
import { endStrays, strayLabs } from '../../session/belonging/stray-labs.ts';

export interface DownResult {
  /** Name of the lab that was taken down; undefined when nothing was there. */
  readonly lab: string | undefined;
  /** What was ended, in words of the provider. */
  readonly ended: readonly string[];
  readonly purged: boolean;
}

/**
 * Removes all that this lab made, by its state and journal, and by the label of what runs: also when `.lab` was deleted
 * or damaged. Needs no lab file, and no room on the disk. Safe when nothing exists, and after `kill -9` of any other
 * command. In a copy of a lab's folder nothing of the original is touched. The runs and keys stay, unless `purge` says
 * so.
 */
export async function down(context: CommandContext, options: { readonly purge: boolean }): Promise<DownResult> {
  const session = openSession(context);
  const { stateFolder } = session;
  if (!existsSync(stateFolder) && (await strayLabs(session)).length === 0)
    return { lab: undefined, ended: [], purged: false };
  const result = await withLock(session, { command: 'down', work: (locked) => takeDown(locked, options.purge) });
  if (options.purge)
    await storing(say`cannot remove ${stateFolder}`, () => rm(stateFolder, { recursive: true, force: true }));
  return { ...result, purged: options.purge };
}

async function takeDown(session: LockedSession, purge: boolean): Promise<Pick<DownResult, 'lab' | 'ended'>> {
  if (await shedCopy(session)) return { lab: undefined, ended: [] };
  await tellFaults(session);
  const identity = await session.identity();
  // A journal that names no lab, or a state that was never whole: a crash came before anything was made.
  if (identity === undefined) await session.forget();
  const ended =
    identity === undefined
      ? []
      : await inStep(session.context.events, say`take ${identity.name} down`, () =>
          removeOrForget(session, identity, purge),
        );
  const strays = await strayLabs(session);
  const others = await endStrays(session, strays);
  return { lab: identity?.name ?? strays[0]?.name, ended: [...ended, ...others] };
}

/** What of the journal cannot be read may have named something; the rest is still taken down. */
async function tellFaults({ context, stateFolder }: LockedSession): Promise<void> {
  const faults: EnvironmentError[] = [];
  await readJournal(stateFolder, (fault) => void faults.push(fault));
  for (const { message, hint } of faults.slice(0, 3))
    await context.events.emit({ kind: 'notice', level: 'warning', message, ...(hint === undefined ? {} : { hint }) });
}

/** With `forget`, a machine that cannot be reached keeps what was put there, and the user gets a notice. */
async function removeOrForget(session: LockedSession, identity: LabIdentity, forget: boolean): Promise<string[]> {
  try {
    return await removeLab(session, identity);
  } catch (error) {
    if (!forget || !staysThere(error)) throw error;
    await session.context.events.emit({
      kind: 'notice',
      level: 'warning',
      message: [messageOf(error), error.detail ?? ''].join('\n'),
      hint: say`Remove it by hand there: rm -r ~/lab/${identity.name} ~/.lab`,
    });
    return [];
  }
}

/**
 * Whether it only says that a machine of someone else keeps what was put there: it cannot be reached, runs no commands,
 * or does not let go of it.
 */
function staysThere(error: unknown): error is EnvironmentError {
  return (
    error instanceof ConnectionError ||
    (error instanceof EnvironmentError && ['no-remote-shell', 'remove-failed'].includes(error.code))
  );
}
