import { createHash } from 'node:crypto';
import { EnvironmentError } from '../../core/errors.ts';
import { formatIPv4, formatSubnet, hostRange, parseSubnet, type Subnet } from '../../core/ipv4.ts';
import { parseIPv6, type Subnet6 } from '../../core/ipv6.ts';
import { say } from '../../core/language/say.ts';
import { isOnNetwork, routerAt, routesOf } from '../../lab/addresses.ts';
import type { Interface, Lab, Machine, Network, Route } from '../../lab/types.ts';
import type { Gateway6 } from './switch/gateway6.ts';

/** One network card. */
export interface NicPlan {
  readonly name: string;
  readonly network: string;
  readonly address?: string | undefined;
  readonly address6?: string | undefined;
  readonly mac: string;
  /** In bytes; undefined: 1500. */
  readonly mtu?: number | undefined;
  /** Name of its socket in the work folder. */
  readonly port: string;
}

/** One layer-2 network. */
export interface NetworkPlan {
  readonly name: string;
  readonly subnet?: Subnet | undefined;
  readonly subnet6?: Subnet6 | undefined;
  readonly nat: boolean;
  readonly reachesPrivate: boolean;
  /** Machines of the network may take what routers tell them (RFC 4861). */
  readonly advertise?: true | undefined;
  readonly mtu?: number | undefined;
  /** Names that its machines know in addition. */
  readonly dns?: Network['dns'];
  /** Undefined where no address is left for it: then no machine is reached from this host over this network. */
  readonly slirp?: SlirpPlan | undefined;
  /** What the switch plays by IPv6. */
  readonly gateway6?: Gateway6 | undefined;
  /** No network of lab.yaml, but the one over which lab reaches machines; they do not meet there. */
  readonly isOurs?: true;
}

/** QEMU's user-mode network, in a process without a machine: the gateway of a network by IPv4. */
export interface SlirpPlan {
  /** From lab.yaml, or an unused address: without one, no machine could be reached from this host. */
  readonly gateway: string;
  readonly nameserver: string;
  /** Name of its socket in the work folder. */
  readonly port: string;
}

export interface MachinePlan {
  readonly machine: Machine;
  readonly memoryMiB: number;
  readonly cpus: number;
  readonly nics: readonly NicPlan[];
  /** In addition to those to its networks. */
  readonly routes: readonly Route[];
}

export interface LabPlan {
  readonly networks: ReadonlyMap<string, NetworkPlan>;
  readonly machines: readonly MachinePlan[];
}

/** A cloud image of Ubuntu with cloud-init starts in 512 MiB, and is comfortable in this. */
const DEFAULT_MEMORY_MIB = 768;

/** Network of link-local addresses (RFC 3927), which no network of a lab has. */
const OWN_NETWORK = '.lab';
const ownSubnet = parseSubnet('169.254.77.0/24')!;

/**
 * What the machines and networks look like; the same for the same lab. A machine that no address of IPv4 leads to gets
 * a card more, over which lab reaches it.
 *
 * @throws {EnvironmentError} when a network has no address left for the gateway.
 */
export function planLab(lab: Lab): LabPlan {
  const networks = new Map(
    [...lab.networks.values()].map((network, index) => [network.name, planNetwork(network, index, lab)] as const),
  );
  const machines = [...lab.machines.values()].map((machine) => planMachine(machine, lab));
  const plan = { networks, machines };
  const lost = machines.filter((machine) => nicForSsh(machine, plan) === undefined);
  if (lost.length === 0) return plan;
  const own = planOwnNetwork(networks.size);
  return {
    networks: new Map([...networks, [own.name, own]]),
    machines: machines.map((machine) => withOwnNic(machine, lost.indexOf(machine), lab)),
  };
}

/** The card over which this host reaches a machine: the first of IPv4 in a network where slirp is. */
export function nicForSsh(
  { nics }: MachinePlan,
  { networks }: Pick<LabPlan, 'networks'>,
): (NicPlan & { readonly address: string }) | undefined {
  return nics.find(
    (nic): nic is NicPlan & { readonly address: string } =>
      nic.address !== undefined && networks.get(nic.network)?.slirp !== undefined,
  );
}

function planNetwork(network: Network, index: number, lab: Lab): NetworkPlan {
  const { name, subnet, subnet6, nat, reachesPrivate, advertise, mtu, dns } = network;
  return {
    name,
    subnet,
    nat,
    reachesPrivate: reachesPrivate === true,
    advertise,
    subnet6,
    mtu,
    dns,
    slirp: subnet && planSlirp(network, subnet, { index, lab }),
    gateway6: planGateway6(network, lab),
  };
}

function planSlirp(
  { name, gateway, nat }: Network,
  subnet: Subnet,
  { index, lab }: { readonly index: number; readonly lab: Lab },
): SlirpPlan | undefined {
  const unused = unusedAddresses(subnet, new Set([gateway, ...addressesIn(lab, name)]));
  const isRouter = gateway !== undefined && routerAt(lab, name, gateway) !== undefined;
  const own = gateway === undefined || isRouter ? unused.next().value : gateway;
  const nameserver = unused.next().value;
  if (own !== undefined && nameserver !== undefined) return { gateway: own, nameserver, port: `net${index}.port` };
  if (!nat || isRouter) return undefined;
  throw new EnvironmentError(
    say`network ${name} (${formatSubnet(subnet)}) has no address left for its gateway and name server`,
    { code: 'network-full', hint: say`Give it a larger subnet in lab.yaml.` },
  );
}

