import { families, hostsOf, subnetOf, textOfAddress, textOfSubnet, type Family } from '../../core/address-family.ts';
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
import { SMALLEST_MTU6 } from './check-networks.ts';
import { notForHosts } from './not-for-hosts.ts';

/** Addresses that a machine cannot have on its network, or that two of them want. */
export function checkAddresses(draft: Draft): PathProblem[] {
  const addresses = draft.machines.flatMap(({ interfaces }) =>
    interfaces.flatMap((port) => families.flatMap((family) => port.addresses[family]?.value ?? [])),
  );
  const taken: Taken = {
    owners: new Map(),
    addresses: new Set(addresses),
    free: new Map(),
    networks: knownSubnets(draft.networks),
  };
  return draft.machines.flatMap((machine) => [
    ...(machine.addressTwice ? [addressTwice(machine)] : []),
    ...machine.interfaces.flatMap((port) => checkInterface(draft, machine, port, taken)),
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
  /** Machine and interface, by network and address, or by network and MAC address. */
  readonly owners: Map<string, string>;
  readonly addresses: ReadonlySet<bigint>;
  /** The free address of each network that was asked for one, by its name and the family. */
  readonly free: Map<string, string>;
  /**
   * The networks with their subnets, in words, empty when there are none; undefined when a subnet could not be read,
   * which may be the right one.
   */
  readonly networks: string | undefined;
}

function knownSubnets(networks: readonly DraftNetwork[]): string | undefined {
  const known = networks.map(({ name, subnets }) => {
    const texts = families.flatMap((family) => (subnets[family] ? [textOfSubnet(subnets[family].value)] : []));
    return texts.length === 0 ? undefined : `${name} ${texts.join(' ')}`;
  });
  return known.includes(undefined) ? undefined : listed(known.filter((text) => text !== undefined));
}

function checkInterface(draft: Draft, machine: DraftMachine, port: DraftInterface, taken: Taken): PathProblem[] {
  const network = networkOf(draft, port);
  const first = families.flatMap((family) => port.addresses[family] ?? [])[0];
  if (!network) return port.network ? [] : noNetwork(draft, port, first, taken);
  return [
    ...(port.addressTwice ? [sameFamily(port.addressTwice)] : []),
    ...families.flatMap((family) => checkAddress(machine, port, { network, family, taken })),
    ...checkMac(machine, port, network, taken),
    ...checkMtu(port),
  ];
}

function sameFamily({ path }: Placed<string>): PathProblem {
  return {
    path,
    message: say`is a second address of the same family on this interface`,
    hint: say`an interface has one address of IPv4, one of IPv6, or one of each; give the other to one more interface`,
  };
}

interface AddressPlace {
  readonly network: DraftNetwork;
  readonly family: Family;
  readonly taken: Taken;
}

function checkAddress(
  machine: DraftMachine,
  port: DraftInterface,
  { network, family, taken }: AddressPlace,
): PathProblem[] {
  const address = port.addresses[family];
  if (!address) return [];
  const subnet = network.subnets[family]?.value;
  if (!subnet) return otherFamily(network, family, address);
  const free = (): string => freeAddress(network, family, taken);
  const reason = notForHosts(subnet, address.value);
  if (reason !== undefined) return [{ path: address.path, message: reason, hint: free() }];
  const text = textOfAddress(family, address.value);
  const gateway = network.gateways[family];
  if (gateway?.value === address.value && gateway.machine !== machine.machine.name)
    return [
      {
        path: address.path,
        message: say`${text} is the gateway of network "${network.name}"`,
        hint: say`${free()}; a machine with forward: true can be the gateway`,
      },
    ];
  return ownedTwice(`${network.name} ${text}`, address, (owner) => say`${text} is already the address of ${owner}`, {
    machine,
    port,
    taken,
    hint: free,
  });
}

interface Owning {
  readonly machine: DraftMachine;
  readonly port: DraftInterface;
  readonly taken: Taken;
  readonly hint: () => string;
}

function ownedTwice(
  key: string,
  { path }: Placed<unknown>,
  message: (owner: string) => string,
  { machine, port, taken, hint }: Owning,
): PathProblem[] {
  const owner = taken.owners.get(key);
  if (owner !== undefined) return [{ path, message: message(owner), hint: hint() }];
  taken.owners.set(key, `${machine.machine.name} (${port.name})`);
  return [];
}

/** Where the subnet is there and could not be read, nothing is known to be wrong. */
function otherFamily({ name, subnets }: DraftNetwork, family: Family, { path }: Placed<bigint>): PathProblem[] {
  if (subnets[family === 4 ? 6 : 4] === undefined) return [];
  return [
    family === 4
      ? {
          path,
          message: say`is an IPv4 address, and network "${name}" has IPv6 addresses only`,
          hint: say`give the network a subnet of IPv4, too: subnet: 10.1.0.0/24`,
        }
      : {
          path,
          message: say`is an IPv6 address, and network "${name}" has IPv4 addresses only`,
          hint: say`give the network a subnet of IPv6, too: subnet6: fd00:1::/64`,
        },
  ];
}

/** Two cards with one address on a network would get each other's frames. */
function checkMac(machine: DraftMachine, port: DraftInterface, network: DraftNetwork, taken: Taken): PathProblem[] {
  if (!port.mac) return [];
  return ownedTwice(`${network.name} ${port.mac.value}`, port.mac, sameMac, { machine, port, taken, hint: anotherMac });
}

function sameMac(owner: string): string {
  return say`is already the MAC address of ${owner}`;
}

function anotherMac(): string {
  return say`give each interface of a network one of its own`;
}

function checkMtu({ mtu, addresses }: DraftInterface): PathProblem[] {
  if (!mtu || mtu.value >= SMALLEST_MTU6 || !addresses[6]) return [];
  return [
    {
      path: mtu.path,
      message: say`is too small for IPv6, which needs ${SMALLEST_MTU6}`,
      hint: say`write ${SMALLEST_MTU6} or more, or leave the IPv6 addresses out`,
    },
  ];
}

/** No network is written, and the address does not say which one it is. */
function noNetwork(
  { networkIndex }: Draft,
  { path, addresses, isUnaddressed }: DraftInterface,
  address: Placed<bigint> | undefined,
  { networks }: Taken,
): PathProblem[] {
  if (networks === undefined) return [];
  if (address === undefined) return isUnaddressed ? [networkMissing(path, networks)] : [];
  const family = addresses[4] ? 4 : 6;
  const text = textOfAddress(family, address.value);
  const holding = networkIndex.holding(family, address.value);
  if (holding.length > 1) {
    return [
      {
        path: address.path,
        message: say`${text} is inside several networks: ${listed(holding.map(({ name }) => name))}`,
        hint: say`write { network: ${holding[0]!.name}, address: ${text} }`,
      },
    ];
  }
  const example = textOfSubnet(subnetOf(family, address.value, family === 4 ? 24 : 64));
  const hint = networks === '' ? say`for example: networks: { natnet: ${example} }` : say`known networks: ${networks}`;
  return [{ path: address.path, message: say`${text} is inside no network of this lab`, hint }];
}

/** An interface without an address is told only by its name where it belongs. */
function networkMissing(path: PathProblem['path'], networks: string): PathProblem {
  return {
    path,
    message: say`has no address, and does not say on which network it is`,
    hint: networks === '' ? say`for example: networks: { lan: 192.168.100.0/24 }` : say`known networks: ${networks}`,
  };
}

/** `a free one is 192.168.100.2`: the first address of the network that is not in use. */
function freeAddress(network: DraftNetwork, family: Family, taken: Taken): string {
  const key = `${network.name} ${family}`;
  const known = taken.free.get(key) ?? findFree(network, family, taken.addresses);
  taken.free.set(key, known);
  return known;
}

function findFree({ subnets, gateways }: DraftNetwork, family: Family, used: ReadonlySet<bigint>): string {
  const { first, last } = hostsOf(subnets[family]!.value);
  for (let address = first; address <= last; address++) {
    if (address !== gateways[family]?.value && !used.has(address))
      return say`a free one is ${textOfAddress(family, address)}`;
  }
  return say`the network has no free address; give it a larger subnet`;
}
