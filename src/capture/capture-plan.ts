import { hasPort, type ListenPort } from '../core/listen-port.ts';
import type { Lab, Machine, Program } from '../lab/types.ts';
import { captureFilter, type CapturingMachine } from './capture-filter.ts';

/** What is captured on one machine. */
export interface MachineCapture {
  readonly machine: string;
  /** The interfaces of the lab; loopback is among them where another program of the scenario is on the same machine. */
  readonly interfaces: readonly string[];
  /** Programs there get datagrams: a conversation of UDP has no end that shows. */
  readonly hasDatagrams?: boolean;
  /** pcap-filter(7). */
  readonly filter: string;
}

/**
 * Where the packets of a scenario's programs are captured: on the machine of each program that listens, for it sees
 * every connection to it. One end is enough, and both would show each packet twice.
 */
export function planCapture(lab: Lab, roles: readonly string[]): MachineCapture[] {
  const programs = roles.map((role) => lab.programs.get(role)).filter((program) => program !== undefined);
  const portsAt = new Map<string, ListenPort[]>();
  for (const { on, listens } of programs) {
    const known = portsAt.get(on) ?? [];
    const more = listens.filter((port) => !hasPort(known, port));
    if (known.length + more.length > 0) portsAt.set(on, [...known, ...more]);
  }
  const capturing = [...portsAt].map(([machine, ports]): CapturingMachine => ({
    name: machine,
    addresses: addressesOf(lab.machines.get(machine)!),
    ports,
  }));
  return capturing.map(({ name, ports }, index) => ({
    machine: name,
    interfaces: interfacesOf(lab.machines.get(name)!, programs),
    hasDatagrams: ports.some(({ protocol }) => protocol === 'udp'),
    filter: captureFilter(capturing, index),
  }));
}

function addressesOf({ interfaces }: Machine): string[] {
  return interfaces.map(({ address }) => address);
}

function interfacesOf({ name, interfaces }: Machine, programs: readonly Program[]): string[] {
  const names = interfaces.map((port) => port.name);
  const hasNeighbour = programs.filter(({ on }) => on === name).length > 1;
  return hasNeighbour || names.length === 0 ? ['lo', ...names] : names;
}
