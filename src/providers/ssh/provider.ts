import { isDeepStrictEqual } from 'node:util';
import { allMachines } from '../../core/all-machines.ts';
import { inStep } from '../../core/events.ts';
import { say, counted } from '../../core/language/say.ts';
import type { Lab, Machine } from '../../lab/types.ts';
import type { Shell } from '../../ssh/shell.ts';
import { isMarkedHere } from '../../state/folder-mark.ts';
import { OpenedShells } from '../opened-shells.ts';
import type {
  AttachedMachine,
  JournalEntry,
  LabelledLab,
  LabPlace,
  LabTraces,
  LoginPolicy,
  Making,
  Provider,
  ProviderFeatures,
  ProviderState,
  Requirement,
  TouchedMachine,
} from '../provider.ts';
import { inspectMachines } from './inspect-machine.ts';
import { noticesAbout } from './notices.ts';
import { reach, reachPorts, Tunnels, type Access } from './reach-server.ts';
import { sshRequirements } from './requirements.ts';
import { sshConfigOf } from './route/client-config.ts';
import { configStamp } from './route/config-stamp.ts';
import { resolveRoute } from './route/resolve-route.ts';
import type { Route } from './route/route.ts';
import { machineState, storedRoute, storedRoutes, type MachineState } from './stored.ts';

/** Kind of the records of machines on which something may lie. */
const JOURNAL_KIND = 'ssh-machine';

/**
 * Machines that exist already and that only SSH leads to. Nothing of them is changed but the lab's own folders in the
 * home of the account.
 */
export class SshProvider implements Provider {
  readonly name = 'ssh';
  readonly features: ProviderFeatures = {
    ownsMachines: false,
    withoutSudo: false,
    sharesPrograms: false,
    system: { kind: 'existing' },
  };
  readonly #tunnels = new Tunnels();
  readonly #opened = new OpenedShells();

  async check(): Promise<Requirement[]> {
    return sshRequirements();
  }

  async up(lab: Lab, { stateFolder }: LabPlace, making: Making): Promise<ProviderState> {
    const { events, signal, login, journal } = making;
    const machines = [...lab.machines.values()];
    const routes = new Map(
      await Promise.all(machines.map(async (machine) => [machine.name, await resolveRoute(machine, signal)] as const)),
    );
    try {
      const shells = await inStep(events, say`log in to ${counted(machines.length, 'machine')}`, () =>
        this.#reachAll(routes, this.#access(stateFolder, login, signal), signal),
      );
      const facts = await inStep(events, say`look whether they are what lab.yaml says`, () =>
        inspectMachines(lab, shells, making),
      );
      // So far nothing was changed anywhere; from now on programs may be put there.
      const known = journaledRoutes(await journal.records());
      const news = [...routes].filter(([name, route]) => !isDeepStrictEqual(known.get(name), route));
      await Promise.all(news.map(([machine, route]) => journal.append({ kind: JOURNAL_KIND, machine, route })));
      for (const notice of noticesAbout(lab, facts)) await events.emit({ kind: 'notice', ...notice });
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
    { stateFolder }: LabPlace,
    login: LoginPolicy,
  ): Promise<AttachedMachine[]> {
    const isOwn = await isMarkedHere(stateFolder);
    const isCurrent = isOwn && state['configStamp'] === (await configStamp());
    return machines.map((machine) => {
      const stored = machineState(state, machine.name);
      const route = stored && (isOwn ? stored.route : withoutCommands(stored.route));
      const routeNow = async (signal?: AbortSignal): Promise<Route> =>
        route !== undefined && isCurrent ? route : resolveRoute(machine, signal);
      return {
        machine,
        running: true,
        connect: async (signal) =>
          this.#opened.take(machine.name) ??
          reach(machine.name, await routeNow(signal), this.#access(stateFolder, login, signal)),
        connectPorts: async (signal) =>
          reachPorts(machine.name, await routeNow(signal), this.#access(stateFolder, login, signal)),
        sshConfig: sshConfigOf(route, stateFolder),
        runs: { system: stored?.facts.distribution },
        facts: stored?.facts,
      };
    });
  }

  async list(): Promise<LabelledLab[]> {
    return [];
  }

  async down(): Promise<string[]> {
    await this.#opened.closeAll();
    return [];
  }

  async touched(
    { journal, state }: LabTraces,
    { stateFolder }: LabPlace,
    login: LoginPolicy,
  ): Promise<TouchedMachine[]> {
    const routes = new Map([...storedRoutes(state ?? {}), ...journaledRoutes(journal)]);
    const isOwn = await isMarkedHere(stateFolder);
    return [...routes].map(([name, route]) => ({
      name,
      connect: async (signal) =>
        reach(name, isOwn ? route : await ownRoute(name, route, signal), this.#access(stateFolder, login, signal)),
    }));
  }

  async #reachAll(
    routes: ReadonlyMap<string, Route>,
    access: Access,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Shell>> {
    const opening = [...routes].map(async ([machine, route]) => {
      const shell = await reach(machine, route, access);
      this.#opened.keep(shell);
      return [machine, shell] as const;
    });
    return new Map(await allMachines(opening, signal));
  }

  #access(stateFolder: string, login: LoginPolicy, signal: AbortSignal | undefined): Access {
    return { stateFolder, login, tunnels: this.#tunnels, signal };
  }
}

function withoutCommands({ proxyCommand: _ignored, jumps, ...route }: Route): Route {
  return { ...route, jumps: jumps.map(withoutCommands) };
}

/**
 * The way to the same server as the user's own configuration knows it: a route that another user may have written could
 * name a command, which would run here.
 */
async function ownRoute(name: string, { alias, port, user }: Route, signal: AbortSignal): Promise<Route> {
  return resolveRoute(
    {
      name,
      user,
      interfaces: [],
      memoryMiB: undefined,
      cpus: undefined,
      diskMiB: undefined,
      ssh: { host: alias, port, user, key: undefined },
    },
    signal,
  );
}

/** Machines on which something may lie by the journal, and the way there. */
function journaledRoutes(records: readonly JournalEntry[]): ReadonlyMap<string, Route> {
  return new Map(
    records
      .filter(({ kind }) => kind === JOURNAL_KIND)
      .flatMap(({ machine, route: stored }) => {
        const route = storedRoute(stored);
        return route === undefined || typeof machine !== 'string' ? [] : [[machine, route] as const];
      }),
  );
}
