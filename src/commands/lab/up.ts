import { withCleanup, type CleanupStack } from '../../core/cleanup.ts';
import { EnvironmentError, messageOf } from '../../core/errors.ts';
import { inStep, type EventSink } from '../../core/events.ts';
import type { Lab } from '../../lab/types.ts';
import { deployPrograms, type DeployedProgram } from '../../deploy/deploy-programs.ts';
import type { PortReport } from '../../ports/inspect-port.ts';
import type { AttachedMachine, Provider, ProviderContext } from '../../providers/provider.ts';
import type { Shell } from '../../ssh/shell.ts';
import { fingerprint } from '../../state/lab-change.ts';
import { keepMark } from '../../state/folder-mark.ts';
import { openJournal } from '../../state/journal.ts';
import { keepSpares } from '../../state/runs/spares.ts';
import { readState, stateOf, writeState, type LabState } from '../../state/state.ts';
import { connectAll, findLab } from '../../session/attach.ts';
import { shedCopy } from '../../session/belonging.ts';
import { changedLab } from '../../session/changed-lab.ts';
import type { CommandContext } from '../../session/context.ts';
import { removeLab } from './down.ts';
import { claimIdentity, knownIdentity, readIntactState, type LabIdentity } from '../../session/lab-identity.ts';
import { withLockedLab } from '../../session/locked-lab.ts';
import { openLab } from '../../session/open-lab.ts';
import { inspectProgramPorts } from '../../session/program-ports.ts';
import { providerContext } from '../../session/provider-context.ts';
import { reachEarly, type EarlyShells } from '../../session/reach-early.ts';
import { requireHost } from '../../session/require-host.ts';
import { endStrays, strayLabs } from '../../session/stray-labs.ts';

export interface UpResult {
  readonly lab: string;
  readonly provider: string;
  /** Whether this call made the machines; false when they ran already. */
  readonly made: boolean;
  /** Of a lab that was up: names of the machines that were not. */
  readonly newlyUp: readonly string[];
  readonly machines: readonly { readonly name: string; readonly user: string; readonly addresses: readonly string[] }[];
  readonly programs: readonly {
    readonly name: string;
    readonly on: string;
    readonly sent: number;
    readonly skipped: number;
    readonly bytes: number;
  }[];
  /** The ports that programs are going to listen on. A busy one is told here and acted on when the program starts. */
  readonly ports: readonly PortReport[];
  /** Names of what can be played now. */
  readonly scenarios: readonly string[];
}

/**
 * Brings the lab up: machines, connections, programs, a look at the ports. What runs and fits stays. When it fails or is interrupted, what this call made
 * is gone again.
 *
 * @throws {CheckError} when machines run that the lab file no longer describes, unless `recreate` is set.
 * @throws {EnvironmentError} when this host cannot, with all that is missing.
 */
export async function up(context: CommandContext, options: { readonly recreate: boolean }): Promise<UpResult> {
  return withCleanup(async (connections) => {
    const early = reachEarly(context, connections, { onlyOwned: true });
    const { lab } = await openLab(context);
    return withLockedLab(context, 'up', (stateFolder) =>
      bringLabUp(context, stateFolder, lab, options.recreate, early, connections),
    );
  });
}

async function bringLabUp(
  context: CommandContext,
  stateFolder: string,
  lab: Lab,
  recreate: boolean,
  early: EarlyShells,
  connections: CleanupStack,
): Promise<UpResult> {
  const provider = await context.providers.named(lab.provider);
  const state = await settle(context, stateFolder, lab, recreate);
  const journal = openJournal(stateFolder);
  const { labId } = await claimIdentity({ stateFolder, journal, providers: context.providers }, lab, state);
  const running = await runningMachines(context, state);
  const made = running.length === 0;
  if (made) await endStrays(context, stateFolder, await strayLabs(stateFolder, context.providers, labId));
  try {
    const place = providerContext(context, { labId, stateFolder }, journal);
    const machines = await bringUp(provider, lab, place, state, running);
    const connect = async (): Promise<ReadonlyMap<string, Shell>> =>
      (await early.take(labId)) ?? connectAll(machines, connections, context.signal);
    const shells = await inStep(
      context.events,
      'reach the machines',
      connect,
      ({ size }) => `${size} of ${machines.length} answer`,
    );
    const newlyUp = made
      ? []
      : [...lab.machines.keys()].filter((name) => !running.some(({ machine }) => machine.name === name));
    const result = { ...(await equip(context, lab, machines, shells)), made, newlyUp };
    if (made) await provider.snapshots?.keepReady(lab, place);
    return result;
  } catch (error) {
    if (made) await undo(context, stateFolder, { labId, name: lab.name, provider: provider.name });
    throw error;
  }
}

