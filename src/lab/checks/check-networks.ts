import { contains, formatIPv4, formatSubnet, hostRange, overlaps, type Subnet } from '../../core/ipv4.ts';
import { say } from '../../core/language/say.ts';
import type { Draft, DraftNetwork } from '../draft.ts';
import type { PathProblem } from '../problem.ts';

/**
 * Networks that cannot work: gateways that are none, address translation without a gateway, networks that share
 * addresses.
 */
export function checkNetworks({ networks }: Draft): PathProblem[] {
  return [...networks.flatMap(checkGateway), ...overlapping(networks)];
}

function checkGateway({ subnet, gateway, gatewayOff, nat }: DraftNetwork): PathProblem[] {
  if (gatewayOff) return nat.value ? natWithoutGateway(nat.path, gatewayOff) : [];
  if (!subnet || !gateway || gateway.isDefault) return [];
  const reason = notForHosts(subnet.value, gateway.value);
  return reason === undefined
    ? []
    : [
        {
          path: gateway.path,
          message: reason,
          hint: say`for example: gateway: ${formatIPv4(hostRange(subnet.value).first)}`,
        },
      ];
}

function natWithoutGateway(path: PathProblem['path'], why: 'written' | 'point-to-point'): PathProblem[] {
  const gatewayPath = [...path.slice(0, -1), 'gateway'];
  if (why === 'point-to-point')
    return [
      {
        path,
        message: say`needs a gateway, and a subnet of two addresses has none unless it is written`,
        hint: say`give one of the two to the gateway, or set nat: false`,
      },
    ];
  return [
    {
      path: gatewayPath,
      message: say`cannot be false while "nat" is true: machines reach the outside through the gateway`,
      hint: say`give an address, or set nat: false`,
    },
  ];
}

/** Why a host cannot have the address; undefined when it can. */
export function notForHosts(subnet: Subnet, address: number): string | undefined {
  const text = formatIPv4(address);
  if (!contains(subnet, address)) return say`${text} is not inside the subnet ${formatSubnet(subnet)}`;
  const { first, last } = hostRange(subnet);
  if (address >= first && address <= last) return undefined;
  if (address === subnet.network)
    return say`${text} is the address of the network ${formatSubnet(subnet)} itself; no host can have it`;
  return say`${text} is the broadcast address of ${formatSubnet(subnet)}; no host can have it`;
}

/**
 * Each network that shares addresses with one that stands before it in the file. Sorted by first address, a subnet
 * can only overlap one that still covers its start (prefixes nest or are apart), so many networks cost little.
 */
function overlapping(networks: readonly DraftNetwork[]): PathProblem[] {
  const known = networks.flatMap(({ name, subnet }, order) =>
    subnet ? [{ name, subnet, order, ...subnet.value }] : [],
  );
  const byStart = known.toSorted((a, b) => a.network - b.network || a.prefixLength - b.prefixLength);
  const found: PathProblem[] = [];
  const covering: (typeof known)[number][] = [];
  for (const network of byStart) {
    while (covering.length > 0 && !overlaps(covering.at(-1)!, network)) covering.pop();
    const other = covering.at(-1);
    covering.push(network);
    if (!other) continue;
    const [first, second] = other.order < network.order ? [other, network] : [network, other];
    found.push({
      path: second.subnet.path,
      message: say`${formatSubnet(second.subnet.value)} overlaps network "${first.name}" (${formatSubnet(first.subnet.value)})`,
      hint: say`give each network a subnet of its own`,
    });
  }
  return found;
}
