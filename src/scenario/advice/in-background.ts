import type { StepProblem } from '../../core/step-problem.ts';
import type { PlayContext } from '../playing/play-context.ts';

/**
 * The problem with the advice to stay in the foreground, where a program has ended well and had left its port to a child
 * process (daemon(3)): the terminal of that is gone.
 */
export function withBackground(problem: StepProblem, { inBackground }: PlayContext): StepProblem {
  const { seen, hint } = problem;
  if (seen.kind !== 'ended-first' || seen.end.exitCode !== 0 || hint !== undefined) return problem;
  const port = inBackground.get(seen.role);
  return port === undefined ? problem : { ...problem, hint: { kind: 'in-background', role: seen.role, port } };
}
