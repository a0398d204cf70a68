import { dirname } from 'node:path';
import type { CleanupStack } from '../core/cleanup.ts';
import { EnvironmentError, UsageError } from '../core/errors.ts';
import { suggestion } from '../core/text/suggest.ts';
import type { AttachedMachine, Provider, ProviderRegistry } from '../providers/provider.ts';
import type { Shell } from '../ssh/shell.ts';
import { requireOwnFolder, stateFolderFor } from '../state/state-folder.ts';
import { readState, type LabState } from '../state/state.ts';
import { originalOf } from './belonging/original-of.ts';
import { connectAll } from './connect-all.ts';
import type { CommandContext } from './context.ts';
import { knownIdentity, requireKnown, type LabIdentity } from './lab-identity.ts';
import { requireOwnLab } from './belonging/lab-owner.ts';
import type { OpenedLab } from './lab-file/opened-lab.ts';
import { loginPolicy } from './provider-means.ts';
import { say } from '../core/language/say.ts';

/** The lab as it was brought up, found again. */
export interface FoundLab {
  readonly state: LabState;
  readonly provider: Provider;
  /** Those that were asked for, in the order of the lab file. */
  readonly machines: readonly AttachedMachine[];
}

export interface ConnectedLab extends FoundLab {
  /** A connected Shell for each of `machines`, by name. */
  readonly shells: ReadonlyMap<string, Shell>;
}

/** What a session begins with: nothing that another `lab` may change. */
export interface SessionSource {
  readonly context: CommandContext;
  /** Those of the context; `named` gives the same provider object each time. */
  readonly providers: ProviderRegistry;
  /**
   * The lab file and its scenarios, read once.
   *
   * @throws {UsageError} when it is missing, or has problems: all of them.
   */
  readonly lab: () => Promise<OpenedLab>;
}

/**
 * The lab that a command works on. Lab file, state, provider and machines are each read when they are first asked for,
 * once, and then kept; the journal is read each time. A session makes nothing and changes nothing: what does takes a
 * `LockedSession`.
 */
export class Session implements SessionSource {
  readonly context: CommandContext;
  /** Absolute path of the `.lab` folder, whether or not it exists. */
  readonly stateFolder: string;
  readonly providers: ProviderRegistry;
  readonly lab: () => Promise<OpenedLab>;
  #saved: Promise<LabState | undefined> | undefined;
  #original: Promise<string | undefined> | undefined;
  #attached: Promise<FoundLab | undefined> | undefined;

  constructor({ context, providers, lab }: SessionSource) {
    this.context = context;
    this.stateFolder = stateFolderFor(context);
    this.providers = providers;
    this.lab = lab;
  }

  /** What `state.json` says, also in a folder that was copied from the lab's own. Throws as `readState`. */
  savedState(): Promise<LabState | undefined> {
    return (this.#saved ??= readState(this.stateFolder));
  }

  /**
   * The state of the lab of this folder; undefined when it is not up, also when the folder is a copy of one that is.
   * Throws as `readState`.
   */
  async state(): Promise<LabState | undefined> {
    const state = await this.savedState();
    return state === undefined || (await this.original()) !== undefined ? undefined : state;
  }

  /**
   * The identity that this folder knows, by its state or its journal; undefined when nothing was ever made from it, or
   * all of it is gone.
   */
  identity(): Promise<LabIdentity | undefined> {
    return knownIdentity(this, this.savedState());
  }

  /** The `.lab` folder that this one is a copy of, as `originalOf`. */
  original(): Promise<string | undefined> {
    return (this.#original ??= originalOf(this, () => this.identity()));
  }

  /**
   * The lab that is up, and its machines; undefined when none is.
   *
   * @throws {EnvironmentError} when it is another user's.
   */
  attached(): Promise<FoundLab | undefined> {
    return (this.#attached ??= this.#attach());
  }

  /**
   * The machines with these names, or all of them.
   *
   * @throws {EnvironmentError} when the lab or one of them is not up. @throws {UsageError} for a name that the lab does
   * not have.
   */
  async machines(names: readonly string[] = []): Promise<FoundLab> {
    const found = await this.attached();
    if (found === undefined) throw await this.notUp();
    const known = found.machines.map(({ machine }) => machine.name);
    for (const name of names) {
      if (!known.includes(name))
        throw new UsageError(say`this lab has no machine "${name}"`, {
          code: 'unknown-machine',
          hint: suggestion(name, known),
        });
    }
    const machines =
      names.length === 0 ? found.machines : found.machines.filter(({ machine }) => names.includes(machine.name));
    requireRunning(machines);
    return { ...found, machines };
  }

  /**
   * Connects to the machines with these names, or to all of them, in parallel. The clean-up stack closes the
   * connections.
   *
   * @throws as `machines`. @throws {ConnectionError} when one cannot be reached.
   */
  async connect(cleanup: CleanupStack, names: readonly string[] = []): Promise<ConnectedLab> {
    const found = await this.machines(names);
    return { ...found, shells: await connectAll(found.machines, cleanup, this.context.signal) };
  }

  /** The error of a command that needs a lab that is up. */
  async notUp(): Promise<EnvironmentError> {
    const original = await this.original();
    const message =
      original === undefined
        ? say`this lab is not up`
        : say`this lab is not up: its folder is a copy of ${dirname(original)}, whose machines are not its own`;
    return new EnvironmentError(message, { code: 'lab-down', hint: say`Run "lab up" first.` });
  }

  /** From here on the state is this one, which is on disk; machines are looked for again. Only with the lock held. */
  protected changeTo(state: LabState | undefined): void {
    this.#saved = Promise.resolve(state);
    this.#original = undefined;
    this.#attached = undefined;
  }

  async #attach(): Promise<FoundLab | undefined> {
    const { stateFolder } = this;
    // Whose the folder is explains what is wrong with what it holds.
    const state = await this.state().catch(async (error: unknown) => {
      await requireOwnFolder(stateFolder);
      throw error;
    });
    if (state === undefined) return undefined;
    requireKnown(state, stateFolder, this.providers);
    const provider = await this.providers.named(state.provider);
    if (provider.features.ownsMachines) requireOwnLab(state);
    await requireOwnFolder(stateFolder);
    const { labId, machines, providerState } = state;
    const place = { labId, stateFolder };
    return {
      state,
      provider,
      machines: await provider.attach(machines, providerState, place, loginPolicy(this.context)),
    };
  }
}

function requireRunning(machines: readonly AttachedMachine[]): void {
  const gone = machines.filter(({ running }) => !running).map(({ machine }) => machine.name);
  if (gone.length === 0) return;
  const names = gone.join(', ');
  throw new EnvironmentError(gone.length === 1 ? say`${names} does not run` : say`${names} do not run`, {
    code: 'machine-down',
    hint: say`Run "lab up" to bring it back.`,
  });
}
