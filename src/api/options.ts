import { join, resolve } from 'node:path';
import type { EventSink } from '../core/events.ts';
import { allProviders } from '../providers/registry.ts';
import { makeOwnPlace, removeOwnPlace } from '../session/belonging/own-place.ts';
import type { CommandContext } from '../session/context.ts';
import { STATE_FOLDER_NAME } from '../state/state-folder.ts';
import { textOfDefinition } from './define-lab.ts';
import type { LabDefinition } from './lab-definition.ts';
import { quietTerminal } from './quiet-terminal.ts';

/** How a lab is opened. */
export interface LabOptions {
  /**
   * Ends what is under way when it aborts: the call rejects with the reason of the signal, and what it had begun to make
   * is gone.
   */
  readonly signal?: AbortSignal | undefined;
  /** Where machines come from, instead of what the lab says. */
  readonly provider?: LabDefinition['provider'];
  /** Name of the lab, instead of what the lab says. */
  readonly name?: string | undefined;
  /**
   * The folder where relative paths start: that of the lab file, of `put` and `get`, and of `files` in a lab in
   * TypeScript. Default: the folder that the process stands in; in a test, `import.meta.dirname` is the folder of its
   * file.
   */
  readonly cwd?: string | undefined;
  /**
   * The folder in which lab makes `.lab`, where it keeps the state, keys and runs of the lab. Default: as `isolated`
   * says.
   */
  readonly state?: string | undefined;
  /**
   * Whether this handle has a lab of its own, with its data in a temporary folder that goes with it: tests that run at
   * the same time do not share machines. `false`: `.lab` lies next to the lab file (or in `cwd`), and the lab is the same
   * as that of the command line there. Default: `true` for a lab in TypeScript, `false` for a lab file.
   */
  readonly isolated?: boolean | undefined;
  /** Get nothing from the network, such as images of virtual machines. */
  readonly offline?: boolean | undefined;
  /** Learn unknown SSH host keys (`provider: ssh`), as `lab up --accept-new-host-keys` does; otherwise they are an error. */
  readonly acceptNewHostKeys?: boolean | undefined;
}

/** The name that stands for the file of a lab in TypeScript. */
const NO_FILE = 'defineLab';

/** Makes the context of each command of one handle. */
export class LabPlace {
  readonly #base: Omit<CommandContext, 'signal' | 'events' | 'stateFolder'>;
  readonly #state: string | undefined;
  readonly #isIsolated: boolean;
  #own: string | undefined;

  constructor(lab: string | LabDefinition, options: LabOptions) {
    const { provider, name, state, isolated, offline, acceptNewHostKeys } = options;
    const isFile = typeof lab === 'string';
    const cwd = resolve(options.cwd ?? '.');
    this.#state = state === undefined ? undefined : resolve(cwd, state, STATE_FOLDER_NAME);
    this.#isIsolated = state === undefined && (isolated ?? !isFile);
    this.#base = {
      cwd,
      labFile: resolve(cwd, isFile ? lab : NO_FILE),
      overrides: {
        ...(provider === undefined ? {} : { provider }),
        ...(name === undefined ? {} : { name }),
        ...(isFile ? {} : { text: textOfDefinition(lab) }),
      },
      providers: allProviders,
      terminal: quietTerminal(),
      acceptNewHostKeys,
      offline,
    };
  }

  /** The context of one command. */
  context(events: EventSink, signal: AbortSignal): CommandContext {
    if (this.#isIsolated) this.#own ??= makeOwnPlace();
    const own = this.#own === undefined ? undefined : join(this.#own, STATE_FOLDER_NAME);
    return { ...this.#base, events, signal, stateFolder: this.#state ?? own };
  }

  /** Removes what belongs to the handle alone, when its machines are gone. */
  async leave(): Promise<void> {
    const own = this.#own;
    this.#own = undefined;
    if (own !== undefined) await removeOwnPlace(own);
  }
}