/** A machine that is the gateway answers itself; undefined where nothing has to be told of it either. */
function planGateway6({ name, subnet6, gateway6, advertise, mtu }: Network, lab: Lab): Gateway6 | undefined {
  if (subnet6 === undefined || gateway6 === undefined) return undefined;
  const router = routerAt(lab, name, gateway6);
  const port = router?.interfaces.find((one) => one.network === name && one.address6 === gateway6);
  if (port !== undefined && advertise !== true) return undefined;
  return {
    mac:
      router && port
        ? macOf(lab, router, port).replaceAll(':', '')
        : ['52', '56', ...digestOf(lab.name, name).slice(0, 4)].join(''),
    address: hexOf(parseIPv6(gateway6)!),
    advertises:
      advertise === true ? { prefix: hexOf(subnet6.network), prefixLength: subnet6.prefixLength, mtu } : undefined,
    ...(port && { isMachine: true }),
  };
}

function hexOf(address: bigint): string {
  return address.toString(16).padStart(32, '0');
}

function planOwnNetwork(index: number): NetworkPlan {
  const { last } = hostRange(ownSubnet);
  const [gateway, nameserver] = [formatIPv4(last), formatIPv4(last - 1)];
  return {
    name: OWN_NETWORK,
    subnet: ownSubnet,
    nat: false,
    reachesPrivate: false,
    slirp: { gateway, nameserver, port: `net${index}.port` },
    isOurs: true,
  };
}

/** `index`: its place among the machines that need it; negative: it needs none. */
function withOwnNic(plan: MachinePlan, index: number, lab: Lab): MachinePlan {
  if (index < 0) return plan;
  const { machine, nics } = plan;
  const names = new Set(nics.map(({ name }) => name));
  const name = Array.from({ length: nics.length + 1 }, (_, number) => `lab${number}`).find((one) => !names.has(one))!;
  const own: NicPlan = {
    name,
    network: OWN_NETWORK,
    address: formatIPv4(hostRange(ownSubnet).first + index),
    mac: macAddress(lab.name, machine.name, OWN_NETWORK),
    port: portOf(machine.name, nics.length),
  };
  return { ...plan, nics: [...nics, own] };
}

function addressesIn(lab: Lab, network: string): (string | undefined)[] {
  return [...lab.machines.values()].flatMap(({ interfaces }) =>
    interfaces.filter((link) => link.network === network).map(({ address }) => address),
  );
}

/** From the highest down, because people count from the lowest up. */
function* unusedAddresses(subnet: Subnet, used: ReadonlySet<string | undefined>): Generator<string, undefined> {
  const { first, last } = hostRange(subnet);
  for (let address = last; address >= first; address--) {
    const text = formatIPv4(address);
    if (!used.has(text)) yield text;
  }
  return undefined;
}

function planMachine(machine: Machine, lab: Lab): MachinePlan {
  const nics = machine.interfaces.map(({ name, network, address, address6, mac, mtu }, index): NicPlan => ({
    name,
    network,
    address,
    address6,
    mac: macOf(lab, machine, { name, mac }),
    mtu: mtu ?? lab.networks.get(network)?.mtu,
    port: portOf(machine.name, index),
  }));
  return {
    machine,
    nics,
    memoryMiB: machine.memoryMiB ?? DEFAULT_MEMORY_MIB,
    cpus: machine.cpus ?? 1,
    routes: routesOf(lab, machine).filter((route) => leadsOn(lab, machine, route)),
  };
}

/**
 * Whether a default route was asked for or leads to somewhere: the gateway of a network without NAT that no machine
 * plays leads nowhere, and what has no route fails at once.
 */
function leadsOn(lab: Lab, { gateway, routes = [], interfaces }: Machine, { to, via }: Route): boolean {
  if (to !== 'default' || via === gateway || routes.some((route) => route.to === to && route.via === via)) return true;
  return interfaces.some(({ network: name }) => {
    const network = lab.networks.get(name);
    if (network === undefined || !isOnNetwork(network, via)) return false;
    return routerAt(lab, name, via) !== undefined || (via === network.gateway && network.nat);
  });
}

/**
 * Name of the socket of a machine's network card in the work folder, by its place among the interfaces of the machine.
 */
export function portOf(machine: string, index: number): string {
  return `${machine}.nic${index}`;
}

/** QEMU's own prefix and three bytes that are the same at each `up`, so that a saved machine keeps its card. */
function macAddress(...names: readonly string[]): string {
  return ['52', '54', '00', ...digestOf(...names).slice(0, 3)].join(':');
}

function macOf({ name: lab }: Lab, { name: machine }: Machine, { name, mac }: Pick<Interface, 'name' | 'mac'>): string {
  return mac ?? macAddress(lab, machine, name);
}

/** Bytes that the names make, each hexadecimal. */
function digestOf(...names: readonly string[]): string[] {
  return createHash('sha256').update(names.join('\0')).digest('hex').match(/../g)!;
}
