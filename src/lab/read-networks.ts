import {
  addressNumber,
  families,
  familyOf,
  familySubnet,
  hostsOf,
  isPair,
  shareAddresses,
  subnetOf,
  type ByFamily,
  type Family,
  type FamilySubnet,
} from '../core/address-family.ts';
import type { DraftGateway, DraftLink, DraftMachine, DraftName, DraftNetwork, Placed } from './draft.ts';
import { rightFields } from './fields/fields.ts';
import { link, network } from './fields/network-fields.ts';
import { subnetRule } from './fields/network-rules.ts';
import { entriesOf, fieldsOf, listOf, textsAt } from './plain-data.ts';
import type { Path } from './problem.ts';

const networkSettings = network.pick({
  subnet6: true,
  gateway: true,
  gateway6: true,
  nat: true,
  nat6: true,
  'router-advertisement': true,
  mtu: true,
}).shape;
const linkSettings = link.pick({ name: true, mtu: true }).shape;

/** A network as it is written: its gateways may still become machines. */
export function draftNetwork(name: string, value: unknown): DraftNetwork {
  const path = ['networks', name];
  const isShort = typeof value === 'string' || Array.isArray(value);
  const given = isShort ? { subnet: value } : fieldsOf(value);
  const right = rightFields(networkSettings, given);
  const { subnets, subnetTwice } = draftSubnets(given, isShort ? path : [...path, 'subnet'], path);
  const off = (family: Family): DraftNetwork['gatewayOff'][4] => {
    const field = family === 4 ? 'gateway' : 'gateway6';
    if (right[field] === false || (right.gateway === false && given[field] === undefined)) return 'written';
    const subnet = subnets[family]?.value;
    const isWritten = writtenGateway(right, family) !== undefined || given[field] !== undefined;
    return subnet !== undefined && isPair(subnet) && !isWritten ? 'point-to-point' : undefined;
  };
  const gatewayOff = { 4: off(4), 6: off(6) };
  const hasSubnet = subnets[4] !== undefined || subnets[6] === undefined;
  // Whatever is written in place of `true` is most likely meant as that.
  const nat = given['nat'] === undefined ? gatewayOff[4] === undefined && hasSubnet : right.nat !== false;
  return {
    name,
    path,
    subnets,
    isSubnetMissing:
      !isShort &&
      typeof value === 'object' &&
      value !== null &&
      given['subnet'] === undefined &&
      given['subnet6'] === undefined,
    subnetTwice,
    gateways: {
      4: draftGateway({ family: 4, given, right, subnet: subnets[4]?.value, off: gatewayOff[4], path }),
      6: draftGateway({ family: 6, given, right, subnet: subnets[6]?.value, off: gatewayOff[6], path }),
    },
    gatewayOff,
    nat: { value: nat, path: [...path, 'nat'], isDefault: given['nat'] === undefined },
    nat6: { value: right.nat6 === true, path: [...path, 'nat6'] },
    reachesPrivate: typeof right.nat === 'object' && right.nat.private,
    advertise: { value: right['router-advertisement'] === true, path: [...path, 'router-advertisement'] },
    mtu: right.mtu,
    dns: entriesOf(given['dns']).map(([name, targets]): DraftName => {
      const at = [...path, 'dns', name];
      return { name, path: at, targets: textsAt(targets, at) };
    }),
  };
}

type GatewayFields = { readonly gateway?: string | false | undefined; readonly gateway6?: string | false | undefined };

/** The one of this family that the file names; `gateway` takes both. */
function writtenGateway({ gateway, gateway6 }: GatewayFields, family: Family): bigint | undefined {
  const written = [family === 6 ? gateway6 : undefined, gateway].find(
    (text) => typeof text === 'string' && familyOf(text) === family,
  );
  return typeof written === 'string' ? addressNumber(written) : undefined;
}

interface GatewayRequest {
  readonly family: Family;
  readonly given: Readonly<Record<string, unknown>>;
  readonly right: GatewayFields;
  readonly subnet: FamilySubnet | undefined;
  readonly off: unknown;
  readonly path: Path;
}

