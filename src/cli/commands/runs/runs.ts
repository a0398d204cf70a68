import type { PruneResult } from '../../../commands/runs/prune.ts';
import { ExitCode } from '../../../core/errors.ts';
import { sayBytes } from '../../../core/language/amounts.ts';
import { counted, say } from '../../../core/language/say.ts';
import { defineCommand } from '../../command/define-command.ts';
import { flag, value } from '../../command/parameters.ts';
import { age, countFrom1 } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';
import { formatRuns } from '../../show/runs-table.ts';

const limit = countFrom1('count', 7, { code: 'wrong-limit', hint: say`For example:  lab runs --limit 10` });
const keep = countFrom1('count', 7, { code: 'wrong-keep', hint: say`For example:  lab runs prune --keep 20` });

/** A list that fits on a page or two. */
const DEFAULT_LIMIT = 50;

const pruneCommand = defineCommand({
  name: 'prune',
  group: 'scenarios',
  needsLab: true,
  summary: say`remove older runs`,
  details: [
    say`--keep 20 removes the runs beyond the 20 newest, --older 30d those that began more than 30 days ago.`,
    say`With both, a run is removed only when both say so: the 20 newest stay however old they are, and what is younger than 30 days stays however much it is.`,
    say`Without both, "runs" of the lab file decides; when it is there, "lab run" does the same at its end.`,
    say`Never removed: the newest run, one that is being played, and what is no run.`,
    say`It does not ask, and works on a full disk.`,
  ].join(' '),
  options: {
    keep: value(keep, say`so many of the newest runs stay`),
    older: value(age, say`only runs older than this go: 12h, 30d, 2w`),
    dryRun: flag(say`only say what would be removed`),
  },
  examples: [
    { words: 'runs prune --keep 20', does: say`the 20 newest stay` },
    { words: 'runs prune --keep 20 --older 30d', does: say`beyond the 20 newest, what is older than 30 days` },
    { words: 'runs prune --older 2w --dry-run', does: say`see what that would remove` },
  ],
  run: async ({ context, options: { keep, older, dryRun } }) => {
    const { prune } = await import('../../../commands/runs/prune.ts');
    const result = await prune(context, { keep, olderMs: older, dryRun });
    return outcome(result, formatPrune(result), result.failed.length > 0 ? ExitCode.environment : ExitCode.done);
  },
});

export const runsCommand = defineCommand({
  name: 'runs',
  group: 'scenarios',
  needsLab: true,
  summary: say`list the stored runs, newest first, or prune them`,
  options: { limit: value(limit, say`list at most so many (default: ${DEFAULT_LIMIT})`) },
  commands: [pruneCommand],
  examples: [
    { words: 'runs', does: say`which are there, how they ended, and what they take on the disk` },
    ...pruneCommand.examples,
  ],
  run: async ({ context, options }) => {
    const { storedRuns } = await import('../../../commands/runs/runs.ts');
    const result = await storedRuns(context, options.limit ?? DEFAULT_LIMIT);
    return outcome(result, formatRuns(result));
  },
});

/** More names than this are no help. */
const MOST_NAMES = 30;

export function formatPrune({ removed, kept, freedBytes, dryRun }: PruneResult): string {
  const runs = counted(kept, 'run');
  const left = kept === 0 ? '' : ` ${kept === 1 ? say`${runs} stays.` : say`${runs} stay.`}`;
  if (removed.length === 0 && freedBytes === 0) return `${say`No run is to be removed.`}${left}\n`;
  const names = removed.slice(0, MOST_NAMES).map(({ run }) => `  ${run}\n`);
  const more = removed.length - names.length;
  const list = `${names.join('')}${more > 0 ? `  ${say`and ${more} more`}\n` : ''}`;
  const gone = counted(removed.length, 'run');
  const room = sayBytes(freedBytes);
  const done = dryRun
    ? say`Would remove ${gone}; that would give ${room} of room.`
    : say`Removed ${gone}; that gave ${room} of room.`;
  return `${done}${left}\n${list}`;
}
