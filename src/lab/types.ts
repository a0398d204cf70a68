import type { Subnet } from '../core/ipv4.ts';
import type { Subnet6 } from '../core/ipv6.ts';
import type { ReportHeading } from '../core/lab-description.ts';
import type { ListenPort } from '../core/listen-port.ts';
import type { busyPortChoices, restartChoices } from './defaults.ts';
import type { Pattern } from './written-pattern.ts';
import type { Path, Position, Span } from './problem.ts';

export type { Pattern } from './written-pattern.ts';

/** The checked content of `lab.yaml`, all short forms expanded and all defaults filled in. */
export interface Lab {
  readonly name: string;
  /** Name of the provider; `--provider` on the command line wins over the file. */
  readonly provider: string;
  /** Absolute path of the file that it came from. */
  readonly file: string;
  /** Absolute path of the folder of `file`; relative paths in the file start here. */
  readonly folder: string;
  readonly networks: ReadonlyMap<string, Network>;
  readonly machines: ReadonlyMap<string, Machine>;
  /** Services among them, which have a `service`. */
  readonly programs: ReadonlyMap<string, Program>;
  readonly scenarios: ReadonlyMap<string, ScenarioSource>;
  /** What `lab run -p NAME=VALUE` sets; undefined when there is none. */
  readonly params?: ReadonlyMap<string, LabParameter>;
  /** `peers`: machines may log in to each other by SSH; undefined: no machine holds a key that opens another. */
  readonly ssh?: 'peers';
  /** Whether runs capture their packets; undefined where the file does not say: they do. */
  readonly capture?: boolean;
  /** What the heading of a report says; undefined when the file does not. */
  readonly report?: ReportHeading | undefined;
  /** Which runs are kept when a run ends; undefined where the file does not say: all. */
  readonly runs?: RunsToKeep | undefined;
  /** Ports of machines that this host has on its loopback; undefined: none. */
  readonly published?: readonly Publication[];
}

/** A TCP port of a machine that this host has on its loopback. */
export interface Publication extends WrittenPublication {
  readonly machine: string;
}

/** The same as it is written under its machine. */
export interface WrittenPublication {
  /** Of the machine. */
  readonly port: number;
  readonly hostPort: number;
  /** The one address of this host that has it; undefined: 127.0.0.1 and ::1. */
  readonly address?: '127.0.0.1' | '::1' | undefined;
}

/** Which stored runs are to be kept. A run goes when every rule that is given lets it go. */
export interface RunsToKeep {
  /** So many of the newest stay. */
  readonly keep?: number | undefined;
  /** Those that are not older stay. Milliseconds. */
  readonly olderMs?: number | undefined;
}

/** What stands for `{name}` in programs and steps. */
export interface LabParameter {
  readonly name: string;
  /** Undefined when it has no default and none was given. */
  readonly value: string | undefined;
  readonly byDefault?: string;
  readonly description?: string;
}

/** A network, or a link between two machines. It has addresses of IPv4, of IPv6, or of both. */
export interface Network {
  readonly name: string;
  /** Undefined when it has addresses of IPv6 only. */
  readonly subnet?: Subnet | undefined;
  readonly subnet6?: Subnet6 | undefined;
  /**
   * Dotted-decimal; undefined when the network has no gateway. That of a machine which forwards makes this machine the
   * gateway; else it is the network's own address on its bridge. `gatewayMachine` tells them apart.
   */
  readonly gateway?: string | undefined;
  /** The same of IPv6, as RFC 5952 writes it. */
  readonly gateway6?: string | undefined;
  /** Whether machines reach beyond the lab through the gateway, by network address translation (RFC 3022). */
  readonly nat: boolean;
  /** The same by IPv6, with the source address translated, too (NAT66). */
  readonly nat6?: true;
  /** Whether addresses of private use around the host are destinations, too (`nat: { private: true }`). */
  readonly reachesPrivate?: true;
  /** The gateway announces itself and the prefix of `subnet6` (router advertisements, RFC 4861). */
  readonly advertise?: true;
  /** Largest packet of IP that it carries, in bytes; undefined: 1500. */
  readonly mtu?: number | undefined;
  /** Names that its machines know in addition to those of machines, each with its addresses. */
  readonly dns?: ReadonlyMap<string, readonly string[]> | undefined;
  /** It is a link of `links`, between these two. */
  readonly between?: readonly [string, string] | undefined;
}

