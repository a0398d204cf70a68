import { allMachines, listFailures } from '../../core/all-machines.ts';
import { ConnectionError, TimeoutError } from '../../core/errors.ts';
import { inStep } from '../../core/events.ts';
import type { Lab, Machine } from '../../lab/types.ts';
import type { Shell } from '../../ssh/shell.ts';
import { isMarkedHere } from '../../state/folder-mark.ts';
import { readJournal } from '../../state/journal.ts';
import { readState } from '../../state/state.ts';
import { OpenedShells } from '../opened-shells.ts';
import type {
  AttachedMachine,
  LabelledLab,
  Provider,
  ProviderContext,
  ProviderFeatures,
  ProviderState,
  Requirement,
} from '../provider.ts';
import { configStamp } from './route/config-stamp.ts';
import { inspectMachines } from './inspect-machine.ts';
import { noticesAbout } from './notices.ts';
import { reach, Tunnels } from './reach-server.ts';
import { sshRequirements } from './requirements.ts';
import { resolveRoute } from './route/resolve-route.ts';
import type { Route } from './route/route.ts';
import { sshConfigOf } from './route/client-config.ts';
import { machineState, storedRoute, type MachineState } from './stored.ts';

/** Kind of the records that tell `down` which machines were touched. */
const JOURNAL_KIND = 'ssh-machine';

/** Machines that exist already and that only SSH leads to. Nothing of them is changed but the lab's own folders in the home of the account. */
export class SshProvider implements Provider {
  readonly name = 'ssh';
  readonly features: ProviderFeatures = { ownsMachines: false, withoutSudo: false };
  readonly #tunnels = new Tunnels();
  readonly #opened = new OpenedShells();

  async check(): Promise<Requirement[]> {
    return sshRequirements();
  }

  async up(lab: Lab, context: ProviderContext): Promise<ProviderState> {
    const machines = [...lab.machines.values()];
    const routes = new Map(
      await Promise.all(
        machines.map(async (machine) => [machine.name, await resolveRoute(machine, context.signal)] as const),
      ),
    );
    try {
      const shells = await inStep(context.events, `log in to ${countOf(machines.length)}`, () =>
        this.#reachAll(routes, context),
      );
      const facts = await inStep(context.events, 'look whether they are what lab.yaml says', () =>
        inspectMachines(lab, shells, context),
      );
      // So far nothing was changed anywhere; from now on programs may be put there.
      await this.#writeDown(routes, context);
      for (const notice of noticesAbout(lab, facts)) await context.events.emit({ kind: 'notice', ...notice });
      const states = machines.map(({ name }): [string, MachineState] => [
        name,
        { route: routes.get(name)!, facts: facts.get(name)! },
      ]);
      return { configStamp: await configStamp(), machines: Object.fromEntries(states) };
    } catch (error) {
      await this.#opened.closeAll();
      throw error;
    }
  }

