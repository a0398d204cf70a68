import { families, type ByFamily, type FamilySubnet } from '../core/address-family.ts';
import type { ReportHeading } from '../core/lab-description.ts';
import type { ListenPort } from '../core/listen-port.ts';
import type { NetworkIndex } from './network-index.ts';
import type { Path } from './problem.ts';
import type { Machine, Program, WrittenPublication, RunsToKeep } from './types.ts';

/**
 * The lab as far as it can be read: short forms expanded, defaults filled in, wrong values left out. The checks that
 * need more than one field run on it, so that they run also when another field is wrong; without problems it is all
 * that a `Lab` needs.
 */
export interface Draft {
  readonly name: string | undefined;
  readonly provider: string;
  /** Links are networks, too. */
  readonly networks: readonly DraftNetwork[];
  /** Those of `links` whose ends could be read, as written. */
  readonly links: readonly DraftLink[];
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
  readonly subnets: ByFamily<Placed<FamilySubnet>>;
  /** Neither of both families is written. */
  readonly isSubnetMissing: boolean;
  /** Two subnets of one family are written; the second of them. */
  readonly subnetTwice: Placed<string> | undefined;
  readonly gateways: ByFamily<DraftGateway>;
  /**
   * Why there is none: `gateway: false` is written, or none is written and the network has two addresses only, or the
   * machine that is the gateway of the other family has no address of this one. Undefined when there is one.
   */
  readonly gatewayOff: ByFamily<'written' | 'point-to-point' | 'other-family'>;
  readonly nat: Placed<boolean> & { readonly isDefault: boolean };
  readonly nat6: Placed<boolean>;
  readonly reachesPrivate: boolean;
  readonly advertise: Placed<boolean>;
  readonly mtu: number | undefined;
  readonly dns: readonly DraftName[];
  /** The ends of a link. */
  readonly between?: readonly [string, string];
}

export interface DraftGateway extends Placed<bigint> {
  readonly isDefault: boolean;
  /** The machine that has the address and forwards; undefined: the network's own bridge. */
  readonly machine?: string;
}

/** A name of `dns`; what it stands for is a machine or an address. */
export interface DraftName {
  readonly name: string;
  readonly path: Path;
  readonly targets: readonly Placed<string>[];
}

export interface DraftLink {
  readonly network: string;
  readonly ends: readonly [Placed<string>, Placed<string>];
}

export interface DraftMachine {
  readonly path: Path;
  /** Final, except for its interfaces and routes. */
  readonly machine: Machine;
  readonly interfaces: readonly DraftInterface[];
  /** Whether both `address` and `interfaces` are given. */
  readonly addressTwice: boolean;
  /** As written; `auto` stands for all that is missing. */
  readonly routes: readonly DraftRoute[] | 'auto';
  readonly gateway: Placed<string> | undefined;
  readonly published: readonly Placed<WrittenPublication>[];
}

export interface DraftInterface {
  readonly name: string;
  readonly path: Path;
  /** As written; undefined when it is left to the address. */
  readonly network: Placed<string> | undefined;
  readonly addresses: ByFamily<Placed<bigint>>;
  /** Whether none is written, or `none`. */
  readonly isUnaddressed: boolean;
  /** Two addresses of one family are written; the second of them. */
  readonly addressTwice: Placed<string> | undefined;
  readonly mac: Placed<string> | undefined;
  readonly mtu: Placed<number> | undefined;
}

export interface DraftRoute {
  readonly path: Path;
  readonly to: Placed<string> | undefined;
  readonly via: Placed<string> | undefined;
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

/** The network of an interface: the one that is written, else the only one whose subnet holds its first address. */
export function networkOf(
  { networkIndex }: Pick<Draft, 'networkIndex'>,
  { network, addresses }: Pick<DraftInterface, 'network' | 'addresses'>,
): DraftNetwork | undefined {
  if (network) return networkIndex.named(network.value);
  const family = families.find((each) => addresses[each] !== undefined);
  const holding = family ? networkIndex.holding(family, addresses[family]!.value) : [];
  return holding.length === 1 ? holding[0] : undefined;
}
