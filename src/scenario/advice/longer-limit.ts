import type { StepProblem } from '../../core/step-problem.ts';
import type { WaitKind } from '../../core/program-look.ts';

/** What a program does that may come to an end by itself, without anyone else. */
const working: ReadonlySet<WaitKind> = new Set(['busy', 'sleep']);
const TIMES_LONGER = 3;
/** Whoever has waited for so long does not wait for a slow program. */
const LONGEST_MS = 10 * 60_000;

/**
 * The problem with the advice to wait longer, where a program was at work when the time limit passed and nothing better
 * is advised.
 */
export function withLongerLimit(problem: StepProblem): StepProblem {
  const { seen, hint, limitMs, evidence, role } = problem;
  if (seen.kind !== 'nothing-in-time' || hint !== undefined || limitMs === undefined || limitMs > LONGEST_MS)
    return problem;
  if (evidence === undefined || evidence.cause !== undefined) return problem;
  const atWork = evidence.programs.filter(
    ({ end, endless, look }) =>
      end === undefined && endless === undefined && look?.waits.some((kind) => working.has(kind)),
  );
  const slow = atWork.find((program) => program.role === role) ?? atWork[0];
  if (slow === undefined) return problem;
  return { ...problem, hint: { kind: 'longer', role: slow.role, limitMs: limitMs * TIMES_LONGER } };
}
