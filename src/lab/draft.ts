import type { Subnet } from '../core/ipv4.ts';
import type { ReportHeading } from '../core/lab-description.ts';
import type { ListenPort } from '../core/listen-port.ts';
import type { NetworkIndex } from './network-index.ts';
import type { Path } from './problem.ts';
import type { Machine, Program, RunsToKeep } from './types.ts';

/**
 * The lab as far as it can be read: short forms expanded, defaults filled in, wrong values left out. The checks that
 * need more than one field run on it, so that they run also when another field is wrong; without problems it is all
 * that a `Lab` needs.
 */
export interface Draft {
  readonly name: string | undefined;
  readonly provider: string;
  readonly networks: readonly DraftNetwork[];
  readonly networkIndex: NetworkIndex<DraftNetwork>;
  readonly machines: readonly DraftMachine[];
  readonly programs: readonly DraftProgram[];
  readonly scenarios: readonly DraftScenario[];
  readonly ssh: 'peers' | undefined;
  /** As written. */
  readonly capture: boolean | undefined;
  readonly report: ReportHeading | undefined;
  readonly runs: RunsToKeep | undefined;
}

/** A value and where it stands in the file; for a default, where it would stand. */
export interface Placed<T> {
  readonly value: T;
  readonly path: Path;
}

export interface DraftNetwork {
  readonly name: string;
  readonly path: Path;
  readonly subnet: Placed<Subnet> | undefined;
  readonly gateway: (Placed<number> & { readonly isDefault: boolean }) | undefined;
  /**
   * Why there is none: `gateway: false` is written, or none is written and the network has two addresses only.
   * Undefined when there is one.
   */
  readonly gatewayOff: 'written' | 'point-to-point' | undefined;
  readonly nat: Placed<boolean>;
  readonly reachesPrivate: boolean;
}

export interface DraftMachine {
  readonly path: Path;
  /** Final, except for its interfaces. */
  readonly machine: Machine;
  readonly interfaces: readonly DraftInterface[];
  /** Whether both `address` and `interfaces` are given. */
  readonly addressTwice: boolean;
}

export interface DraftInterface {
  readonly name: string;
  readonly path: Path;
  /** As written; undefined when it is left to the address. */
  readonly network: Placed<string> | undefined;
  readonly address: Placed<number> | undefined;
}

/** A file as it is written; `path` of the long form is where its text stands. */
export interface DraftFile extends Placed<string> {
  /** Whether it may lead out of the lab's folder. */
  readonly outside: boolean;
}

export interface DraftProgram {
  readonly path: Path;
  /** Final, except for its files. */
  readonly program: Program;
  readonly on: Placed<string> | undefined;
  /** The machine that `build` names, as written. */
  readonly buildOn: Placed<string> | undefined;
  readonly files: readonly DraftFile[];
  readonly listens: readonly Placed<ListenPort>[];
}

export interface DraftScenario {
  readonly name: string;
  readonly path: Path;
  readonly steps: readonly unknown[];
  /** Undefined when it is the list of its steps. */
  readonly stepsPath: Path | undefined;
  /** That it is the one to play when none is named, if the file says so. */
  readonly isDefault: Placed<true> | undefined;
}

/** The network of an interface: the one that is written, else the only one whose subnet holds the address. */
export function networkOf({ networkIndex }: Draft, { network, address }: DraftInterface): DraftNetwork | undefined {
  if (network) return networkIndex.named(network.value);
  const holding = address ? networkIndex.holding(address.value) : [];
  return holding.length === 1 ? holding[0] : undefined;
}
