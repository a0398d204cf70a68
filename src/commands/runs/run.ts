import { playSeries, type RunOptions, type RunResult } from '../../evidence/play-series.ts';
import type { CommandContext } from '../../session/context.ts';
import { openSession } from '../../session/open-session.ts';

export type { FailedRun, PlayedRun } from '../../evidence/play-once.ts';
export type { RunOptions, RunResult } from '../../evidence/play-series.ts';

/**
 * Plays a scenario on the machines that are up, and stores each play in a folder of its own.
 *
 * @throws {UsageError} for an unknown scenario. @throws {EnvironmentError} when the lab is not up. @throws {CheckError}
 * when its machines changed in the file.
 */
export async function run(context: CommandContext, options: RunOptions): Promise<RunResult> {
  return playSeries(openSession(context), options);
}
