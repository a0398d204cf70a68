import { resolve } from 'node:path';
import type { EventSink } from '../core/events.ts';
import { allProviders } from '../providers/registry.ts';
import type { CommandContext } from '../session/context.ts';
import { STATE_FOLDER_NAME } from '../state/state-folder.ts';
import { quietTerminal } from './quiet-terminal.ts';

/** How a lab is opened. */
export interface LabOptions {
  /**
   * Ends what is under way when it aborts: the call rejects with the reason of the signal, and what it had begun to make
   * is gone.
   */
  readonly signal?: AbortSignal | undefined;
  /** Where machines come from, instead of what the lab says: `netns`, `qemu` or `ssh`. */
  readonly provider?: string | undefined;
  /** Name of the lab, instead of what the lab says. */
  readonly name?: string | undefined;
  /** The folder where relative paths start. Default: the folder that the process stands in. */
  readonly cwd?: string | undefined;
  /**
   * The folder in which lab makes `.lab`, where it keeps state, keys and runs. Default: that of the lab file, as on the
   * command line. Two tests that run at the same time and have a folder each have a lab each.
   */
  readonly state?: string | undefined;
  /** Get nothing from the network, such as images of virtual machines. */
  readonly offline?: boolean | undefined;
  /** Learn unknown SSH host keys (`provider: ssh`), as `lab up --accept-new-host-keys` does; without it they are an error. */
  readonly acceptNewHostKeys?: boolean | undefined;
}

/** What the calls of one handle have in common. */
export type BaseContext = Omit<CommandContext, 'signal'>;

/** The context of commands of a lab whose file is this one. */
export function baseContext(file: string, options: LabOptions, events: EventSink): BaseContext {
  const { provider, name, state, offline, acceptNewHostKeys } = options;
  const cwd = resolve(options.cwd ?? '.');
  return {
    cwd,
    labFile: resolve(cwd, file),
    overrides: { ...(provider === undefined ? {} : { provider }), ...(name === undefined ? {} : { name }) },
    stateFolder: state === undefined ? undefined : resolve(cwd, state, STATE_FOLDER_NAME),
    providers: allProviders,
    events,
    terminal: quietTerminal(),
    acceptNewHostKeys,
    offline,
  };
}
