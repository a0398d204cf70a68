import type { ListenPort } from '../core/listen-port.ts';
import type { Machine, Network } from '../lab/types.ts';
import { formatSubnet } from '../core/ipv4.ts';
import { addressesOf as allAddressesOf } from '../core/lab-description.ts';
import { formatSubnet6, isIPv6Text } from '../core/ipv6.ts';
import { isOnNetwork } from '../lab/addresses.ts';
import type { PortReport } from '../ports/port-report.ts';
import type { MachineProbe } from './machine-probe.ts';
import { say } from '../core/language/say.ts';

/** What of a lab the way between machines depends on; a lab's saved state has it too. */
export interface ReachLab {
  readonly networks: readonly Network[];
  readonly machines: readonly ReachMachine[];
  readonly programs: readonly ReachProgram[];
  /** lab made the networks, so that they are as the lab file says; `false`: machines bring their own. Default true. */
  readonly isMade?: boolean | undefined;
}

export interface ReachMachine extends Pick<Machine, 'name' | 'interfaces' | 'forward'> {}

export interface ReachProgram {
  readonly name: string;
  /** Name of the machine. */
  readonly on: string;
  readonly listens: readonly ListenPort[];
}

/** Where a program wants to get. */
export interface ReachQuestion {
  /** Name of the machine from which. */
  readonly from: string;
  /** A name or an address. */
  readonly host: string;
  /** Undefined: only the way to the machine. */
  readonly port?: number | undefined;
  /** Default `tcp`. */
  readonly protocol?: 'tcp' | 'udp' | undefined;
}

/** A machine of the lab that packets pass on their way. */
export interface Hop {
  readonly machine: string;
  /** Where they were sent to on its link. */
  readonly address: string;
  /** Undefined where it could not be asked. */
  readonly probe: MachineProbe | undefined;
  /** Why it could not be asked. */
  readonly silence: string | undefined;
}

/** The routers between two machines, as far as the routes of each lead to machines of the lab. */
export interface Way {
  readonly hops: readonly Hop[];
  /** Name of the machine to which packets come a second time. */
  readonly circle: string | undefined;
}

/** All that was found out, for the links to be judged by. */
export interface ReachFacts extends Pick<ReachQuestion, 'from' | 'host'> {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number | undefined;
  readonly lab: ReachLab;
  /** `host` is an address. */
  readonly isAddress: boolean;
  /** The machine that is to be reached; undefined when it is none of the lab. */
  readonly to: ReachMachine | undefined;
  /** The address that was looked at. */
  readonly address: string | undefined;
  readonly source: MachineProbe;
  /** Undefined where the machine is none of the lab, or could not be asked. */
  readonly target: MachineProbe | undefined;
  /** Why the machine could not be asked. */
  readonly silence: string | undefined;
  /** The routers from the machine that asks to the address, and those for the answers. */
  readonly there: Way;
  readonly back: Way;
  /** Who holds the port there. */
  readonly holders: PortReport | undefined;
}

/** The addresses that the lab file gives a machine. */
export function declaredAddresses(machine: ReachMachine | undefined): readonly string[] {
  return machine ? allAddressesOf(machine) : [];
}

/** Whether the lab file gives it to the machine. */
export function hasAddress(machine: ReachMachine, wanted: string): boolean {
  return allAddressesOf(machine).includes(wanted);
}

/** The network of an interface that the address belongs to. */
export function networkOn(lab: ReachLab, machine: string, address: string): Network | undefined {
  const own = new Set(interfacesOf(lab, machine).map(({ network }) => network));
  return lab.networks.find((network) => own.has(network.name) && isOnNetwork(network, address));
}

export function interfacesOf(lab: ReachLab, machine: string): ReachMachine['interfaces'] {
  return lab.machines.find(({ name }) => name === machine)?.interfaces ?? [];
}

/** In CIDR notation, of the family of the address; undefined where the network has none of it. */
export function subnetLike({ subnet, subnet6 }: Network, address: string): string | undefined {
  if (isIPv6Text(address)) return subnet6 && formatSubnet6(subnet6);
  return subnet && formatSubnet(subnet);
}

/** All addresses that a machine has: those of the lab file, and those that it showed. */
export function addressesOf(machine: ReachMachine | undefined, probe: MachineProbe | undefined): readonly string[] {
  return [
    ...new Set([...declaredAddresses(machine), ...(probe?.interfaces ?? []).flatMap(({ addresses }) => addresses)]),
  ];
}

export function portText({ port, protocol }: Pick<ReachFacts, 'port' | 'protocol'>): string {
  return protocol === 'udp' ? say`UDP port ${port ?? ''}` : say`port ${port ?? ''}`;
}
