import { formatIPv4, formatSubnet, hostRange, subnetAt } from '../../core/ipv4.ts';
import { listed } from '../../core/text/suggest.ts';
import { say } from '../../core/language/say.ts';
import {
  networkOf,
  type Draft,
  type DraftInterface,
  type DraftMachine,
  type DraftNetwork,
  type Placed,
} from '../draft.ts';
import type { PathProblem } from '../problem.ts';
import { notForHosts } from './check-networks.ts';

/** Addresses that a machine cannot have on its network, or that two of them want. */
export function checkAddresses(draft: Draft): PathProblem[] {
  const addresses = draft.machines.flatMap(({ interfaces }) =>
    interfaces.flatMap(({ address }) => address?.value ?? []),
  );
  const taken: Taken = {
    owners: new Map(),
    addresses: new Set(addresses),
    free: new Map(),
    networks: knownSubnets(draft.networks),
  };
  return draft.machines.flatMap((machine) => [
    ...(machine.addressTwice ? [addressTwice(machine)] : []),
    ...machine.interfaces.flatMap((networkInterface) => checkInterface(draft, machine, networkInterface, taken)),
  ]);
}

function addressTwice({ path }: DraftMachine): PathProblem {
  return {
    path: [...path, 'address'],
    at: 'key',
    message: say`is short for "interfaces", which is there too`,
    hint: say`move the address into "interfaces", or remove "interfaces"`,
  };
}

/** What earlier machines have, and every address in the file. */
interface Taken {
  /** Machine and interface, by network and address. */
  readonly owners: Map<string, string>;
  readonly addresses: ReadonlySet<number>;
  /** The free address of each network that was asked for one. */
  readonly free: Map<DraftNetwork, string>;
  /**
   * The networks with their subnets, in words, empty when there are none; undefined when a subnet could not be read,
   * which may be the right one.
   */
  readonly networks: string | undefined;
}

function knownSubnets(networks: readonly DraftNetwork[]): string | undefined {
  const subnets = networks.flatMap(({ name, subnet }) => (subnet ? [`${name} ${formatSubnet(subnet.value)}`] : []));
  return subnets.length < networks.length ? undefined : listed(subnets);
}

function checkInterface(
  draft: Draft,
  machine: DraftMachine,
  networkInterface: DraftInterface,
  taken: Taken,
): PathProblem[] {
  const { address } = networkInterface;
  if (!address) return [];
  const network = networkOf(draft, networkInterface);
  if (!network) return networkInterface.network ? [] : noNetwork(draft, address, taken);
  if (!network.subnet) return [];
  const free = (): string => freeAddress(network, taken);
  const reason = notForHosts(network.subnet.value, address.value);
  if (reason !== undefined) return [{ path: address.path, message: reason, hint: free() }];
  const text = formatIPv4(address.value);
  if (network.gateway?.value === address.value)
    return [{ path: address.path, message: say`${text} is the gateway of network "${network.name}"`, hint: free() }];
  const key = `${network.name}/${address.value}`;
  const owner = taken.owners.get(key);
  if (owner !== undefined)
    return [{ path: address.path, message: say`${text} is already the address of ${owner}`, hint: free() }];
  taken.owners.set(key, `${machine.machine.name} (${networkInterface.name})`);
  return [];
}

/** No network is written, and the address does not say which one it is. */
function noNetwork({ networkIndex }: Draft, address: Placed<number>, { networks }: Taken): PathProblem[] {
  if (networks === undefined) return [];
  const text = formatIPv4(address.value);
  const holding = networkIndex.holding(address.value);
  if (holding.length > 1) {
    return [
      {
        path: address.path,
        message: say`${text} is inside several networks: ${listed(holding.map(({ name }) => name))}`,
        hint: say`write { network: ${holding[0]!.name}, address: ${text} }`,
      },
    ];
  }
  const example = formatSubnet(subnetAt(address.value, 24));
  const hint = networks === '' ? say`for example: networks: { natnet: ${example} }` : say`known networks: ${networks}`;
  return [{ path: address.path, message: say`${text} is inside no network of this lab`, hint }];
}

/** `a free one is 192.168.100.2`: the first address of the network that is not in use. */
function freeAddress(network: DraftNetwork, taken: Taken): string {
  const known = taken.free.get(network) ?? findFree(network, taken.addresses);
  taken.free.set(network, known);
  return known;
}

function findFree(network: DraftNetwork, used: ReadonlySet<number>): string {
  const { first, last } = hostRange(network.subnet!.value);
  for (let address = first; address <= last; address++) {
    if (address !== network.gateway?.value && !used.has(address)) return say`a free one is ${formatIPv4(address)}`;
  }
  return say`the network has no free address; give it a larger subnet`;
}
