import { messageOf } from '../core/errors.ts';
import { counted, say } from '../core/language/say.ts';
import { pruneRuns, type Pruning } from '../state/runs/prune-runs.ts';
import type { CommandContext } from '../session/context.ts';
import type { Session } from '../session/session.ts';

/** Most of a series that failed to be removed would say the same. */
const MOST_FAILURES = 3;

/** Warns of each run that should be gone and is still there. */
export async function tellFailures({ events }: CommandContext, { failed }: Pick<Pruning, 'failed'>): Promise<void> {
  for (const { reason } of failed.slice(0, MOST_FAILURES))
    await events.emit({ kind: 'notice', level: 'warning', message: reason });
}

/** Removed at the end of a run, in addition to as many as it made: a run must not wait for thousands of older ones. */
const MOST_AT_ONCE = 50;

/**
 * What the lab file wants at the end of `lab run`: older runs go, those that were just played stay. Nothing when it says
 * nothing, or the user has interrupted the run. Never fails: a run that was played has its result, whatever becomes of
 * older ones.
 */
export async function pruneAfter(session: Session, played: readonly { readonly run: string }[]): Promise<void> {
  const { context, stateFolder } = session;
  const rule = (await session.lab()).lab.runs;
  if (rule === undefined || context.signal.aborted) return;
  try {
    const except = played.map(({ run }) => run);
    const pruning = await pruneRuns(stateFolder, { rule, except, most: MOST_AT_ONCE + except.length });
    await tellFailures(context, pruning);
    if (pruning.removed.length === 0) return;
    const message = say`${counted(pruning.removed.length, 'older run')} removed, as "runs" of the lab file says`;
    const hint = say`${pruning.waiting} more will go at the end of the next ones; at once: lab runs prune`;
    await context.events.emit({ kind: 'notice', level: 'info', message, ...(pruning.waiting > 0 && { hint }) });
  } catch (error) {
    await context.events.emit({
      kind: 'notice',
      level: 'warning',
      message: say`older runs are not removed: ${messageOf(error)}`,
    });
  }
}