/** By default the first address of the subnet; a point-to-point subnet has none to spare. */
function draftGateway({ family, given, right, subnet, off, path }: GatewayRequest): DraftGateway | undefined {
  const field = family === 6 && given['gateway6'] !== undefined ? 'gateway6' : 'gateway';
  const written = writtenGateway(right, family);
  if (written !== undefined) return { value: written, path: [...path, field], isDefault: false };
  const own = family === 4 ? 'gateway' : 'gateway6';
  // What is written there and cannot be read may be right when it can.
  const isUnread = given[own] !== undefined && right[own] === undefined;
  if (off !== undefined || subnet === undefined || isUnread) return undefined;
  return { value: hostsOf(subnet).first, path: [...path, own], isDefault: true };
}

/** Of `subnet`, one or a list, and of `subnet6`. */
function draftSubnets(
  given: Readonly<Record<string, unknown>>,
  subnetPath: Path,
  path: Path,
): Pick<DraftNetwork, 'subnets' | 'subnetTwice'> {
  const written = [...textsAt(given['subnet'], subnetPath), ...textsAt(given['subnet6'], [...path, 'subnet6'])];
  const subnets: { [F in Family]?: Placed<FamilySubnet> } = {};
  let subnetTwice: Placed<string> | undefined;
  for (const text of written) {
    const value = subnetRule(text.value) === undefined ? familySubnet(text.value) : undefined;
    if (value === undefined) continue;
    if (subnets[value.family]) subnetTwice ??= text;
    else subnets[value.family] = { value, path: text.path };
  }
  return { subnets, subnetTwice };
}

/** Ranges of private use for links without addresses of their own; the first that nothing in the lab uses. */
const linkRanges: ByFamily<readonly string[]> = {
  4: ['10.255.0.0/16', '172.31.0.0/16', '192.168.255.0/24', '198.18.0.0/15'],
  6: ['fd6c:6162::/48', 'fd6c:6162:1::/48', 'fd6c:6162:2::/48'],
};

/** The links of the file as networks without a gateway, and who is at their ends. */
export function draftLinks(
  value: unknown,
  networks: readonly DraftNetwork[],
): { readonly networks: readonly DraftNetwork[]; readonly links: readonly DraftLink[] } {
  const written = listOf(value).flatMap((item, index) => writtenLink(item, ['links', index]));
  const names = new Set(networks.map(({ name }) => name));
  const taken = [...networks, ...written].flatMap(({ subnets }) => families.flatMap((f) => subnets[f]?.value ?? []));
  const wanted = families.filter((family) => isWanted(family, networks));
  const spares = { 4: sparePairs(4, taken), 6: sparePairs(6, taken) };
  const made = written.map((one) => linkNetwork(one, names, wanted, spares));
  return { networks: made, links: written.map(({ ends }, index) => ({ network: made[index]!.name, ends })) };
}

/** A link has what the lab has; one without networks has IPv4. */
function isWanted(family: Family, networks: readonly DraftNetwork[]): boolean {
  return networks.some(({ subnets }) => subnets[family] !== undefined) || (family === 4 && networks.length === 0);
}

interface WrittenLink extends Pick<DraftNetwork, 'path' | 'subnets' | 'subnetTwice' | 'mtu'> {
  readonly name: string | undefined;
  readonly ends: DraftLink['ends'];
}

function writtenLink(item: unknown, path: Path): WrittenLink[] {
  const given = Array.isArray(item) ? { between: item } : fieldsOf(item);
  const [first, second, ...more] = textsAt(given['between'], Array.isArray(item) ? path : [...path, 'between']);
  if (first === undefined || second === undefined || more.length > 0) return [];
  const { name, mtu } = rightFields(linkSettings, given);
  return [{ path, name, mtu, ends: [first, second], ...draftSubnets(given, [...path, 'subnet'], path) }];
}

