import { dirname } from 'node:path';
import { allMachines } from '../core/all-machines.ts';
import type { CleanupStack } from '../core/cleanup.ts';
import { EnvironmentError, UsageError } from '../core/errors.ts';
import { suggestion } from '../core/text/suggest.ts';
import type { AttachedMachine, Provider, ProviderRegistry } from '../providers/provider.ts';
import type { Shell } from '../ssh/shell.ts';
import { requireOwnFolder, stateFolderFor } from '../state/state-folder.ts';
import type { LabState } from '../state/state.ts';
import { originalOf, readOwnState } from './belonging.ts';
import type { CommandContext } from './context.ts';
import { requireOwnLab } from './lab-owner.ts';
import { providerContext } from './provider-context.ts';

/** The lab as it was brought up, found again. */
export interface FoundLab {
  readonly state: LabState;
  readonly provider: Provider;
  /** Those that were asked for, in the order of the lab file. */
  readonly machines: readonly AttachedMachine[];
}

export interface AttachedLab extends FoundLab {
  /** A connected Shell for each of `machines`, by name. */
  readonly shells: ReadonlyMap<string, Shell>;
}

/** Finds the lab that is up, or undefined when none is. Creates nothing. @throws {EnvironmentError} when it is another user's. */
export async function findLab(context: CommandContext): Promise<FoundLab | undefined> {
  const stateFolder = stateFolderFor(context.labFile);
  // Whose the folder is explains what is wrong with what it holds.
  const state = await readOwnState(stateFolder, context.providers).catch(async (error: unknown) => {
    await requireOwnFolder(stateFolder);
    throw error;
  });
  if (state === undefined) return undefined;
  const provider = await context.providers.named(state.provider);
  if (provider.features.ownsMachines) requireOwnLab(state);
  await requireOwnFolder(stateFolder);
  const machines = await provider.attach(
    state.machines,
    state.providerState,
    providerContext(context, { labId: state.labId, stateFolder }),
  );
  return { state, provider, machines };
}

/**
 * Finds the machines with these names, or all of them.
 *
 * @throws {EnvironmentError} when the lab or one of them is not up. @throws {UsageError} for a name that the lab does not have.
 */
export async function findMachines(context: CommandContext, names: readonly string[] = []): Promise<FoundLab> {
  const found = await findLab(context);
  if (found === undefined) throw await notUp(stateFolderFor(context.labFile), context.providers);
  const known = found.machines.map(({ machine }) => machine.name);
  for (const name of names) {
    if (!known.includes(name))
      throw new UsageError(`this lab has no machine "${name}"`, {
        code: 'unknown-machine',
        hint: suggestion(name, known),
      });
  }
  const machines =
    names.length === 0 ? found.machines : found.machines.filter(({ machine }) => names.includes(machine.name));
  const gone = machines.filter(({ running }) => !running).map(({ machine }) => machine.name);
  if (gone.length > 0) {
    throw new EnvironmentError(`${gone.join(', ')} ${gone.length === 1 ? 'does' : 'do'} not run`, {
      code: 'machine-down',
      hint: 'Run "lab up" to bring it back.',
    });
  }
  return { ...found, machines };
}

/** The error of a command that needs a lab that is up. */
export async function notUp(stateFolder: string, providers: ProviderRegistry): Promise<EnvironmentError> {
  const original = await originalOf(stateFolder, providers);
  const copy =
    original === undefined ? '' : `: its folder is a copy of ${dirname(original)}, whose machines are not its own`;
  return new EnvironmentError(`this lab is not up${copy}`, { code: 'lab-down', hint: 'Run "lab up" first.' });
}

/**
 * Connects to the machines with these names, or to all of them, in parallel. The clean-up stack closes the connections.
 *
 * @throws as `findMachines`. @throws {ConnectionError} when one cannot be reached.
 */
export async function attachLab(
  context: CommandContext,
  cleanup: CleanupStack,
  names: readonly string[] = [],
): Promise<AttachedLab> {
  const found = await findMachines(context, names);
  return { ...found, shells: await connectAll(found.machines, cleanup, context.signal) };
}

/**
 * Opens a Shell to each machine, in parallel. When some fail, those that opened are closed by the clean-up stack.
 *
 * @throws {ConnectionError} with all that failed.
 */
export async function connectAll(
  machines: readonly AttachedMachine[],
  cleanup: CleanupStack,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Shell>> {
  const opened: Shell[] = [];
  // All at once: a server that does not take its leave costs half a second.
  cleanup.add('close the connections', () => Promise.all(opened.map((shell) => shell.close())));
  const opening = machines.map(async (attached) => {
    const shell = await attached.connect(signal);
    opened.push(shell);
    return [attached.machine.name, shell] as const;
  });
  return new Map(await allMachines(opening, signal));
}
