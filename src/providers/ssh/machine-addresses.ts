import { familyOf } from '../../core/address-family.ts';
import { say } from '../../core/language/say.ts';
import { isOnNetwork } from '../../lab/addresses.ts';
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
  return machine.interfaces.flatMap((wanted) => {
    const addresses = [wanted.address, wanted.address6].filter((address) => address !== undefined);
    const faults = addresses.flatMap((address) => addressFault(lab, machine, { wanted, address, found }) ?? []);
    if (faults.length === 0) return cardFaults(lab, machine, wanted, found);
    // Of an interface that is not there, one address says it all.
    return found.some(({ name }) => name === wanted.name) ? faults : faults.slice(0, 1);
  });
}

interface Wanted {
  readonly wanted: Interface;
  readonly address: string;
  readonly found: readonly FoundInterface[];
}

function addressFault(
  lab: Lab,
  { name: machine }: Machine,
  { wanted, address, found }: Wanted,
): MachineFault | undefined {
  const { name } = wanted;
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
      hint: correction(lab, { wanted, address, found }),
    };
  const has = own.addresses.map((one) => one.address).filter((one) => !isLinkLocal(one));
  return {
    machine,
    message: say`${name} has ${has.length === 0 ? say`no address` : has.join(say` and `)}, not ${address}`,
    hint: correction(lab, { wanted, address, found }),
  };
}

/** What is wrong with the card itself, whose addresses are right: lab changes nothing there. */
function cardFaults(
  lab: Lab,
  { name: machine }: Machine,
  { name, network, address, address6, mac, mtu = lab.networks.get(network)?.mtu }: Interface,
  found: readonly FoundInterface[],
): MachineFault[] {
  const own = found.find((candidate) => candidate.name === name);
  if (own === undefined) {
    if (address !== undefined || address6 !== undefined) return [];
    return [
      {
        machine,
        message: say`there is no interface ${name}; there is ${listOf(found)}`,
        hint: say`In lab.yaml, name the interface that ${machine} has on network ${network}.`,
      },
    ];
  }
  return [
    ...(mac === undefined || own.mac === undefined || own.mac === mac
      ? []
      : [
          {
            machine,
            message: say`${name} has the hardware address ${own.mac}, not ${mac}`,
            hint: say`Write mac: "${own.mac}" in lab.yaml, or change it there: sudo ip link set ${name} address ${mac}`,
          },
        ]),
    ...(mtu === undefined || own.mtu === undefined || own.mtu === mtu
      ? []
      : [
          {
            machine,
            message: say`${name} carries packets of ${own.mtu} bytes (MTU), not of ${mtu}`,
            hint: say`Write mtu: ${own.mtu} in lab.yaml, or change it there: sudo ip link set ${name} mtu ${mtu}`,
          },
        ]),
  ];
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
      .flatMap((candidate) => [candidate.address, candidate.address6])
      .find((candidate) => candidate !== undefined && has.has(candidate));
    if (other.name !== machine && address !== undefined) return { name: other.name, address };
  }
  return undefined;
}

/** What to write instead, when one interface is on the network that is meant. */
function correction(lab: Lab, { wanted: { name, network: on }, address, found }: Wanted): string {
  const network = lab.networks.get(on);
  const prefixLength =
    familyOf(address) === 6 ? (network?.subnet6?.prefixLength ?? 64) : (network?.subnet?.prefixLength ?? 24);
  const all = found.flatMap((one) => one.addresses.map(({ address: own }) => ({ name: one.name, address: own })));
  const near = all.find(
    (entry) =>
      familyOf(entry.address) === familyOf(address) && network !== undefined && isOnNetwork(network, entry.address),
  );
  const command = `sudo ip address add ${address}/${prefixLength} dev ${near?.name ?? name}`;
  return near === undefined
    ? say`Correct lab.yaml, or give the machine its address: ${command}`
    : say`Write ${near.name}: ${near.address} in lab.yaml, or give the machine its address: ${command}`;
}

/** Each interface of IPv6 has one by itself (RFC 4291, section 2.8), which says nothing. */
function isLinkLocal(address: string): boolean {
  return address.startsWith('fe80:');
}

/** `enp0s3 (192.168.100.7), wlan0 (no address)`, without the loopback. */
function listOf(found: readonly FoundInterface[]): string {
  const others = found.filter(({ name }) => !/^lo\d*$/.test(name));
  return (
    others
      .map(
        ({ name, addresses }) =>
          `${name} (${
            addresses
              .map(({ address }) => address)
              .filter((address) => !isLinkLocal(address))
              .join(', ') || say`no address`
          })`,
      )
      .join(', ') || say`none but the loopback`
  );
}
