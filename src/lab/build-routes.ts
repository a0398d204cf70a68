import { familyOf } from '../core/address-family.ts';
import { subnetsOf, type Wiring } from './addresses.ts';
import type { DraftMachine, DraftRoute } from './draft.ts';
import { destinationSubnet } from './fields/network-rules.ts';
import type { Interface, Machine, Network, Route } from './types.ts';

/** The machines of a lab with their routes, names in them replaced by addresses. */
export function withRoutes(wiring: Wiring, drafts: readonly DraftMachine[]): Machine[] {
  const ways = new Ways(wiring);
  return drafts.map(({ machine: { name }, routes }) => {
    const machine = wiring.machines.get(name)!;
    const built =
      routes === 'auto' ? ways.shortest(machine) : routes.flatMap((route) => routesOf(wiring, machine, route));
    return built.length === 0 ? machine : { ...machine, routes: built };
  });
}

/** What one line of `routes` means: a network of both families is two routes. Nothing where it makes no sense. */
export function routesOf(wiring: Wiring, machine: Machine, { to, via }: DraftRoute): Route[] {
  if (to === undefined || via === undefined) return [];
  const nexts = nextRouters(wiring, machine, via.value);
  if (to.value === 'default') return nexts.map((next) => ({ to: 'default', via: next }));
  return destinations(wiring, to.value).flatMap((destination) => {
    const next = nexts.find((address) => familyOf(address) === familyOf(destination));
    return next === undefined ? [] : [{ to: destination, via: next }];
  });
}

/** The subnets that `to` names: of a network each of its own. */
export function destinations({ networks }: Pick<Wiring, 'networks'>, to: string): string[] {
  const network = networks.get(to);
  if (network) return subnetsOf(network);
  const subnet = destinationSubnet(to);
  return subnet === undefined ? [] : [subnet];
}

/** The addresses that `via` names: of a machine those on a network that both are on, of each family one. */
export function nextRouters({ machines }: Pick<Wiring, 'machines'>, machine: Machine, via: string): string[] {
  const next = machines.get(via);
  if (next === undefined) return [via];
  const own = new Set(machine.interfaces.map(({ network }) => network));
  const near = next.interfaces.filter(({ network }) => own.has(network));
  return [near.find(({ address }) => address)?.address, near.find(({ address6 }) => address6)?.address6].filter(
    (address) => address !== undefined,
  );
}

interface Hop {
  readonly network: string;
  /** The first router of the way, and the network that it is reached over. */
  readonly first: { readonly machine: Machine; readonly network: string };
}

/** Shortest ways over the machines that forward, by the number of routers; of equal ones that which the file names first. */
class Ways {
  readonly #networks: ReadonlyMap<string, Network>;
  readonly #routersOn = new Map<string, Machine[]>();

  constructor({ networks, machines }: Wiring) {
    this.#networks = networks;
    for (const machine of machines.values()) {
      if (!machine.forward) continue;
      for (const network of new Set(machine.interfaces.map((port) => port.network))) {
        const routers = this.#routersOn.get(network) ?? [];
        routers.push(machine);
        this.#routersOn.set(network, routers);
      }
    }
  }

  /** A route to each network of the lab that the machine is not on, and that a way leads to. */
  shortest(machine: Machine): Route[] {
    const found = this.#reach(machine);
    return [...this.#networks.values()].flatMap((network) => {
      const hop = found.get(network.name);
      return hop === undefined ? [] : routesVia(machine, network, hop);
    });
  }

  /** Breadth first: networks in the order of their distance. */
  #reach(machine: Machine): ReadonlyMap<string, Hop> {
    const own = new Set(machine.interfaces.map(({ network }) => network));
    const seen = new Map<string, Hop | undefined>([...own].map((network) => [network, undefined]));
    const passed = new Set([machine.name]);
    for (const [network, hop] of seen) {
      for (const router of this.#routersOn.get(network) ?? []) {
        if (passed.has(router.name)) continue;
        passed.add(router.name);
        const first = hop?.first ?? { machine: router, network };
        for (const port of router.interfaces)
          if (!seen.has(port.network)) seen.set(port.network, { network: port.network, first });
      }
    }
    return new Map([...seen].filter((entry): entry is [string, Hop] => entry[1] !== undefined));
  }
}

function routesVia(machine: Machine, network: Network, { first }: Hop): Route[] {
  return subnetsOf(network).flatMap((to) => {
    const family = familyOf(to);
    const has = (port: Interface): string | undefined => (family === 4 ? port.address : port.address6);
    const isJoined = machine.interfaces.some((port) => port.network === first.network && has(port) !== undefined);
    const via = first.machine.interfaces.find((port) => port.network === first.network && has(port) !== undefined);
    return isJoined && via ? [{ to, via: has(via)! }] : [];
  });
}
