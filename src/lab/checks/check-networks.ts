import {
  families,
  hostsOf,
  shareAddresses,
  textOfAddress,
  textOfSubnet,
  type Family,
  type FamilySubnet,
} from '../../core/address-family.ts';
import { say } from '../../core/language/say.ts';
import { didYouMean } from '../../core/text/suggest.ts';
import type { Draft, DraftNetwork } from '../draft.ts';
import type { PathProblem } from '../problem.ts';
import { notForHosts } from './not-for-hosts.ts';

/**
 * Networks that cannot work: gateways that are none, address translation without a gateway, networks that share
 * addresses.
 */
export function checkNetworks({ networks }: Draft): PathProblem[] {
  return [
    ...networks.flatMap((network) => [
      ...subnetMissing(network),
      ...subnetTwice(network),
      ...families.flatMap((family) => checkGateway(network, family)),
      ...checkNat(network),
      ...checkNat6(network),
      ...checkAdvertisement(network),
      ...checkMtu(network),
    ]),
    ...families.flatMap((family) => overlapping(networks, family)),
  ];
}

function subnetMissing({ path, isSubnetMissing }: DraftNetwork): PathProblem[] {
  if (!isSubnetMissing) return [];
  const hint = say`for example: subnet: 192.168.100.0/24`;
  return [{ path: [...path, 'subnet'], message: say`is missing`, hint, missing: true }];
}

function subnetTwice({ subnetTwice: twice }: DraftNetwork): PathProblem[] {
  if (!twice) return [];
  return [
    {
      path: twice.path,
      message: say`is a second subnet of the same family`,
      hint: say`a network has one subnet of IPv4, one of IPv6, or one of each`,
    },
  ];
}

function checkGateway({ subnets, gateways }: DraftNetwork, family: Family): PathProblem[] {
  const [subnet, gateway] = [subnets[family]?.value, gateways[family]];
  if (!gateway || gateway.isDefault) return [];
  if (!subnet) return subnetOfOther(subnets[family === 4 ? 6 : 4]?.value, gateway.path, family);
  const reason = notForHosts(subnet, gateway.value);
  if (reason === undefined) return [];
  const first = textOfAddress(family, hostsOf(subnet).first);
  const hint = family === 4 ? say`for example: gateway: ${first}` : say`for example: gateway6: ${first}`;
  return [{ path: gateway.path, message: reason, hint }];
}

/** Where no subnet could be read, nothing is known to be wrong. */
function subnetOfOther(other: FamilySubnet | undefined, path: PathProblem['path'], family: Family): PathProblem[] {
  if (other === undefined) return [];
  const message =
    family === 4
      ? say`is an IPv4 address, and the network has IPv6 addresses only`
      : say`is an IPv6 address, and the network has IPv4 addresses only`;
  const first = textOfAddress(other.family, hostsOf(other).first);
  const hint = family === 6 ? say`for example: gateway: ${first}` : say`for example: gateway6: ${first}`;
  return [{ path, message, hint }];
}

function checkNat({ gatewayOff, gateways, subnets, nat }: DraftNetwork): PathProblem[] {
  if (!nat.value || nat.isDefault) return [];
  const { path } = nat;
  const gatewayPath = [...path.slice(0, -1), 'gateway'];
  if (gateways[4]?.machine !== undefined) return natOfMachine(path, gateways[4].machine);
  if (subnets[4] === undefined && subnets[6] !== undefined)
    return [{ path, message: say`is for IPv4, and the network has IPv6 addresses only`, hint: didYouMean('nat6') }];
  if (gatewayOff[4] === 'point-to-point')
    return [
      {
        path,
        message: say`needs a gateway, and a subnet of two addresses has none unless it is written`,
        hint: say`give one of the two to the gateway, or set nat: false`,
      },
    ];
  if (gatewayOff[4] !== 'written') return [];
  return [
    {
      path: gatewayPath,
      message: say`cannot be false while "nat" is true: machines reach the outside through the gateway`,
      hint: say`give an address, or set nat: false`,
    },
  ];
}

function natOfMachine(path: PathProblem['path'], machine: string): PathProblem[] {
  return [
    {
      path,
      message: say`is the work of the gateway, and that is machine "${machine}"`,
      hint: say`remove it here; a network of "${machine}" with a gateway of its own can have it`,
    },
  ];
}

