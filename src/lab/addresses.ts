import { familyOf, type Family } from '../core/address-family.ts';
import { contains, formatSubnet, parseIPv4 } from '../core/ipv4.ts';
import { contains6, formatSubnet6, isIPv6Text, parseIPv6 } from '../core/ipv6.ts';
import type { Interface, Lab, Machine, Network, Route } from './types.ts';

/** The part of a lab that addresses and ways depend on. */
export type Wiring = Pick<Lab, 'networks' | 'machines'>;

/** The subnets of a network in CIDR notation, that of IPv4 first. */
export function subnetsOf({ subnet, subnet6 }: Pick<Network, 'subnet' | 'subnet6'>): string[] {
  return [...(subnet ? [formatSubnet(subnet)] : []), ...(subnet6 ? [formatSubnet6(subnet6)] : [])];
}

/** The gateways of a network, that of IPv4 first. */
export function gatewaysOf({ gateway, gateway6 }: Pick<Network, 'gateway' | 'gateway6'>): string[] {
  return [gateway, gateway6].filter((address) => address !== undefined);
}

/** Whether an address of either family is one of the network's. */
export function isOnNetwork({ subnet, subnet6 }: Pick<Network, 'subnet' | 'subnet6'>, address: string): boolean {
  if (!isIPv6Text(address)) return subnet !== undefined && contains(subnet, parseIPv4(address)!);
  return subnet6 !== undefined && contains6(subnet6, parseIPv6(address)!);
}

/** The machine that has an address on a network and forwards; undefined when the address is the network's own. */
export function routerAt({ machines }: Wiring, network: string, address: string): Machine | undefined {
  return [...machines.values()].find(
    ({ forward, interfaces }) =>
      forward && interfaces.some((port) => port.network === network && hasAddress(port, address)),
  );
}

function hasAddress({ address, address6 }: Interface, wanted: string): boolean {
  return address === wanted || address6 === wanted;
}

/** The family of a route: a default route has that of the next router. */
export function routeFamily({ to, via }: Route): Family {
  return familyOf(to === 'default' ? via : to);
}

/**
 * The routes that a machine has besides those to its own networks, default routes first: at most one of each family.
 * That is `gateway` of the machine, or else the gateway of its first network that has one; none for a machine that
 * forwards, unless that gateway is the way out of the lab, for a router knows only the ways that it is taught.
 */
export function routesOf(lab: Wiring, machine: Machine, routers = routersOf(lab)): Route[] {
  const { routes = [] } = machine;
  return [
    ...([4, 6] as const).flatMap((family) => {
      if (routes.some((route) => route.to === 'default' && routeFamily(route) === family)) return [];
      const via = defaultGateway(lab, machine, { family, routers });
      return via === undefined ? [] : [{ to: 'default', via }];
    }),
    ...routes,
  ];
}

/** All addresses of machines that forward, each with its network (`NETWORK ADDRESS`). */
export function routersOf({ machines }: Pick<Wiring, 'machines'>): ReadonlySet<string> {
  return new Set(
    [...machines.values()]
      .filter(({ forward }) => forward)
      .flatMap(({ interfaces }) =>
        interfaces.flatMap(({ network, address, address6 }) =>
          [address, address6].filter((text) => text !== undefined).map((text) => `${network} ${text}`),
        ),
      ),
  );
}

function defaultGateway(
  { networks }: Wiring,
  { gateway: own, forward, interfaces }: Machine,
  { family, routers }: { readonly family: Family; readonly routers: ReadonlySet<string> },
): string | undefined {
  if (own === false) return undefined;
  if (own !== undefined && familyOf(own) === family) return own;
  for (const port of interfaces) {
    const network = networks.get(port.network);
    const via = family === 4 ? network?.gateway : network?.gateway6;
    const has = family === 4 ? port.address : port.address6;
    if (via === undefined || has === undefined || via === has) continue;
    if (!forward || !routers.has(`${port.network} ${via}`)) return via;
  }
  return undefined;
}