export interface Machine {
  readonly name: string;
  /**
   * What it is made from. As the file names it; in an opened lab what is really used: undefined where the provider uses
   * none.
   */
  readonly image?: string | undefined;
  readonly user: string;
  /** The lab file names `user`, even if it names the default. */
  readonly isUserWritten?: true;
  readonly interfaces: readonly Interface[];
  readonly memoryMiB?: number | undefined;
  readonly cpus?: number | undefined;
  /** Size limit of the machine's own files, in MiB. */
  readonly diskMiB?: number | undefined;
  /** Most processes and threads, of all users of the machine together. */
  readonly processes?: number | undefined;
  /** Most open files of one process. */
  readonly openFiles?: number | undefined;
  /** Largest file that a process may write, in MiB. */
  readonly fileSizeMiB?: number | undefined;
  /** `false`: no process on the machine gets more rights than the account has. */
  readonly sudo?: false;
  /** Folders of the host, of `hostFolderChoices`, that the machine sees; undefined: none of them. */
  readonly hostFolders?: readonly string[] | undefined;
  /** Names of packages of Debian that it has in addition, perhaps with `=VERSION`; in the order of the alphabet, each once. */
  readonly packages?: readonly string[] | undefined;
  /** Commands that root runs there once, in this order, when the machine is made. */
  readonly setup?: readonly (readonly string[])[] | undefined;
  /** It is a router: packets that are not for it go on, by its routes. */
  readonly forward?: true;
  /** In addition to those to its own networks and to `gateway`. */
  readonly routes?: readonly Route[] | undefined;
  /** Its default route in place of those of its networks; `false`: none. Address of either family. */
  readonly gateway?: string | false | undefined;
  /** Settings of its kernel by name (sysctl(8)), as they stand in the file. */
  readonly sysctls?: ReadonlyMap<string, string> | undefined;
  /** How the machine is reached, for `provider: ssh`. */
  readonly ssh?: SshAccess | undefined;
}

/** A static route (ip-route(8)). */
export interface Route {
  /** A subnet in CIDR notation, of either family, or `default`: then the family is that of `via`. */
  readonly to: string;
  /** Address of the next router. */
  readonly via: string;
}

export interface Interface {
  readonly name: string;
  readonly network: string;
  /** Dotted-decimal; undefined: none of IPv4, or one that the machine asks for itself (DHCP). */
  readonly address?: string | undefined;
  /** As RFC 5952 writes it. */
  readonly address6?: string | undefined;
  /** `02:4c:41:00:00:01`; undefined: the provider takes one, always the same. */
  readonly mac?: string | undefined;
  /** In bytes; undefined: that of the network. */
  readonly mtu?: number | undefined;
}

export interface SshAccess {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  /** Path of a private key, `~` not expanded. */
  readonly key?: string | undefined;
  /** `packages` and `setup` are also for a machine that lab did not make. */
  readonly install?: boolean | undefined;
}

export interface Program {
  readonly name: string;
  /** Name of the machine. */
  readonly on: string;
  /** Absolute paths on the host; they are copied side by side into the program's folder on the machine. */
  readonly files: readonly string[];
  /** Those of `files` that may lead out of the lab's folder, because the lab file says so. */
  readonly outside?: readonly string[] | undefined;
  readonly command: readonly string[];
  /** Makes what is run: on this host, in the lab's folder, before the files are sent; or as `buildOn` says. */
  readonly build: readonly string[] | undefined;
  /** The machine of the program: `build` runs there, in the program's folder, when the files have come. */
  readonly buildOn?: string | undefined;
  /** Ports of TCP and UDP that the program is expected to have open. */
  readonly listens: readonly ListenPort[];
  /** What to do when a port of `listens` is held by another process. */
  readonly busyPort: (typeof busyPortChoices)[number];
  /** Shown when the program is ready for a line of input. */
  readonly prompt: Pattern | undefined;
  readonly env: ReadonlyMap<string, string>;
  /** One of several that one entry of the file stands for: the name of that entry, and its number, from 1. */
  readonly instance?: { readonly of: string; readonly number: number };
  /** Of its terminal, what is typed included; undefined: UTF-8. */
  readonly encoding?: 'latin1' | undefined;
  /** `lab up` starts it and keeps it; undefined: scenarios start it. */
  readonly service?: ServiceTerms | undefined;
}

/** How a service is kept. */
export interface ServiceTerms {
  /** Whether it is started again when it has ended. */
  readonly restart: (typeof restartChoices)[number];
}

/** A scenario as it stands in the file; the `scenario` room gives it a meaning. */
export interface ScenarioSource {
  readonly name: string;
  readonly position: Position;
  /** It is played when none is named. */
  readonly isDefault?: true;
  /** Where its steps stand in the file, if they are a field of it; undefined: it is the list of its steps. */
  readonly stepsPath?: Path;
  readonly steps: readonly StepSource[];
}

export interface StepSource {
  readonly position: Position;
  /** Plain data of the step: a map of one verb and its options, or a bare verb. */
  readonly value: unknown;
  /**
   * Where a part of `value` stands, by its path within the step: the value itself, or its key when `at` is `key`. A
   * map or list that has a key is shown by its key. Where the path leads to nothing, the nearest part that exists is
   * shown.
   */
  readonly positionOf: (path: readonly (string | number)[], at?: 'key' | 'value') => Span;
}
