import { listenPort, portsOf, type ListenPort, type WrittenPort } from '../core/listen-port.ts';
import { addressesOf, type Addressed } from '../core/lab-description.ts';

/** What is known of the lab that a capture comes from. */
export interface LabHints {
  /** Names of machines by address. */
  readonly machines?: ReadonlyMap<string, string>;
  /** TCP ports that programs of the lab listen on: they tell which end is the server where the capture has no SYN. */
  readonly listeningPorts?: ReadonlySet<number>;
  /** UDP ports of programs of the lab: they tell which end is the server. */
  readonly datagramPorts?: ReadonlySet<number>;
}

/** What is looked at of a lab, and of the description of one. */
interface LabParts {
  readonly machines: Iterable<{ readonly name: string; readonly interfaces: readonly Addressed[] }>;
  readonly programs: Iterable<{ readonly listens: readonly (WrittenPort | ListenPort)[] }>;
}

/** What a lab knows that a capture does not: whose an address is, and who listens. */
export function labHints({ machines, programs }: LabParts): LabHints {
  const addresses = Array.from(machines, (machine) =>
    addressesOf(machine).map((address) => [address, machine.name] as const),
  );
  const ports = Array.from(programs, ({ listens }) => listens.map(listenPort)).flat();
  return {
    machines: new Map(addresses.flat()),
    listeningPorts: new Set(portsOf('tcp', ports)),
    datagramPorts: new Set(portsOf('udp', ports)),
  };
}