  async attach(
    machines: readonly Machine[],
    state: ProviderState,
    context: ProviderContext,
  ): Promise<AttachedMachine[]> {
    const isOwn = await isMarkedHere(context.stateFolder);
    const isCurrent = isOwn && state['configStamp'] === (await configStamp());
    return machines.map((machine) => {
      const stored = machineState(state, machine.name);
      return this.#attached(
        machine,
        stored && { ...stored, route: isOwn ? stored.route : withoutCommands(stored.route) },
        isCurrent,
        context,
      );
    });
  }

  async list(): Promise<LabelledLab[]> {
    return [];
  }

  async down(_labId: string, context: ProviderContext): Promise<string[]> {
    await this.#opened.closeAll();
    // Either of the two may have been damaged.
    const touched = new Map([
      ...(await savedMachines(context.stateFolder)),
      ...(await touchedMachines(context.stateFolder)),
    ]);
    const isOwn = await isMarkedHere(context.stateFolder);
    const tidied = await allMachines(
      [...touched].map(async ([machine, route]) =>
        this.#tidy(machine, isOwn ? route : await ownRoute(machine, route, context.signal), context),
      ),
      context.signal,
    ).catch((error: unknown) => {
      throw error instanceof ConnectionError ? couldNotTidy(error) : error;
    });
    return tidied.flat();
  }

  async #reachAll(routes: ReadonlyMap<string, Route>, context: ProviderContext): Promise<ReadonlyMap<string, Shell>> {
    const opening = [...routes].map(async ([machine, route]) => {
      const shell = await reach(machine, route, this.#tunnels, context, context.signal);
      this.#opened.keep(shell);
      return [machine, shell] as const;
    });
    return new Map(await allMachines(opening, context.signal));
  }

  async #writeDown(routes: ReadonlyMap<string, Route>, { stateFolder, journal }: ProviderContext): Promise<void> {
    const known = await touchedMachines(stateFolder);
    const news = [...routes].filter(([machine, route]) => JSON.stringify(known.get(machine)) !== JSON.stringify(route));
    await Promise.all(news.map(([machine, route]) => journal({ kind: JOURNAL_KIND, machine, route })));
  }

  #attached(
    machine: Machine,
    state: MachineState | undefined,
    isCurrent: boolean,
    context: ProviderContext,
  ): AttachedMachine {
    const { name } = machine;
    const connect = async (signal?: AbortSignal): Promise<Shell> => {
      const open = this.#opened.take(name);
      if (open !== undefined) return open;
      const route = state !== undefined && isCurrent ? state.route : await resolveRoute(machine, signal);
      return reach(name, route, this.#tunnels, context, signal);
    };
    return {
      machine,
      running: true,
      connect,
      sshConfig: sshConfigOf(state?.route, context.stateFolder),
      facts: state?.facts,
    };
  }

  async #tidy(machine: string, route: Route, context: ProviderContext): Promise<string[]> {
    const shell = await reach(machine, route, this.#tunnels, context, context.signal);
    try {
      const stays = (await context.sweep?.(shell).catch((error: unknown) => fallenSilent(machine, error))) ?? [];
      for (const message of stays)
        await context.events.emit({ kind: 'notice', level: 'info', message: `${machine}: ${message}` });
      return [`the lab's folder on ${machine}`];
    } finally {
      await shell.close();
    }
  }
}

function withoutCommands({ proxyCommand: _ignored, jumps, ...route }: Route): Route {
  return { ...route, jumps: jumps.map(withoutCommands) };
}

/** The way to the same server as the user's own configuration knows it: a route that somebody else may have written could name a command, which would run here. */
async function ownRoute(name: string, { alias, port, user }: Route, signal: AbortSignal): Promise<Route> {
  return resolveRoute(
    {
      name,
      user,
      image: '',
      interfaces: [],
      memoryMiB: undefined,
      cpus: undefined,
      diskMiB: undefined,
      ssh: { host: alias, port, user, key: undefined },
    },
    signal,
  );
}

/** Those of the state, when it is whole. */
async function savedMachines(stateFolder: string): Promise<[string, Route][]> {
  const state = await readState(stateFolder).catch(() => undefined);
  return (state?.machines ?? []).flatMap(({ name }): [string, Route][] => {
    const saved = machineState(state!.providerState, name);
    return saved === undefined ? [] : [[name, saved.route]];
  });
}

/** Machines on which something may lie by the journal, and the way there. */
async function touchedMachines(stateFolder: string): Promise<ReadonlyMap<string, Route>> {
  const records = (await readJournal(stateFolder)).filter(({ kind }) => kind === JOURNAL_KIND);
  return new Map(
    records.flatMap(({ machine, route: stored }) => {
      const route = storedRoute(stored);
      return route === undefined || typeof machine !== 'string' ? [] : [[machine, route] as const];
    }),
  );
}

/** A machine that lets us in and does no more is as good as one that cannot be reached: `down --purge` forgets it. */
function fallenSilent(machine: string, error: unknown): never {
  if (!(error instanceof TimeoutError)) throw error;
  throw new ConnectionError(machine, error.message, { code: 'machine-silent', hint: error.hint, cause: error });
}

function couldNotTidy(failure: ConnectionError): ConnectionError {
  const isOne = failure.code !== 'machines-unreachable';
  return new ConnectionError(
    failure.machine,
    `what the lab put there stays on ${isOne ? 'a machine' : 'machines'} that cannot be reached`,
    {
      code: 'machine-not-tidied',
      detail: isOne ? listFailures([failure]) : failure.detail,
      hint: 'Start the machine and run "lab down" again; "lab down --purge" forgets the lab without that.',
      cause: failure,
    },
  );
}

function countOf(machines: number): string {
  return `${machines} machine${machines === 1 ? '' : 's'}`;
}
