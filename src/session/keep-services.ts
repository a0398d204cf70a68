import { allMachines, listFailures } from '../core/all-machines.ts';
import { withCleanup } from '../core/cleanup.ts';
import { CheckError, LabError } from '../core/errors.ts';
import { inStep } from '../core/events.ts';
import { say } from '../core/language/say.ts';
import { listed } from '../core/text/suggest.ts';
import { deployPrograms, type DeployedProgram } from '../deploy/deploy-programs.ts';
import type { Lab, ServiceTerms } from '../lab/types.ts';
import type { AttachedMachine } from '../providers/provider.ts';
import { noteService, serviceNotes } from '../services/service-notes.ts';
import { bringServiceUp, type StartAction } from '../services/start-services.ts';
import { stopServices } from '../services/supervise.ts';
import type { Shell } from '../ssh/shell.ts';
import { connectAll } from './connect-all.ts';
import type { LockedSession } from './locked-session.ts';
import { keepPublished, publishCodes } from './publish.ts';

/** What was done for a service. */
export interface KeptService {
  readonly name: string;
  readonly on: string;
  readonly action: StartAction;
}

export interface ServiceMeans {
  readonly machines: readonly AttachedMachine[];
  readonly shells: ReadonlyMap<string, Shell>;
  readonly programs: ReadonlyMap<string, DeployedProgram>;
}

/**
 * All that is to run beyond a command: services, and this host's ports that lead to machines. What is not in the lab file
 * any more is ended.
 *
 * @throws as `keepServices` and `keepPublished`.
 */
export async function bringServicesUp(
  session: LockedSession,
  { labId, lab }: { readonly labId: string; readonly lab: Lab },
  means: ServiceMeans,
): Promise<KeptService[]> {
  await endFormerServices(session, lab, means.shells);
  const services = [...means.programs].filter(([, { program }]) => program.service !== undefined);
  const kept = await keepServices(session, lab, { ...means, programs: new Map(services) });
  const { stateFolder, journal, context } = session;
  await keepPublished(lab.published ?? [], { labId, stateFolder, journal, signal: context.signal });
  return kept;
}

/** The same for machines that have just been made, on which no programs are yet. */
export async function bringServicesBack(
  session: LockedSession,
  { labId, lab }: { readonly labId: string; readonly lab: Lab },
  machines: readonly AttachedMachine[],
): Promise<void> {
  const only = [...lab.programs.values()].flatMap(({ name, service }) => (service === undefined ? [] : [name]));
  if (only.length === 0 && lab.published === undefined) return;
  const { events, signal } = session.context;
  await withCleanup(async (cleanup) => {
    const shells = only.length === 0 ? new Map<string, Shell>() : await connectAll(machines, cleanup, signal);
    const programs = await deployPrograms(lab, shells, { events, signal, only });
    await bringServicesUp(session, { labId, lab }, { machines, shells, programs });
  });
}

/** Whether the failure is seen best on the machines as they are: they stay up. */
export function leavesMachinesUp(error: unknown): boolean {
  return error instanceof LabError && (serviceCodes.has(error.code) || publishCodes.has(error.code));
}

const serviceCodes: ReadonlySet<string> = new Set(['service-not-ready', 'port-busy', 'perl-missing']);

/** A program that `lab start` starts is not started again: who types at it looks why. */
const byHandTerms: ServiceTerms = { restart: 'no' };

/**
 * Starts those of these programs that do not run with the files and the command that they have now, and waits until
 * they are ready. Costs nothing where there are none.
 *
 * @throws as `bringServiceUp`; all of them have been tried then.
 */
export async function keepServices(
  session: LockedSession,
  lab: Lab,
  { machines, shells, programs }: ServiceMeans,
): Promise<KeptService[]> {
  const { events, signal } = session.context;
  const wanted = [...programs.values()];
  if (wanted.length === 0) return [];
  const names = wanted.map(({ program }) => program.name);
  return inStep(events, say`start ${listed(names)}`, () =>
    allServices(
      wanted.map(async (deployed): Promise<KeptService> => {
        const { name, on, service } = deployed.program;
        const place = { shell: shells.get(on)!, lab: lab.name, signal };
        const slowness = machines.find(({ machine }) => machine.name === on)?.slowness;
        const note = { machine: on, name, byHand: service === undefined };
        const action = await bringServiceUp(
          place,
          { deployed, terms: service ?? byHandTerms },
          { events, slowness, note: () => noteService(session.journal, note) },
        );
        return { name, on, action };
      }),
      signal,
    ),
  );
}

/** As `allMachines`; several that are not ready are told of together. */
async function allServices(work: readonly Promise<KeptService>[], signal: AbortSignal): Promise<KeptService[]> {
  const attempts = await Promise.allSettled(work);
  const failures = attempts.flatMap((attempt) => (attempt.status === 'rejected' ? [attempt.reason as unknown] : []));
  const areTheirs = failures.every((failure) => failure instanceof LabError && serviceCodes.has(failure.code));
  if (failures.length < 2 || !areTheirs || signal.aborted) return allMachines(work, signal);
  throw new CheckError(say`${failures.length} of ${work.length} services are not ready`, {
    code: 'service-not-ready',
    detail: listFailures(failures),
    hint: say`The machines stay up. Look with "lab logs NAME" and "lab status"; when it is corrected: lab up`,
  });
}

/** Ends services that run and that the lab file does not have any more. */
async function endFormerServices(
  { journal, context }: LockedSession,
  lab: Lab,
  shells: ReadonlyMap<string, Shell>,
): Promise<void> {
  const former = serviceNotes(await journal.records()).filter(
    ({ name, machine, byHand }) => !byHand && lab.programs.get(name)?.on !== machine,
  );
  await allMachines(
    former.map(async ({ name, machine }) => {
      const shell = shells.get(machine);
      if (shell !== undefined) await stopServices({ shell, lab: lab.name, signal: context.signal }, [name]);
    }),
    context.signal,
  );
}
