import { listenPort, portText, type ListenPort, type WrittenPort } from '../../core/listen-port.ts';
import type { Addressed } from '../../core/lab-description.ts';

/** What a picture of a lab shows, in the order of `lab.yaml`. */
export interface Topology {
  readonly name: string;
  readonly networks: readonly TopologyNetwork[];
  readonly machines: readonly TopologyMachine[];
}

export interface TopologyNetwork {
  readonly name: string;
  /** CIDR notation. */
  readonly subnet: string;
  readonly gateway?: string | undefined;
  /** Whether machines reach beyond the lab through the gateway. */
  readonly nat: boolean;
}

export interface TopologyMachine {
  readonly name: string;
  readonly user: string;
  /** It is a router. */
  readonly forward?: boolean | undefined;
  readonly interfaces: readonly (Addressed & { readonly name: string; readonly network: string })[];
  readonly programs: readonly TopologyProgram[];
}

export interface TopologyProgram {
  readonly name: string;
  readonly listens: readonly (WrittenPort | ListenPort)[];
}

/** Lab descriptions list programs apart from machines; a picture shows them inside. */
export function topologyOf(
  name: string,
  {
    networks,
    machines,
    programs,
  }: {
    readonly networks: readonly TopologyNetwork[];
    readonly machines: readonly Omit<TopologyMachine, 'programs'>[];
    readonly programs: readonly (TopologyProgram & { readonly on: string })[];
  },
): Topology {
  return {
    name,
    networks,
    machines: machines.map((machine) =>
      Object.assign({ programs: programs.filter(({ on }) => on === machine.name) }, machine),
    ),
  };
}

/** `server :7999`, `client`: a program and the ports that it listens on. */
export function programText({ name, listens }: TopologyProgram): string {
  return [name, ...listens.map((port) => `:${portText(listenPort(port))}`)].join(' ');
}
