import { hasPort, writtenPort, type ListenPort, type WrittenPort } from '../../core/listen-port.ts';
import { existsSync } from 'node:fs';
import { withCleanup, type CleanupStack } from '../../core/cleanup.ts';
import { LabError } from '../../core/errors.ts';
import type { Addressed, MachineSystem } from '../../core/lab-description.ts';
import { say } from '../../core/language/say.ts';
import { readLabFile } from '../../lab/yaml/read-lab-file.ts';
import type { PortReport } from '../../ports/inspect-port.ts';
import type { Publication } from '../../lab/types.ts';
import type { AttachedMachine } from '../../providers/provider.ts';
import type { Shell } from '../../ssh/shell.ts';
import type { CommandContext } from '../../session/context.ts';
import { inspectProgramPorts } from '../../session/program-ports.ts';
import { chosenMachines } from './chosen-machines.ts';
import { startedServices } from '../services/known-services.ts';
import { serviceStatus, type ServiceStatus } from '../services/service-status.ts';
import { openSession } from '../../session/open-session.ts';
import { publishedUrl } from '../../services/published-url.ts';
import { isPublishing } from '../../session/publish.ts';
import type { LabState } from '../../state/state.ts';

export interface StatusResult {
  /** Whether `lab up` was done and machines run. */
  readonly up: boolean;
  readonly lab: string | undefined;
  readonly provider: string | undefined;
  readonly machines: readonly MachineStatus[];
  /** Services among them. */
  readonly programs: readonly ProgramPorts[];
  /** What was started to outlive the command that did it. */
  readonly services: readonly ServiceStatus[];
  /** Ports of this host that lead to these machines. */
  readonly published: readonly PublishedPort[];
  /** What the user should know of these machines, one sentence each. */
  readonly remarks: readonly string[];
}

export interface MachineStatus extends MachineSystem {
  readonly name: string;
  readonly running: boolean;
  /** Why a machine that runs does not answer; undefined when it does, or does not run. */
  readonly problem: string | undefined;
  readonly user: string;
  readonly interfaces: readonly (Addressed & { readonly name: string; readonly network: string })[];
}

export interface PublishedPort extends Publication {
  readonly url: string;
  /** Whether this host has it open now; null where nobody can tell. */
  readonly open: boolean | null;
}

export interface ProgramPorts {
  readonly name: string;
  readonly on: string;
  /** Each port that it is expected to listen on, as it was found; none of machines that do not run. */
  readonly ports: readonly Pick<PortReport, 'protocol' | 'port' | 'state' | 'holders'>[];
  /** As the lab file writes them; ports of TCP are numbers. */
  readonly listens: readonly WrittenPort[];
}

/**
 * What of this lab runs: machines, addresses, programs, what listens. Needs no lab file. A machine that does not answer
 * is reported, not an error.
 *
 * @param names machines to look at; all when none is named.
 * @throws {UsageError} where there is no lab, or no machine of that name.
 */
export async function status(context: CommandContext, names: readonly string[] = []): Promise<StatusResult> {
  const session = openSession(context);
  const found = await session.attached();
  // Without a `.lab` folder only the lab file shows that there is a lab at all.
  if (found === undefined && context.overrides.text === undefined && !existsSync(session.stateFolder))
    await readLabFile(context.labFile);
  if (found === undefined)
    return {
      up: false,
      lab: undefined,
      provider: undefined,
      machines: [],
      programs: [],
      services: [],
      published: [],
      remarks: [],
    };
  return withCleanup(async (cleanup) => {
    const chosen = chosenMachines(found.machines, names);
    const reached = await Promise.all(chosen.map((machine) => reach(context, machine, cleanup)));
    const shells = new Map(
      reached.flatMap(({ shell }) => (shell === undefined ? [] : [[shell.machine, shell] as const])),
    );
    const started = (await startedServices(session)).filter(({ machine }) =>
      chosen.some((one) => one.machine.name === machine),
    );
    const [reports, services] = await Promise.all([
      inspectProgramPorts(found.state.programs, shells, context, 'table'),
      serviceStatus(found.state.name, started, { shells, signal: context.signal }),
    ]);
    return {
      up: found.machines.some(({ running }) => running),
      lab: found.state.name,
      provider: found.state.provider,
      machines: reached.map(({ status: machine }) => machine),
      programs: found.state.programs
        .filter(({ on }) => chosen.some(({ machine }) => machine.name === on))
        .map(({ name, on, listens }) => ({
          name,
          on,
          listens: listens.map(writtenPort),
          ports: portsOf(reports, on, listens),
        })),
      services,
      published: publishedOf(found.state, chosen),
      remarks: remarksOf(chosen),
    };
  });
}

function publishedOf({ labId, published = [] }: LabState, chosen: readonly AttachedMachine[]): PublishedPort[] {
  const ports = published.filter(({ machine }) => chosen.some((one) => one.machine.name === machine));
  const isOpen = ports.length === 0 ? null : (isPublishing(labId) ?? null);
  return ports.map((one) => Object.assign({ url: publishedUrl(one), open: isOpen }, one));
}

/** Each once, whatever number of machines it holds for. */
function remarksOf(machines: readonly AttachedMachine[]): string[] {
  const remarks = machines.flatMap(({ running, remark }) => (running && remark ? [remark] : []));
  return [...new Set(remarks.map(({ message, hint }) => [message, ...(hint === undefined ? [] : [hint])].join('. ')))];
}

interface Reached {
  readonly status: MachineStatus;
  readonly shell: Shell | undefined;
}

async function reach({ signal }: CommandContext, attached: AttachedMachine, cleanup: CleanupStack): Promise<Reached> {
  const { machine, running, runs } = attached;
  const { name, interfaces } = machine;
  // What was found on a machine is more exact than the lab file.
  const user = attached.facts?.user ?? machine.user;
  const known = { name, running, user, ...runs, interfaces };
  if (!running) return { status: { ...known, problem: undefined }, shell: undefined };
  try {
    const shell = await attached.connect(signal);
    cleanup.add(say`close the connection to ${name}`, () => shell.close());
    return { status: { ...known, problem: undefined }, shell };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof LabError)) throw error;
    return { status: { ...known, problem: error.message }, shell: undefined };
  }
}

function portsOf(
  reports: readonly PortReport[],
  machine: string,
  listens: readonly ListenPort[],
): ProgramPorts['ports'] {
  return reports
    .filter((report) => report.machine === machine && hasPort(listens, report))
    .map(({ protocol, port, state, holders }) => ({ protocol, port, state, holders }));
}
