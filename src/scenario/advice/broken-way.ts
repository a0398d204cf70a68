import type { ProgramEvidence, StepProblem } from '../../core/step-problem.ts';
import type { SocketEnd } from '../../core/program-look.ts';
import { explainReach } from '../../reach/explain-reach.ts';
import { firstBroken, type ReachLink } from '../../reach/reach-report.ts';
import type { PlayContext } from '../playing/play-context.ts';

const LOOK_TIMEOUT_MS = 10_000;

/**
 * Of a program that still waits for an answer to connect(2) when a step fails: the first broken link of its way, as `lab
 * why` finds it, with the cure. Nothing where the step has a hint already, or no link is broken.
 */
export async function withBrokenWay(problem: StepProblem, play: PlayContext): Promise<StepProblem> {
  if (problem.hint !== undefined || play.signal.aborted) return problem;
  for (const program of problem.evidence?.programs ?? []) {
    const to = soughtBy(program);
    if (to === undefined) continue;
    const host = problem.evidence?.names?.[to.address] ?? to.address;
    const broken = await brokenLink(play, program.machine, { host, port: to.port });
    if (broken === undefined) continue;
    const text = `${program.machine} → ${host}:${to.port}: ${broken.seen}. ${broken.cure ?? ''}`.trimEnd();
    return { ...problem, hint: { kind: 'other', text } };
  }
  return problem;
}

function soughtBy({ look }: ProgramEvidence): SocketEnd | undefined {
  return look?.sockets.find(({ protocol, state }) => protocol === 'tcp' && state === 'syn-sent')?.peer;
}

async function brokenLink(
  play: PlayContext,
  from: string,
  to: { readonly host: string; readonly port: number },
): Promise<ReachLink | undefined> {
  const { lab, shells } = play.stage;
  try {
    const report = await explainReach(
      { from, ...to },
      {
        lab: {
          networks: [...lab.networks.values()],
          machines: [...lab.machines.values()],
          programs: [...lab.programs.values()],
        },
        shells,
        signal: AbortSignal.any([play.signal, AbortSignal.timeout(LOOK_TIMEOUT_MS)]),
      },
    );
    return firstBroken(report);
  } catch {
    // The failure is told without it.
    return undefined;
  }
}
