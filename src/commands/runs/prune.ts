import { existsSync } from 'node:fs';
import { UsageError } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import type { RunsToKeep } from '../../lab/types.ts';
import { pruneRuns, type Pruning } from '../../state/runs/prune-runs.ts';
import { requireOwnFolder, stateFolderFor } from '../../state/state-folder.ts';
import type { CommandContext } from '../../session/context.ts';
import { tellFailures } from '../../evidence/prune-after.ts';
import { openSession } from '../../session/open-session.ts';

export interface PruneResult extends Omit<Pruning, 'leftoverBytes' | 'waiting'> {
  /** Nothing was removed. */
  readonly dryRun: boolean;
  /** What was given free on the disk, or would be. */
  readonly freedBytes: number;
}

/**
 * Removes stored runs by a rule: the one that is given, or else that of the lab file. See `pruneRuns`.
 *
 * @throws {UsageError} `no-rule` when neither says what is kept. A run that cannot be removed is a notice. @throws {EnvironmentError} as `pruneRuns`, and when the
 * `.lab` folder belongs to another user.
 */
export async function prune(
  context: CommandContext,
  { keep, olderMs, dryRun }: RunsToKeep & { readonly dryRun: boolean },
): Promise<PruneResult> {
  const isGiven = keep !== undefined || olderMs !== undefined;
  const rule = isGiven ? { keep, olderMs } : await ruleOfFile(context);
  const stateFolder = stateFolderFor(context);
  if (existsSync(stateFolder)) await requireOwnFolder(stateFolder);
  const {
    leftoverBytes,
    waiting: _none,
    ...pruning
  } = await pruneRuns(stateFolder, { rule, dryRun, signal: context.signal });
  await tellFailures(context, pruning);
  const freedBytes = pruning.removed.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), leftoverBytes);
  return { dryRun, ...pruning, freedBytes };
}

async function ruleOfFile(context: CommandContext): Promise<RunsToKeep> {
  const { runs } = (await openSession(context).lab()).lab;
  if (runs !== undefined) return runs;
  throw new UsageError(say`neither the command nor the lab file says which runs are kept`, {
    code: 'no-rule',
    hint: say`For example:  lab runs prune --keep 20     Or in the lab file:  runs: { keep: 20 }`,
  });
}
