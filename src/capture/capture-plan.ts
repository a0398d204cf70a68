import type { Lab, Machine, Program } from '../lab/types.ts';

/** What is captured on one machine. */
export interface MachineCapture {
  readonly machine: string;
  /** The interfaces of the lab; loopback is among them where another program of the scenario is on the same machine. */
  readonly interfaces: readonly string[];
  /** TCP ports of the programs that listen there. */
  readonly ports: readonly number[];
  /** pcap-filter(7). */
  readonly filter: string;
}

/**
 * Where the packets of a scenario's programs are captured: on the machine of each program that listens, for it sees
 * every connection to it. One end is enough, and both would show each packet twice.
 */
export function planCapture(lab: Lab, roles: readonly string[]): MachineCapture[] {
  const programs = roles.map((role) => lab.programs.get(role)).filter((program) => program !== undefined);
  const portsOf = new Map<string, Set<number>>();
  for (const { on, listens } of programs)
    if (listens.length > 0) portsOf.set(on, new Set([...(portsOf.get(on) ?? []), ...listens]));
  return [...portsOf].map(([machine, ports]) => ({
    machine,
    interfaces: interfacesOf(lab.machines.get(machine)!, programs),
    ports: [...ports],
    filter: filterOf(lab, machine, ports, portsOf),
  }));
}

function interfacesOf({ name, interfaces }: Machine, programs: readonly Program[]): string[] {
  const names = interfaces.map((port) => port.name);
  const hasNeighbour = programs.filter(({ on }) => on === name).length > 1;
  return hasNeighbour || names.length === 0 ? ['lo', ...names] : names;
}

/**
 * Connections to these ports; not those that the machine has, as a client, with another machine of the lab that
 * captures the same port.
 */
function filterOf(
  lab: Lab,
  machine: string,
  ports: ReadonlySet<number>,
  portsOf: ReadonlyMap<string, ReadonlySet<number>>,
): string {
  const wanted = [...ports].map((port) => `tcp port ${port}`).join(' or ');
  const elsewhere = [...portsOf].flatMap(([other, theirs]) =>
    other === machine
      ? []
      : [...theirs].filter((port) => ports.has(port)).flatMap((port) => servedBy(lab.machines.get(other)!, port)),
  );
  return elsewhere.length === 0 ? wanted : `(${wanted}) and not (${elsewhere.join(' or ')})`;
}

/** The packets of connections to a port of another machine. */
function servedBy({ interfaces }: Machine, port: number): string[] {
  return interfaces.map(
    ({ address }) => `(dst host ${address} and tcp dst port ${port}) or (src host ${address} and tcp src port ${port})`,
  );
}
