import { createHash } from 'node:crypto';
import { EnvironmentError } from '../../core/errors.ts';
import { formatIPv4, hostRange, formatSubnet, type Subnet } from '../../core/ipv4.ts';
import { say } from '../../core/language/say.ts';
import type { Lab, Machine, Network } from '../../lab/types.ts';

/** One network card. */
export interface NicPlan {
  readonly name: string;
  readonly network: string;
  readonly address: string;
  readonly mac: string;
  /** Name of its socket in the work folder. */
  readonly port: string;
}

/** One layer-2 network with its gateway process. */
export interface NetworkPlan {
  readonly name: string;
  readonly subnet: Subnet;
  readonly nat: boolean;
  readonly reachesPrivate: boolean;
  /** From lab.yaml, or an unused address: without one, no machine could be reached from this host. */
  readonly gateway: string;
  readonly nameserver: string;
  /** Name of the gateway's socket in the work folder. */
  readonly port: string;
}

export interface MachinePlan {
  readonly machine: Machine;
  readonly memoryMiB: number;
  readonly cpus: number;
  readonly nics: readonly NicPlan[];
}

export interface LabPlan {
  readonly networks: ReadonlyMap<string, NetworkPlan>;
  readonly machines: readonly MachinePlan[];
}

/** A cloud image of Ubuntu with cloud-init starts in 512 MiB, and is comfortable in this. */
const DEFAULT_MEMORY_MIB = 768;

/**
 * What the machines and networks look like; the same for the same lab.
 *
 * @throws {EnvironmentError} when a network has no address left for the gateway.
 */
export function planLab(lab: Lab): LabPlan {
  const networks = [...lab.networks.values()].map((network, index): [string, NetworkPlan] => [
    network.name,
    planNetwork(network, index, lab),
  ]);
  return {
    networks: new Map(networks),
    machines: [...lab.machines.values()].map((machine) => planMachine(machine, lab)),
  };
}

function planNetwork({ name, subnet, gateway, nat, reachesPrivate }: Network, index: number, lab: Lab): NetworkPlan {
  if (subnet === undefined) {
    throw new EnvironmentError(say`network ${name} has no IPv4 addresses, and virtual machines need them`, {
      code: 'network-without-ipv4',
      hint: say`Give it a subnet of IPv4, too: subnet: 10.1.0.0/24`,
    });
  }
  const unused = unusedAddresses(subnet, new Set([gateway, ...addressesIn(lab, name)]));
  const own = gateway ?? unused.next().value;
  const nameserver = unused.next().value;
  if (own === undefined || nameserver === undefined) {
    throw new EnvironmentError(
      say`network ${name} (${formatSubnet(subnet)}) has no address left for its gateway and name server`,
      { code: 'network-full', hint: say`Give it a larger subnet in lab.yaml.` },
    );
  }
  return {
    name,
    subnet,
    nat,
    reachesPrivate: reachesPrivate === true,
    gateway: own,
    nameserver,
    port: `net${index}.port`,
  };
}

function addressesIn(lab: Lab, network: string): string[] {
  return [...lab.machines.values()].flatMap(({ interfaces }) =>
    interfaces.filter((link) => link.network === network).flatMap(({ address }) => address ?? []),
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
  const nics = machine.interfaces.map(({ name, network, address }, index): NicPlan => ({
    name,
    network,
    address: address ?? '',
    mac: macAddress(lab.name, machine.name, name),
    port: portOf(machine.name, index),
  }));
  return { machine, nics, memoryMiB: machine.memoryMiB ?? DEFAULT_MEMORY_MIB, cpus: machine.cpus ?? 1 };
}

/**
 * Name of the socket of a machine's network card in the work folder, by its place among the interfaces of the machine.
 */
export function portOf(machine: string, index: number): string {
  return `${machine}.nic${index}`;
}

/** QEMU's own prefix and three bytes that are the same at each `up`, so that a saved machine keeps its card. */
function macAddress(...names: readonly string[]): string {
  const digest = createHash('sha256').update(names.join('\0')).digest();
  return ['52', '54', '00', ...[0, 1, 2].map((index) => digest[index]!.toString(16).padStart(2, '0'))].join(':');
}