/** Clears away what must not stay: all with `recreate`, what a crash left, machines that changed and do not run. Returns the state that fits the lab file. */
async function settle(
  context: CommandContext,
  stateFolder: string,
  lab: Lab,
  recreate: boolean,
): Promise<LabState | undefined> {
  await shedCopy(context, stateFolder);
  await Promise.all([keepSpares(stateFolder), keepMark(stateFolder)]);
  const known = await knownIdentity(stateFolder, context.providers);
  if (known === undefined) return undefined;
  const state = recreate ? undefined : await readState(stateFolder);
  if (state?.fingerprint === fingerprint(lab)) return state;
  // Machines that are not ours are not made anew: the provider looks whether they are as the file says now.
  if (state?.provider === lab.provider && !(await context.providers.named(lab.provider)).features.ownsMachines)
    return state;
  if (state !== undefined && (await runningMachines(context, state)).length > 0) throw changedLab(state, lab);
  await inStep(context.events, recreate ? `take ${known.name} down` : 'clear away what an earlier lab left', () =>
    removeLab(context, stateFolder, known),
  );
  return undefined;
}

async function runningMachines(
  context: CommandContext,
  state: LabState | undefined,
): Promise<readonly AttachedMachine[]> {
  const found = state === undefined ? undefined : await findLab(context);
  return found?.machines.filter(({ running }) => running) ?? [];
}

/**
 * Machines that all run, from those that run already or the provider; the state is on disk as soon as they do. Machines of somebody else may have changed since they were
 * looked at, so the provider looks again.
 */
async function bringUp(
  provider: Provider,
  lab: Lab,
  context: ProviderContext,
  state: LabState | undefined,
  running: readonly AttachedMachine[],
): Promise<readonly AttachedMachine[]> {
  if (state !== undefined && running.length === lab.machines.size && provider.features.ownsMachines) {
    await keepState(context.stateFolder, lab, state, state.providerState);
    await tellRemarks(running, context.events);
    return running;
  }
  requireWalls(provider, lab);
  await requireHost(provider, { signal: context.signal });
  const providerState = await provider
    .up(lab, context)
    .catch((error: unknown) => explainRefusal(provider, error, context.signal));
  await keepState(context.stateFolder, lab, state ?? stateOf(lab, context.labId, providerState), providerState);
  return provider.attach([...lab.machines.values()], providerState, context);
}

/** A wall that the lab file asks for and nobody would build is a fault, not a wish. */
function requireWalls(provider: Provider, lab: Lab): void {
  const open = provider.features.withoutSudo
    ? undefined
    : [...lab.machines.values()].find(({ sudo }) => sudo === false);
  if (open === undefined) return;
  throw new EnvironmentError(`"sudo: false" of machine ${open.name} cannot be kept with provider ${provider.name}`, {
    code: 'sudo-not-kept',
    hint: 'Use provider netns, or remove that line and see to the rights of the account yourself.',
  });
}

async function tellRemarks(machines: readonly AttachedMachine[], events: EventSink): Promise<void> {
  const remarks = new Map(machines.flatMap(({ remark }) => (remark ? [[remark.message, remark] as const] : [])));
  for (const remark of remarks.values()) await events.emit({ kind: 'notice', level: 'warning', ...remark });
}

/** When the provider was refused something, a thorough look may know why and what helps; else its own words stand. */
async function explainRefusal(provider: Provider, error: unknown, signal: AbortSignal): Promise<never> {
  signal.throwIfAborted();
  if (error instanceof EnvironmentError) await requireHost(provider, { thorough: true, signal });
  throw error;
}

/** Writes the state unless the one on disk says the same already. */
async function keepState(
  stateFolder: string,
  lab: Lab,
  state: LabState,
  providerState: LabState['providerState'],
): Promise<void> {
  const next = { ...stateOf(lab, state.labId, providerState), createdAt: state.createdAt };
  const before = await readIntactState(stateFolder, { names: [lab.provider] });
  if (JSON.stringify(before) !== JSON.stringify(next)) await writeState(stateFolder, next);
}

/** Puts the programs on the machines and looks at their ports. */
async function equip(
  context: CommandContext,
  lab: Lab,
  machines: readonly AttachedMachine[],
  shells: ReadonlyMap<string, Shell>,
): Promise<Omit<UpResult, 'made' | 'newlyUp'>> {
  const { events, signal } = context;
  const [deployed, ports] = await Promise.all([
    deployPrograms(lab, shells, { events, signal }),
    inspectProgramPorts(lab.programs.values(), shells, context, 'bind'),
  ]);
  return {
    lab: lab.name,
    provider: lab.provider,
    machines: machines.map(({ machine }) => ({
      name: machine.name,
      user: machine.user,
      addresses: machine.interfaces.map(({ address }) => address),
    })),
    programs: [...deployed.values()].map(summaryOf),
    ports,
    scenarios: [...lab.scenarios.keys()],
  };
}

function summaryOf({ program, sent, skipped, bytes }: DeployedProgram): UpResult['programs'][number] {
  return { name: program.name, on: program.on, sent, skipped, bytes };
}

/** Takes down what this call made, also after ^C; a failure of that is told beside the reason, not instead of it. */
async function undo({ events, providers }: CommandContext, stateFolder: string, lab: LabIdentity): Promise<void> {
  const context = { events, providers, signal: new AbortController().signal };
  await inStep(events, 'take down what was made', () => removeLab(context, stateFolder, lab)).catch((error: unknown) =>
    events.emit({
      kind: 'notice',
      level: 'warning',
      message: `could not take down all that was made: ${messageOf(error)}`,
      hint: 'Run "lab down".',
    }),
  );
}
