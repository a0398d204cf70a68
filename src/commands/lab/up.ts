import { addressesOf } from '../../core/lab-description.ts';
import type { CleanupStack } from '../../core/cleanup.ts';
import { inStep } from '../../core/events.ts';
import { say } from '../../core/language/say.ts';
import { deployPrograms, type DeployedProgram } from '../../deploy/deploy-programs.ts';
import type { Lab, Publication } from '../../lab/types.ts';
import type { PortReport } from '../../ports/inspect-port.ts';
import type { AttachedMachine } from '../../providers/provider.ts';
import { changedLab } from '../../session/changed-lab.ts';
import { connectAll } from '../../session/connect-all.ts';
import type { CommandContext } from '../../session/context.ts';
import { bringServicesUp, leavesMachinesUp, type KeptService } from '../../session/keep-services.ts';
import { claimIdentity } from '../../session/lab-identity.ts';
import { withLock, type LockedSession } from '../../session/locked-session.ts';
import { bringUp, undoMachines } from '../../session/make-machines.ts';
import { inspectProgramPorts } from '../../session/program-ports.ts';
import { makingOf } from '../../session/provider-means.ts';
import { reachEarly } from '../../session/reach-early.ts';
import { removeLab } from '../../session/remove-lab.ts';
import { openSession } from '../../session/open-session.ts';
import type { FoundLab } from '../../session/session.ts';
import { shedCopy } from '../../session/belonging/shed-copy.ts';
import { endStrays, strayLabs } from '../../session/belonging/stray-labs.ts';
import type { Shell } from '../../ssh/shell.ts';
import { keepMark } from '../../state/folder-mark.ts';
import { isUnchanged } from '../../state/lab-change.ts';
import { keepSpares } from '../../state/runs/spares.ts';

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
  /**
   * The ports that programs of scenarios are going to listen on. A busy one is reported here and acted on when the
   * program starts.
   */
  readonly ports: readonly PortReport[];
  /** What was done for each service. */
  readonly services: readonly KeptService[];
  /** Ports of this host that lead to machines. */
  readonly published: readonly Publication[];
  /** Names of what can be played now. */
  readonly scenarios: readonly string[];
}

/**
 * Brings the lab up: machines, connections, programs, a look at the ports, services. What runs and fits stays. When it fails or
 * is interrupted, what this call made is gone again; but machines stay up for a look at a service that does not get ready.
 *
 * @throws as `bringServicesUp`.
 * @throws {CheckError} when machines run that the lab file no longer describes, unless `recreate` is set.
 * @throws {EnvironmentError} when this host cannot, with all that is missing.
 */
export async function up(context: CommandContext, { recreate }: { readonly recreate: boolean }): Promise<UpResult> {
  const session = openSession(context);
  return withLock(session, {
    command: 'up',
    check: () => session.lab(),
    work: (locked, cleanup) => bringLabUp(locked, cleanup, recreate),
  });
}

async function bringLabUp(session: LockedSession, cleanup: CleanupStack, recreate: boolean): Promise<UpResult> {
  const { events, signal } = session.context;
  const early = reachEarly(session, cleanup, { onlyOwned: true });
  const { lab, remarks } = await session.lab();
  for (const remark of remarks) await events.emit({ kind: 'notice', ...remark });
  const provider = await session.providers.named(lab.provider);
  const kept = await settle(session, lab, recreate);
  const running = kept?.machines.filter((machine) => machine.running) ?? [];
  const { labId } = await claimIdentity(session, lab, kept?.state);
  const made = running.length === 0;
  if (made) await endStrays(session, await strayLabs(session, labId));
  try {
    const machines = await bringUp(session, { labId, lab, kept, running });
    const shells = await inStep(
      events,
      say`reach the machines`,
      async () => (await early.take(labId)) ?? connectAll(machines, cleanup, signal),
      ({ size }) => say`${size} of ${machines.length} answer`,
    );
    const newlyUp = made
      ? []
      : [...lab.machines.keys()].filter((name) => !running.some(({ machine }) => machine.name === name));
    const { deployed, ...result } = await equip(session.context, lab, machines, shells);
    if (made) await provider.snapshots?.keepReady(lab, { labId, stateFolder: session.stateFolder }, makingOf(session));
    const services = await bringServicesUp(session, { labId, lab }, { machines, shells, programs: deployed });
    return { ...result, services, published: lab.published ?? [], made, newlyUp };
  } catch (error) {
    if (made && !leavesMachinesUp(error))
      await undoMachines(session, { labId, name: lab.name, provider: provider.name });
    throw error;
  }
}

/**
 * Clears away what must not stay: all with `recreate`, what a crash left, machines that changed and do not run. Returns
 * the lab that is up and stays.
 */
async function settle(session: LockedSession, lab: Lab, recreate: boolean): Promise<FoundLab | undefined> {
  const { stateFolder, providers, context } = session;
  await shedCopy(session);
  await Promise.all([keepSpares(stateFolder), keepMark(stateFolder)]);
  const known = await session.identity();
  if (known === undefined) return undefined;
  const state = recreate ? undefined : await session.savedState();
  if (state !== undefined && isUnchanged(state, lab)) return session.attached();
  // Machines that are not ours are not made again: the provider looks whether they are as the file says now.
  if (state?.provider === lab.provider && !(await providers.named(lab.provider)).features.ownsMachines)
    return session.attached();
  if (state !== undefined && (await session.attached())?.machines.some(({ running }) => running) === true)
    throw changedLab(state, lab);
  await inStep(context.events, recreate ? say`take ${known.name} down` : say`clear away what an earlier lab left`, () =>
    removeLab(session, known),
  );
  // Those that were laid by before are gone with the lab that they were for.
  await keepSpares(stateFolder);
  return undefined;
}

type Equipped = Omit<UpResult, 'made' | 'newlyUp' | 'services' | 'published'> & {
  readonly deployed: ReadonlyMap<string, DeployedProgram>;
};

/** Puts the programs on the machines and looks at their ports. */
async function equip(
  context: CommandContext,
  lab: Lab,
  machines: readonly AttachedMachine[],
  shells: ReadonlyMap<string, Shell>,
): Promise<Equipped> {
  const { events, signal } = context;
  const programs = [...lab.programs.values()].filter(({ service }) => service === undefined);
  const [deployed, ports] = await Promise.all([
    deployPrograms(lab, shells, { events, signal }),
    inspectProgramPorts(programs, shells, context, 'bind'),
  ]);
  return {
    deployed,
    lab: lab.name,
    provider: lab.provider,
    machines: machines.map(({ machine }) => ({
      name: machine.name,
      user: machine.user,
      addresses: addressesOf(machine),
    })),
    programs: [...deployed.values()].map(summaryOf),
    ports,
    scenarios: [...lab.scenarios.keys()],
  };
}

function summaryOf({ program, sent, skipped, bytes }: DeployedProgram): UpResult['programs'][number] {
  return { name: program.name, on: program.on, sent, skipped, bytes };
}
