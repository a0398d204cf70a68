import { withCleanup } from '../../core/cleanup.ts';
import { UsageError } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import { pingAll } from '../../reach/ping/ping-all.ts';
import { meetings, type PingedMachine } from '../../reach/ping/ping-plan.ts';
import { pingReport, type PingReport } from '../../reach/ping/ping-report.ts';
import { connectEach } from '../../session/connect-each.ts';
import type { CommandContext } from '../../session/context.ts';
import { openSession } from '../../session/open-session.ts';
import { chosenMachines } from '../lab/chosen-machines.ts';

export interface PingOptions {
  /** None: every machine with every other. One: it with all others. Several: those among themselves. */
  readonly machines: readonly string[];
  /** Echoes for each address; undefined: as many as take no time. */
  readonly count: number | undefined;
}

export interface PingOutcome extends PingReport {
  readonly lab: string;
}

/** Pairs that are asked three times each, unless it is told otherwise; above, once is enough to wait for. */
const FEW_PAIRS = 1000;

/**
 * Asks every machine for an echo from every other, all at the same time. A machine that does not answer lab is part of
 * the result.
 *
 * @throws {UsageError} for a machine that the lab does not have, or when there are no two.
 * @throws {EnvironmentError} when the lab is not up.
 */
export async function ping(context: CommandContext, { machines: names, count }: PingOptions): Promise<PingOutcome> {
  const session = openSession(context);
  const found = (await session.attached()) ?? (await session.machines());
  chosenMachines(found.machines, names);
  const machines: readonly PingedMachine[] = found.machines.map(({ machine }) => machine);
  const wanted = meetings(machines, names);
  if (wanted.length === 0)
    throw new UsageError(say`there are no two machines with addresses to ask each other`, {
      code: 'nothing-to-ping',
      hint: say`"lab graph" shows the machines of the lab.`,
    });
  const pairs = wanted.flatMap(({ questions }) => questions).length;
  const echoes = count ?? (pairs > FEW_PAIRS ? 1 : 3);
  const taking = new Set(wanted.flatMap((meeting) => meeting.machines));
  return withCleanup(async (cleanup) => {
    const { shells, silent } = await connectEach(
      found.machines.filter(({ machine }) => taking.has(machine.name)),
      cleanup,
      context.signal,
    );
    const words = new Map([...silent].map(([name, problem]) => [name, problem.words]));
    const result = await pingAll(wanted, { shells, silent: words, count: echoes, signal: context.signal });
    return {
      lab: found.state.name,
      ...pingReport({
        machines: machines.map(({ name }) => name).filter((name) => taking.has(name)),
        count: echoes,
        pairs: result.pairs,
        notAsked: [...result.silent].map(([machine, problem]) => ({ machine, problem })),
      }),
    };
  });
}
