import { playSeries, type RunResult, type SeriesOptions } from '../../evidence/play-series.ts';
import { pruneAfter } from '../../evidence/prune-after.ts';
import type { CommandContext } from '../../session/context.ts';
import { freshMachines } from '../../session/make-machines.ts';
import { openSession } from '../../session/open-session.ts';

export type { FailedRun, PlayedRun } from '../../evidence/play-once.ts';
export type { RunResult } from '../../evidence/play-series.ts';

export interface RunOptions extends Omit<SeriesOptions, 'fresh'> {
  /** Make the machines again before each play. */
  readonly fresh?: boolean;
}

/**
 * Plays a scenario on the machines that are up, and stores each play in a folder of its own. Then older runs go, if the
 * lab file says so.
 *
 * @throws {UsageError} for an unknown scenario. @throws {EnvironmentError} when the lab is not up, or its machines are to
 * be made again and cannot. @throws {CheckError} when its machines changed in the file.
 */
export async function run(context: CommandContext, { fresh = false, ...options }: RunOptions): Promise<RunResult> {
  const session = openSession(context);
  const result = await playSeries(session, { ...options, fresh: fresh ? freshMachines : undefined });
  await pruneAfter(session, result.runs);
  return result;
}
