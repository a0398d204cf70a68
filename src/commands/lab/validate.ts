import type { Problem } from '../../lab/problem.ts';
import { renderProblems } from '../../lab/render-problems.ts';
import type { CommandContext } from '../../session/context.ts';
import { checkLabFile } from '../../session/lab-file/open-lab.ts';
import { shownPath } from '../../session/lab-file/shown-path.ts';

export interface ValidateResult {
  readonly file: string;
  readonly valid: boolean;
  readonly problems: readonly Problem[];
  /** Every problem under its line of the file; empty when there is none. */
  readonly frames: string;
  /** What the file describes, when it has no problem. */
  readonly lab:
    | {
        readonly name: string;
        readonly machines: number;
        readonly networks: number;
        readonly programs: number;
        readonly scenarios: number;
      }
    | undefined;
}

/** Checks the lab file, also for what its provider would do otherwise; changes nothing. @throws {UsageError} when it is missing. */
export async function validate(context: CommandContext, options: { readonly color: boolean }): Promise<ValidateResult> {
  const { text, included, problems, opened } = await checkLabFile(context);
  for (const remark of opened?.remarks ?? []) await context.events.emit({ kind: 'notice', ...remark });
  return {
    file: context.labFile,
    valid: opened !== undefined,
    problems,
    frames: problems.length === 0 ? '' : renderProblems(shownPath(context), text, problems, { ...options, included }),
    lab: opened && {
      name: opened.lab.name,
      machines: opened.lab.machines.size,
      networks: opened.lab.networks.size,
      programs: opened.lab.programs.size,
      scenarios: opened.scenarios.size,
    },
  };
}
