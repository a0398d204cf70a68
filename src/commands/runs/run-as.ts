import { UsageError } from '../../core/errors.ts';
import { inStep } from '../../core/events.ts';
import { suggestion } from '../../core/text/suggest.ts';
import { say } from '../../core/language/say.ts';
import type { CommandContext } from '../../session/context.ts';
import { joinRun, type JoinResult } from '../../seats/join-run.ts';
import { playSeries, type RunResult } from '../../evidence/play-series.ts';
import { pruneAfter } from '../../evidence/prune-after.ts';
import { freshMachines } from '../../session/make-machines.ts';
import { openSession } from '../../session/open-session.ts';
import { waitForSeats } from '../../seats/run-socket.ts';
import { seatAt } from '../../seats/seat.ts';
import { welcome } from '../../seats/welcome.ts';
import { roleStory } from '../../scenario/role-story.ts';
import { castOf } from '../../scenario/scenario.ts';

export interface RunAsOptions {
  readonly scenario: string | undefined;
  /** The role of the user at this terminal. */
  readonly role: string;
  /** Roles of users at other terminals, who join with `--as`. */
  readonly others: readonly string[];
  /** As in `RunOptions`. */
  readonly capture?: boolean;
  /** As in `run`; a run of another terminal is not joined then. */
  readonly fresh?: boolean;
  readonly maxOutputBytes?: number | undefined;
}

export type RunAsResult = RunResult | JoinResult;

/**
 * Plays a scenario in which users are operators: joins the run that waits for this role, or begins one. The scenario
 * plays all other roles.
 *
 * @throws as `run` and `joinRun`. @throws {UsageError} for a role that the scenario does not start.
 */
export async function runAs(
  context: CommandContext,
  { scenario, role, others, fresh = false, ...options }: RunAsOptions,
): Promise<RunAsResult> {
  // A run that waits has its machines already.
  const joined = others.length === 0 && !fresh ? await joinRun(context, role) : undefined;
  if (joined !== undefined) return joined;
  const session = openSession(context);
  const result = await playSeries(session, {
    scenario,
    times: 1,
    ...options,
    fresh: fresh ? freshMachines : undefined,
    async seats(played, { stateFolder }, cleanup) {
      const users = new Set([role, ...others]);
      const { roles } = castOf(played.scenario, played.lab);
      for (const name of users) requireRole(name, roles);
      const storyOf = (name: string): string => roleStory(name, users, played.scenario, played.lab);
      await welcome(context, storyOf(role), say`Ctrl-] ends the run.`);
      const stories = new Map(others.map((other) => [other, storyOf(other)]));
      const commands = others.map((other) => say`"lab run --as ${other}"`).join(say` and `);
      const title = say`wait for ${commands} in another terminal`;
      const away =
        others.length === 0
          ? []
          : await inStep(context.events, title, () => waitForSeats(stateFolder, stories, cleanup, context.signal));
      const here = seatAt(context.terminal);
      cleanup.add(say`give the keyboard back`, () => here.end());
      return new Map([...away, [role, here]]);
    },
  });
  await pruneAfter(session, result.runs);
  return result;
}

function requireRole(name: string, roles: readonly string[]): void {
  if (!roles.includes(name))
    throw new UsageError(say`the scenario starts no program "${name}"`, {
      code: 'unknown-role',
      hint: suggestion(name, roles),
    });
}
