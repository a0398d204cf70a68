import { addressesOf } from '../core/lab-description.ts';
import { portsOf, portText, type ListenPort } from '../core/listen-port.ts';
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
 * Where the packets of a scenario's programs, and of services, are captured: on the machine of each that listens, for it
 * sees every connection to it. One end is enough, and both would show each packet twice. Datagrams are captured where the
 * other programs are, too: only both ends together show what was lost on the way, and no end says so.
 */
export function planCapture(lab: Lab, roles: readonly string[]): MachineCapture[] {
  const ofRoles = roles.map((role) => lab.programs.get(role)).filter((program) => program !== undefined);
  const programs = [...ofRoles, ...[...lab.programs.values()].filter(({ service }) => service !== undefined)];
  const machines = [...new Set(programs.map(({ on }) => on))].map((name): CapturingMachine => {
    const ports = distinct(programs.filter(({ on }) => on === name).flatMap(({ listens }) => listens));
    const reached = distinct(programs.flatMap(({ listens }) => listens));
    return { name, addresses: addressesOf(lab.machines.get(name)!), ports, datagramPorts: portsOf('udp', reached) };
  });
  const capturing = machines.filter(({ ports, datagramPorts }) => ports.length + datagramPorts.length > 0);
  return capturing.map((machine) => ({
    machine: machine.name,
    interfaces: interfacesOf(lab.machines.get(machine.name)!, programs),
    hasDatagrams: machine.datagramPorts.length > 0,
    filter: captureFilter(machine, capturing),
  }));
}

function distinct(ports: readonly ListenPort[]): ListenPort[] {
  return [...new Map(ports.map((port) => [portText(port), port])).values()];
}

function interfacesOf({ name, interfaces }: Machine, programs: readonly Program[]): string[] {
  const names = interfaces.map((port) => port.name);
  const hasNeighbour = programs.filter(({ on }) => on === name).length > 1;
  return hasNeighbour || names.length === 0 ? ['lo', ...names] : names;
}