function linkNetwork(
  { path, name: written, ends, subnets, subnetTwice, mtu }: WrittenLink,
  names: Set<string>,
  wanted: readonly Family[],
  spares: Readonly<Record<Family, () => FamilySubnet | undefined>>,
): DraftNetwork {
  const name = written ?? freeName(`${ends[0].value}-${ends[1].value}`, names);
  names.add(name);
  const isWritten = families.some((family) => subnets[family] !== undefined);
  const own = Object.fromEntries(
    wanted.flatMap((family) => {
      const value = isWritten ? undefined : spares[family]();
      return value === undefined ? [] : [[family, { value, path }]];
    }),
  ) as DraftNetwork['subnets'];
  return {
    name,
    path,
    subnets: isWritten ? subnets : own,
    // No range is left to take it from.
    isSubnetMissing: !isWritten && Object.keys(own).length === 0,
    subnetTwice,
    gateways: {},
    gatewayOff: { 4: 'point-to-point', 6: 'point-to-point' },
    nat: { value: false, path, isDefault: true },
    nat6: { value: false, path },
    reachesPrivate: false,
    advertise: { value: false, path },
    mtu,
    dns: [],
    between: [ends[0].value, ends[1].value],
  };
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name}-${number}`;
  return free;
}

/** Each call gives the next subnet of two addresses. */
function sparePairs(family: Family, taken: readonly FamilySubnet[]): () => FamilySubnet | undefined {
  const ranges = (linkRanges[family] ?? []).map((text) => familySubnet(text)!);
  let range: FamilySubnet | undefined;
  let next = 0n;
  return () => {
    range ??= ranges.find((each) => !taken.some((subnet) => shareAddresses(each, subnet)));
    return range && subnetOf(family, range.network + 2n * next++, family === 4 ? 31 : 127);
  };
}

/** Who forwards, by network and address. */
type Routers = ReadonlyMap<string, { readonly machine: string; readonly addresses: ByFamily<Placed<bigint>> }>;

/**
 * The networks with machines as gateways: the gateway has the address of one that forwards, or the gateway of the other
 * family is one and none is written for this family.
 */
export function withGatewayMachines(
  networks: readonly DraftNetwork[],
  machines: readonly DraftMachine[],
  networkOfInterface: (port: DraftMachine['interfaces'][number]) => DraftNetwork | undefined,
): readonly DraftNetwork[] {
  const routers: Routers = new Map(
    machines
      .filter(({ machine }) => machine.forward)
      .flatMap(({ machine, interfaces }) =>
        interfaces.flatMap((port) => {
          const on = networkOfInterface(port)?.name;
          const known = { machine: machine.name, addresses: port.addresses };
          return families.flatMap((family) => {
            const address = port.addresses[family]?.value;
            return on === undefined || address === undefined ? [] : [[`${on} ${family} ${address}`, known] as const];
          });
        }),
      ),
  );
  return routers.size === 0 ? networks : networks.map((network) => withMachines(network, routers));
}

function withMachines(network: DraftNetwork, routers: Routers): DraftNetwork {
  const at = (family: Family): ReturnType<Routers['get']> => {
    const gateway = network.gateways[family];
    return gateway && routers.get(`${network.name} ${family} ${gateway.value}`);
  };
  const [router4, router6] = [at(4), at(6)];
  if (!router4 && !router6) return network;
  const resolved = { 4: resolve(network, 4, router4, router6), 6: resolve(network, 6, router6, router4) };
  const { nat } = network;
  return {
    ...network,
    gateways: { 4: resolved[4].gateway, 6: resolved[6].gateway },
    gatewayOff: { 4: resolved[4].off, 6: resolved[6].off },
    nat: nat.isDefault
      ? { ...nat, value: nat.value && resolved[4].gateway?.machine === undefined && !resolved[4].off }
      : nat,
  };
}

function resolve(
  { gateways, gatewayOff, subnets }: DraftNetwork,
  family: Family,
  router: ReturnType<Routers['get']>,
  other: ReturnType<Routers['get']>,
): { readonly gateway: DraftGateway | undefined; readonly off: DraftNetwork['gatewayOff'][4] } {
  const [gateway, off] = [gateways[family], gatewayOff[family]];
  if (gateway && router) return { gateway: { ...gateway, machine: router.machine }, off };
  if (!gateway?.isDefault || !other || subnets[family] === undefined) return { gateway, off };
  const address = other.addresses[family];
  return address === undefined
    ? { gateway: undefined, off: 'other-family' }
    : { gateway: { value: address.value, path: gateway.path, isDefault: true, machine: other.machine }, off };
}
