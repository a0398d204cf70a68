import { messageOf } from '../core/errors.ts';
import { say } from '../core/language/say.ts';
import type { Shell } from '../ssh/shell.ts';
import { probeMachine, type MachineProbe } from './machine-probe.ts';
import { hasAddress, type Hop, type ReachLab, type Way } from './reach-facts.ts';

export interface WayMeans {
  readonly lab: ReachLab;
  readonly shells: ReadonlyMap<string, Shell>;
  readonly silent?: ReadonlyMap<string, string> | undefined;
  readonly sudoPasswords?: ReadonlyMap<string, string> | undefined;
  readonly signal: AbortSignal;
}

export const noWay: Way = { hops: [], circle: undefined };

/** Follows the routes from one machine to an address, from router to router. One round trip to each. */
export async function followWay(
  means: WayMeans,
  { from, address }: { readonly from: MachineProbe; readonly address: string },
): Promise<Way> {
  const hops: Hop[] = [];
  for (let at: MachineProbe | undefined = from; at?.route?.via !== undefined && !at.route.isLocal;) {
    const { via } = at.route;
    const next = means.lab.machines.find((machine) => hasAddress(machine, via));
    if (next === undefined || hasAddress(next, address)) break;
    if (next.name === from.machine || hops.some(({ machine }) => machine === next.name))
      return { hops, circle: next.name };
    const hop: Hop = { machine: next.name, address: via, ...(await ask(means, next.name, address)) };
    hops.push(hop);
    at = hop.probe;
  }
  return { hops, circle: undefined };
}

async function ask(
  { shells, silent, sudoPasswords, signal }: WayMeans,
  machine: string,
  address: string,
): Promise<Pick<Hop, 'probe' | 'silence'>> {
  const shell = shells.get(machine);
  if (shell === undefined) return { probe: undefined, silence: silent?.get(machine) ?? say`could not be asked` };
  const sudoPassword = sudoPasswords?.get(machine);
  try {
    return {
      probe: await probeMachine(shell, { role: 'router', name: '', wanted: [address], sudoPassword, signal }),
      silence: undefined,
    };
  } catch (error) {
    signal.throwIfAborted();
    return { probe: undefined, silence: say`could not be asked: ${messageOf(error)}` };
  }
}
