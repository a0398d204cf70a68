import { contains, parseIPv4 } from '../../core/ipv4.ts';
import { say } from '../../core/language/say.ts';
import type { Interface, Lab, Machine } from '../../lab/types.ts';
import type { FoundInterface } from './interfaces.ts';

/** Something about a machine that is not as lab.yaml says. */
export interface MachineFault {
  readonly machine: string;
  readonly message: string;
  readonly hint: string;
}

/** Pure: which interfaces and addresses of lab.yaml a machine does not really have, each with what it has instead. */
export function addressFaults(lab: Lab, machine: Machine, found: readonly FoundInterface[]): MachineFault[] {
  return machine.interfaces.flatMap(({ name, network, address }) =>
    address === undefined ? [] : (interfaceFault(lab, machine, { name, network, address }, found) ?? []),
  );
}

/** An interface with an address of IPv4, which is what is looked for. */
type WantedInterface = Pick<Interface, 'name' | 'network'> & { readonly address: string };

function interfaceFault(
  lab: Lab,
  { name: machine }: Machine,
  wanted: WantedInterface,
  found: readonly FoundInterface[],
): MachineFault | undefined {
  const { name, address } = wanted;
  const own = found.find((candidate) => candidate.name === name);
  const holder = found.find(({ addresses }) => addresses.some((one) => one.address === address));
  if (holder !== undefined && holder === own) {
    if (own.isUp !== false) return undefined;
    return {
      machine,
      message: say`${name} has ${address}, but no link`,
      hint: say`Connect its cable (in VirtualBox: Settings, Network, "Cable Connected"), or: sudo ip link set ${name} up`,
    };
  }
  if (holder !== undefined)
    return {
      machine,
      message: say`${address} belongs to ${holder.name}, not to ${name}`,
      hint: say`In lab.yaml, name the interface of ${machine} "${holder.name}".`,
    };
  const stranger = otherOwner(lab, machine, found);
  if (stranger !== undefined) {
    return {
      machine,
      message: say`it has ${stranger.address}, which is the address of ${stranger.name}, and not ${address}`,
      hint: say`The address or port in "ssh" of ${machine} probably leads to ${stranger.name}: check the port forwards.`,
    };
  }
  if (own === undefined)
    return {
      machine,
      message: say`there is no interface ${name}, and nothing has ${address}; there is ${listOf(found)}`,
      hint: correction(lab, wanted, found),
    };
  const has = own.addresses.map((one) => one.address);
  return {
    machine,
    message: say`${name} has ${has.length === 0 ? say`no address` : has.join(say` and `)}, not ${address}`,
    hint: correction(lab, wanted, found),
  };
}

/** Another machine of the lab whose address this one has, and that is not found elsewhere by its own description. */
function otherOwner(
  lab: Lab,
  machine: string,
  found: readonly FoundInterface[],
): { readonly name: string; readonly address: string } | undefined {
  const has = new Set(found.flatMap(({ addresses }) => addresses.map(({ address }) => address)));
  for (const other of lab.machines.values()) {
    const address = other.interfaces
      .map((candidate) => candidate.address)
      .find((one) => one !== undefined && has.has(one));
    if (other.name !== machine && address !== undefined) return { name: other.name, address };
  }
  return undefined;
}

/** What to write instead, when one interface is on the network that is meant. */
function correction(lab: Lab, { name, network, address }: WantedInterface, found: readonly FoundInterface[]): string {
  const subnet = lab.networks.get(network)?.subnet;
  const all = found.flatMap((one) => one.addresses.map(({ address: own }) => ({ name: one.name, address: own })));
  const near = all.find((entry) => subnet !== undefined && contains(subnet, parseIPv4(entry.address) ?? 0));
  const command = `sudo ip address add ${address}/${subnet?.prefixLength ?? 24} dev ${near?.name ?? name}`;
  return near === undefined
    ? say`Correct lab.yaml, or give the machine its address: ${command}`
    : say`Write ${near.name}: ${near.address} in lab.yaml, or give the machine its address: ${command}`;
}

/** `enp0s3 (192.168.100.7), wlan0 (no address)`, without the loopback. */
function listOf(found: readonly FoundInterface[]): string {
  const others = found.filter(({ name }) => !/^lo\d*$/.test(name));
  return (
    others
      .map(
        ({ name, addresses }) => `${name} (${addresses.map(({ address }) => address).join(', ') || say`no address`})`,
      )
      .join(', ') || say`none but the loopback`
  );
}
