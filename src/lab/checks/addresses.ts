import { broadcastOf, formatIPv4, formatSubnet } from '../../core/ipv4.ts';
import { networkOf, networksHolding, type Draft, type DraftInterface, type DraftMachine, type DraftNetwork, type Placed } from '../draft.ts';
import type { Finding } from '../finding.ts';
import { notForHosts } from './networks.ts';

/** Addresses that a machine cannot have on its network, or that two of them want. */
export function checkAddresses(draft: Draft): Finding[] {
  const addresses = draft.machines.flatMap(({ interfaces }) => interfaces.flatMap(({ address }) => address?.value ?? []));
  const taken: Taken = { owners: new Map(), addresses: new Set(addresses) };
  return draft.machines.flatMap((machine) => [
    ...(machine.addressTwice ? [addressTwice(machine)] : []),
    ...machine.interfaces.flatMap((networkInterface) => checkInterface(draft, machine, networkInterface, taken)),
  ]);
}

function addressTwice({ path }: DraftMachine): Finding {
  return {
    path: [...path, 'address'], at: 'key',
    message: 'is short for "interfaces", which is there too',
    hint: 'move the address into "interfaces", or remove "interfaces"',
  };
}

/** What the machines that were looked at before have, and every address that stands anywhere in the file. */
interface Taken {
  /** Machine and interface, by network and address. */
  readonly owners: Map<string, string>;
  readonly addresses: ReadonlySet<number>;
}

function checkInterface(draft: Draft, machine: DraftMachine, networkInterface: DraftInterface, taken: Taken): Finding[] {
  const { address } = networkInterface;
  if (!address) return [];
  const network = networkOf(draft, networkInterface);
  if (!network) return networkInterface.network ? [] : noNetwork(draft, address);
  if (!network.subnet) return [];
  const free = (): string => freeAddress(network, taken.addresses);
  const reason = notForHosts(network.subnet.value, address.value);
  if (reason !== undefined) return [{ path: address.path, message: reason, hint: free() }];
  const text = formatIPv4(address.value);
  if (network.gateway?.value === address.value) return [{
    path: address.path,
    message: `${text} is the gateway of network "${network.name}"`,
    hint: free(),
  }];
  const key = `${network.name}/${address.value}`;
  const owner = taken.owners.get(key);
  if (owner !== undefined) return [{ path: address.path, message: `${text} is already the address of ${owner}`, hint: free() }];
  taken.owners.set(key, `${machine.name} (${networkInterface.name})`);
  return [];
}

/** The network is left to the address, but the address does not tell it. */
function noNetwork(draft: Draft, address: Placed<number>): Finding[] {
  if (draft.networks.some(({ subnet }) => !subnet)) return [];
  const text = formatIPv4(address.value);
  const holding = networksHolding(draft, address.value);
  if (holding.length > 1) {
    return [{
      path: address.path,
      message: `${text} is inside several networks: ${holding.map(({ name }) => name).join(', ')}`,
      hint: `write { network: ${holding[0]!.name}, address: ${text} }`,
    }];
  }
  const subnets = draft.networks.flatMap(({ name, subnet }) => (subnet ? [`${name} ${formatSubnet(subnet.value)}`] : []));
  const example = formatSubnet({ network: (address.value & 0xffff_ff00) >>> 0, prefixLength: 24 });
  const hint = subnets.length === 0 ? `for example: networks: { natnet: ${example} }` : `known networks: ${subnets.slice(0, 8).join(', ')}`;
  return [{ path: address.path, message: `${text} is inside no network of this lab`, hint }];
}

/** `for example 192.168.100.2`: the first address of the network that nobody has. */
function freeAddress(network: DraftNetwork, used: ReadonlySet<number>): string {
  const subnet = network.subnet!.value;
  for (let address = subnet.network + 1; address < broadcastOf(subnet); address++) {
    if (address !== network.gateway?.value && !used.has(address)) return `a free one is ${formatIPv4(address)}`;
  }
  return 'the network has no free address; give it a larger subnet';
}