/** The link to the outside has the addresses of slirp4netns, which cannot be chosen. */
const uplink6: FamilySubnet = { family: 6, network: 0xfd00n << 112n, prefixLength: 64 };

function checkNat6({ gateways, subnets, nat6 }: DraftNetwork): PathProblem[] {
  if (!nat6.value) return [];
  const { path } = nat6;
  const subnet = subnets[6]?.value;
  if (subnet === undefined)
    return subnets[4] === undefined
      ? []
      : [{ path, message: say`needs IPv6 addresses`, hint: say`for example: subnet6: fd00:1::/64` }];
  if (gateways[6]?.machine !== undefined) return natOfMachine(path, gateways[6].machine);
  if (gateways[6] === undefined)
    return [
      {
        path,
        message: say`needs a gateway: machines reach the outside through it`,
        hint: say`for example: gateway6: ${textOfAddress(6, hostsOf(subnet).first)}`,
      },
    ];
  if (!shareAddresses(subnet, uplink6)) return [];
  return [
    {
      path,
      message: say`does not work with ${textOfSubnet(subnet)}: the way out has these addresses itself`,
      hint: say`give the network another subnet, for example fd00:1::/64`,
    },
  ];
}

/** Machines make their addresses from 64 bits of the prefix and 64 of their own (RFC 4862). */
function checkAdvertisement({ gateways, subnets, advertise }: DraftNetwork): PathProblem[] {
  if (!advertise.value) return [];
  const { path } = advertise;
  const subnet = subnets[6]?.value;
  if (subnet === undefined)
    return subnets[4] === undefined
      ? []
      : [{ path, message: say`needs IPv6 addresses`, hint: say`for example: subnet6: fd00:1::/64` }];
  if (subnet.prefixLength !== 64)
    return [
      {
        path,
        message: say`needs a /64: machines add 64 bits of their own to the prefix`,
        hint: say`write subnet6: ${textOfAddress(6, subnet.network)}/64`,
      },
    ];
  if (gateways[6] !== undefined) return [];
  return [
    {
      path,
      message: say`needs a gateway, which is who announces itself`,
      hint: say`for example: gateway6: ${textOfAddress(6, hostsOf(subnet).first)}`,
    },
  ];
}

/** Of IPv6 (RFC 8200, section 5): with less, the kernel switches it off. */
export const SMALLEST_MTU6 = 1280;

function checkMtu({ path, subnets, mtu }: DraftNetwork): PathProblem[] {
  if (mtu === undefined || mtu >= SMALLEST_MTU6 || subnets[6] === undefined) return [];
  return [
    {
      path: [...path, 'mtu'],
      message: say`is too small for IPv6, which needs ${SMALLEST_MTU6}`,
      hint: say`write ${SMALLEST_MTU6} or more, or leave the IPv6 addresses out`,
    },
  ];
}

/**
 * Each network that shares addresses with one that stands before it in the file. Sorted by first address, a subnet
 * can only overlap one that still covers its start (prefixes nest or are apart), so many networks cost little.
 */
function overlapping(networks: readonly DraftNetwork[], family: Family): PathProblem[] {
  const known = networks.flatMap(({ name, subnets }, order) => {
    const subnet = subnets[family];
    return subnet ? [{ name, subnet, order, ...subnet.value }] : [];
  });
  const byStart = known.toSorted(
    (a, b) => Number(a.network > b.network) - Number(a.network < b.network) || a.prefixLength - b.prefixLength,
  );
  const found: PathProblem[] = [];
  const covering: (typeof known)[number][] = [];
  for (const network of byStart) {
    while (covering.length > 0 && !shareAddresses(covering.at(-1)!, network)) covering.pop();
    const other = covering.at(-1);
    covering.push(network);
    if (!other) continue;
    const [first, second] = other.order < network.order ? [other, network] : [network, other];
    found.push({
      path: second.subnet.path,
      message: say`${textOfSubnet(second.subnet.value)} overlaps network "${first.name}" (${textOfSubnet(first.subnet.value)})`,
      hint: say`give each network a subnet of its own`,
    });
  }
  return found;
}
