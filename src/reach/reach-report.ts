import type { ListenerProblem } from '../ports/listens-otherwise.ts';

/** What has to hold, one after the other, so that a program on one machine reaches one on another. */
export type LinkName = 'name' | 'address' | 'route' | 'neighbour' | 'listener' | 'firewall';

/**
 * One link of that chain as it was found. `unknown`: it could not be looked at, or what was seen does not decide; `seen`
 * says why.
 */
export interface ReachLink {
  readonly link: LinkName;
  readonly state: 'ok' | 'broken' | 'unknown';
  /** A sentence without its stop. */
  readonly seen: string;
  /** What to do about it, as whole sentences; only of what is broken. */
  readonly cure?: string;
  /** Of a listener that is broken by what a program has open instead. */
  readonly problem?: ListenerProblem;
}

export interface ReachTarget {
  /** As it was asked: a name or an address. */
  readonly host: string;
  /** The machine of the lab; undefined when it is none. */
  readonly machine: string | undefined;
  /** The address that was looked at; undefined when there is none. */
  readonly address: string | undefined;
  /** Undefined when only the way to the machine was asked. */
  readonly port: number | undefined;
  readonly protocol: 'tcp' | 'udp';
}

export interface ReachReport {
  /** Name of the machine from which the way was looked at. */
  readonly from: string;
  readonly to: ReachTarget;
  /** In the order in which a connection needs them. */
  readonly links: readonly ReachLink[];
  /** The first link that is broken. */
  readonly broken: LinkName | null;
}

/** The first link that is broken; undefined when none is. */
export function firstBroken({ links }: Pick<ReachReport, 'links'>): ReachLink | undefined {
  return links.find(({ state }) => state === 'broken');
}
