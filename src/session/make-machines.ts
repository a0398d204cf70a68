import { EnvironmentError, messageOf } from '../core/errors.ts';
import { inStep, type EventSink } from '../core/events.ts';
import { listed } from '../core/text/suggest.ts';
import type { Lab } from '../lab/types.ts';
import type { AttachedMachine, Provider, ProviderState } from '../providers/provider.ts';
import { keepSpares } from '../state/runs/spares.ts';
import { stateOf } from '../state/state.ts';
import { bringServicesBack, leavesMachinesUp } from './keep-services.ts';
import { claimIdentity, hasMadeSome, type LabIdentity } from './lab-identity.ts';
import type { LockedSession } from './locked-session.ts';
import { makingOf } from './provider-means.ts';
import { removeLab } from './remove-lab.ts';
import { requireHost } from './require-host.ts';
import { setUpMachines } from './set-up.ts';
import type { FoundLab, Session } from './session.ts';
import { say } from '../core/language/say.ts';

/** A lab on its way up: what it is to be, and what of it is there. */
export interface Rise {
  readonly labId: string;
  readonly lab: Lab;
  readonly kept: FoundLab | undefined;
  readonly running: readonly AttachedMachine[];
}

/**
 * Machines that all run, from those that run already or the provider; the state is on disk as soon as they do. Machines
 * of someone else may have changed since they were looked at, so the provider looks again.
 */
export async function bringUp(
  session: LockedSession,
  { labId, lab, kept, running }: Rise,
): Promise<readonly AttachedMachine[]> {
  const { events, signal } = session.context;
  const provider = await session.providers.named(lab.provider);
  const keep = (providerState: ProviderState): Promise<void> => {
    const state = stateOf(lab, kept?.state.labId ?? labId, providerState);
    // Machines that stay are still those of who made them.
    const { createdAt, labVersion } = kept?.state ?? state;
    return session.keepState({ ...state, createdAt, labVersion });
  };
  if (kept !== undefined && running.length === lab.machines.size && provider.features.ownsMachines) {
    await keep(kept.state.providerState);
    await tellRemarks(running, events);
    return running;
  }
  requireWalls(provider, lab);
  await tellUnapplied(provider, lab, events);
  await requireHost(provider, { signal });
  const place = { labId, stateFolder: session.stateFolder };
  const making = makingOf(session);
  const providerState = await provider
    .up(lab, place, making)
    .catch((error: unknown) => explainRefusal(provider, error, signal));
  const machines = await provider.attach([...lab.machines.values()], providerState, place, making.login);
  // Only then is it a lab that is up: an "up" that ends before makes its machines again.
  await setUpMachines(machines, provider, making);
  await keep(providerState);
  await tellRemarks(machines, events);
  return machines;
}

/** A wall that the lab file asks for and the provider cannot build is an error, not a wish. */
function requireWalls(provider: Provider, lab: Lab): void {
  const open = provider.features.withoutSudo
    ? undefined
    : [...lab.machines.values()].find(({ sudo }) => sudo === false);
  if (open === undefined) return;
  throw new EnvironmentError(say`"sudo: false" of machine ${open.name} cannot be kept with provider ${provider.name}`, {
    code: 'sudo-not-kept',
    hint: say`Use provider netns, or remove that line and see to the rights of the account yourself.`,
  });
}

/** What the lab file opens of the surroundings of machines, where the provider does not make these. */
async function tellUnapplied(provider: Provider, lab: Lab, events: EventSink): Promise<void> {
  const { sharesPrograms, ownsMachines } = provider.features;
  const asking = sharesPrograms
    ? []
    : [...lab.machines.values()].filter(({ hostFolders }) => hostFolders !== undefined);
  const networks = ownsMachines ? [] : [...lab.networks.values()].filter(({ reachesPrivate }) => reachesPrivate);
  if (asking.length > 0)
    await events.emit({
      kind: 'notice',
      level: 'warning',
      message: say`"host-folders" of ${listed(asking.map(({ name }) => name))} does not apply: machines of provider ${provider.name} have a system of their own`,
      hint: say`What a program needs of this host goes into its "files".`,
    });
  if (networks.length > 0)
    await events.emit({
      kind: 'notice',
      level: 'warning',
      message: say`"nat: { private: true }" of ${listed(networks.map(({ name }) => name))} does not apply: machines of provider ${provider.name} have networks that lab does not make`,
      hint: say`What they reach is decided there; "lab status --walls" tries some of it.`,
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

/**
 * Takes down what this call made, also after ^C; a failure of that is reported in addition to the reason, not instead
 * of it. When nothing was made yet, no word is lost on it.
 */
export async function undoMachines(session: LockedSession, lab: LabIdentity): Promise<void> {
  const { events } = session.context;
  const context = { events, signal: new AbortController().signal };
  const remove = (): Promise<unknown> => removeLab(session, lab, context);
  const madeSome = await hasMadeSome(session).catch(() => true);
  await (madeSome ? inStep(events, say`take down what was made`, remove) : remove()).catch((error: unknown) =>
    events.emit({
      kind: 'notice',
      level: 'warning',
      message: say`could not take down all that was made: ${messageOf(error)}`,
      hint: say`Run "lab down".`,
    }),
  );
}

/**
 * Makes sure that the machines of the lab can be made again.
 *
 * @throws {EnvironmentError} `cannot-remake` when its provider does not make them. @throws {UsageError} when the lab
 * file has problems.
 */
async function requireRemakable(session: Session): Promise<void> {
  const { lab } = await session.lab();
  const { name, features } = await session.providers.named(lab.provider);
  if (features.ownsMachines) return;
  throw new EnvironmentError(say`"--fresh" makes the machines again, and provider ${name} makes none: they are there`, {
    code: 'cannot-remake',
    hint: say`Leave out --fresh. A port that is in TIME_WAIT is free again after a minute, and at once for a server that sets SO_REUSEADDR before bind.`,
  });
}

/**
 * Takes the machines of a lab that is up down and makes them again, so that nothing is left of what was done on them:
 * connections, neighbours, processes, files. When that fails, or is interrupted, the lab is down.
 *
 * Nothing less does: ss(8) can kill sockets (`ss -K`), but nothing else, needs root on the machine, and older kernels
 * refuse it for those in TIME_WAIT.
 *
 * @throws {EnvironmentError} when it is not up, or the host cannot.
 */
async function remakeMachines(session: LockedSession): Promise<void> {
  const { stateFolder, context } = session;
  const { lab } = await session.lab();
  const found = await session.attached();
  if (found === undefined) throw await session.notUp();
  await inStep(context.events, say`take ${found.state.name} down`, () => removeLab(session, found.state));
  await keepSpares(stateFolder);
  const { labId } = await claimIdentity(session, lab, undefined);
  try {
    const machines = await bringUp(session, { labId, lab, kept: undefined, running: [] });
    await bringServicesBack(session, { labId, lab }, machines);
  } catch (error) {
    if (!leavesMachinesUp(error)) await undoMachines(session, { labId, name: lab.name, provider: lab.provider });
    throw error;
  }
}

/** How a series of plays gets machines that nobody has used before. */
export const freshMachines = { require: requireRemakable, make: remakeMachines };
