import type { ListenPort } from '../core/listen-port.ts';
import { addressesOf as declaredAddresses } from '../core/lab-description.ts';
import type { Interface, Network } from '../lab/types.ts';
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

export interface ReachMachine {
  readonly name: string;
  readonly interfaces: readonly Interface[];
}

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
  /** Who holds the port there. */
  readonly holders: PortReport | undefined;
}

/** All addresses that a machine has: those of the lab file, and those that it showed. */
export function addressesOf(machine: ReachMachine | undefined, probe: MachineProbe | undefined): readonly string[] {
  const declared = machine ? declaredAddresses(machine) : [];
  return [...new Set([...declared, ...(probe?.interfaces ?? []).flatMap(({ addresses }) => addresses)])];
}

export function portText({ port, protocol }: Pick<ReachFacts, 'port' | 'protocol'>): string {
  return protocol === 'udp' ? say`UDP port ${port ?? ''}` : say`port ${port ?? ''}`;
}
