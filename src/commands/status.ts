import { withCleanup } from '../core/cleanup.ts';
import type { PortReport } from '../ports/inspect.ts';
import { connectAll, findLab } from './attach.ts';
import type { CommandContext } from './context.ts';
import { inspectProgramPorts } from './program-ports.ts';

export interface StatusResult {
  /** Whether `lab up` was done and machines run. */
  readonly up: boolean;
  readonly lab: string | undefined;
  readonly provider: string | undefined;
  readonly machines: readonly MachineStatus[];
  readonly programs: readonly ProgramStatus[];
}

export interface MachineStatus {
  readonly name: string;
  readonly running: boolean;
  readonly user: string;
  readonly image: string;
  readonly interfaces: readonly { readonly name: string; readonly address: string; readonly network: string }[];
}

export interface ProgramStatus {
  readonly name: string;
  readonly on: string;
  /** Each port that it is expected to listen on, as it was found; none of machines that do not run. */
  readonly ports: readonly Pick<PortReport, 'port' | 'state' | 'holders'>[];
  readonly listens: readonly number[];
}

/** What of this lab runs: machines, addresses, programs, what listens. Needs no lab file. */
export async function status(context: CommandContext): Promise<StatusResult> {
  const found = await findLab(context);
  if (found === undefined) return { up: false, lab: undefined, provider: undefined, machines: [], programs: [] };
  const running = found.machines.filter((machine) => machine.running);
  const reports = await withCleanup(async (cleanup) => {
    const shells = await connectAll(running, cleanup, context.signal);
    return inspectProgramPorts(found.state.programs, shells, context);
  });
  return {
    up: running.length > 0,
    lab: found.state.name,
    provider: found.state.provider,
    machines: found.machines.map(({ machine, running: runs }) => ({
      name: machine.name,
      running: runs,
      user: machine.user,
      image: machine.image,
      interfaces: machine.interfaces,
    })),
    programs: found.state.programs.map(({ name, on, listens }) => ({ name, on, listens, ports: portsOf(reports, on, listens) })),
  };
}

function portsOf(reports: readonly PortReport[], machine: string, listens: readonly number[]): ProgramStatus['ports'] {
  return reports.filter((report) => report.machine === machine && listens.includes(report.port)).map(({ port, state, holders }) => ({ port, state, holders }));
}
