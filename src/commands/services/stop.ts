import { allMachines } from '../../core/all-machines.ts';
import { withCleanup } from '../../core/cleanup.ts';
import type { CommandContext } from '../../session/context.ts';
import { openSession } from '../../session/open-session.ts';
import { isKept } from '../../services/service-facts.ts';
import { lookAtServices, stopServices } from '../../services/supervise.ts';
import { servicesNamed, startedServices } from './known-services.ts';

export interface StopResult {
  readonly services: readonly {
    readonly name: string;
    readonly on: string;
    /** Whether this call ended it; false when it did not run. */
    readonly stopped: boolean;
  }[];
}

/**
 * Ends services that run, all processes of each; they stay ended until `lab up` or `lab start`. Needs no lab file.
 *
 * @throws {UsageError} for a name of which nothing was started. @throws {EnvironmentError} when the lab is not up.
 */
export async function stop(context: CommandContext, names: readonly string[]): Promise<StopResult> {
  const session = openSession(context);
  const { signal } = context;
  return withCleanup(async (cleanup) => {
    const { state } = await session.machines();
    const services = servicesNamed(await startedServices(session), names);
    const { shells } = await session.connect(cleanup, [...new Set(services.map(({ machine }) => machine))]);
    const stopped = services.map(async ({ name, machine }) => {
      const place = { shell: shells.get(machine)!, lab: state.name, signal };
      const ran = (await lookAtServices(place, [name])).some(isKept);
      await stopServices(place, [name]);
      return { name, on: machine, stopped: ran };
    });
    return { services: await allMachines(stopped, signal) };
  });
}
