import type { MachineLimits } from './limits.ts';
import type { HostAccounts } from './account-files.ts';
import type { LayerInTheMaking, PackageLayer } from './packages/layer-types.ts';
import type { KeyPair } from '../../../ssh/keys/key-pair.ts';

/** What the plan takes from the host; gathered by host-facts.ts, so that the plan itself is a pure function. */
export interface HostFacts {
  readonly accounts: HostAccounts;
  /** Top-level entries that are links (`bin` → `usr/bin`), as on every system with a merged /usr. */
  readonly rootLinks: ReadonlyMap<string, string>;
  /** Top-level folders with programs: `usr`, `etc`, and `opt`, `bin`, `lib`, … where they are real folders. */
  readonly sharedFolders: readonly string[];
  /** Those of `sharedFolders` in which something else is mounted. */
  readonly foldersWithMounts: readonly string[];
  /** Device files that machines have, by their numbers (Documentation/admin-guide/devices.txt). */
  readonly devices: readonly { readonly name: string; readonly major: number; readonly minor: number }[];
  /** Files of /etc/skel by name. */
  readonly skeleton: ReadonlyMap<string, string>;
  /** Those folders below /var/lib that APT and dpkg keep their state in; empty on a host without dpkg. */
  readonly packageFolders: readonly string[];
  /**
   * Folder with the folders of /usr and /etc once more, empty: over those of the host, which belong to nobody, they let
   * root of a machine put files there. Undefined where there is none.
   */
  readonly installBase: string | undefined;
  /** Folders and files below /etc that no one in a machine needs. */
  readonly secrets: readonly string[];
  /** The private tools folder, when it is filled. */
  readonly toolsFolder: string | undefined;
  /** Its folders that lie over those of the host: `usr`, `etc`. */
  readonly toolLayers: readonly string[];
  /** Absolute path of sshd(8) as a machine sees it. */
  readonly sshd: string;
  readonly sftpServer: string | undefined;
  /** Programs that need a right of their own: sudo with its plug-ins, tcpdump; source path on the host. */
  readonly sudoFiles: readonly { readonly source: string; readonly path: string; readonly mode: number }[];
  readonly tcpdump: { readonly source: string; readonly path: string } | undefined;
  readonly perl: string;
  readonly nft: string | undefined;
  readonly slirp4netns: string | undefined;
  /** A program of the host is given the memory of each program that crashes (core(5)). */
  readonly pipesCores: boolean;
  /** Our own Node runtime on the host, and its key. */
  readonly runtime: { readonly path: string; readonly key: string } | undefined;
}

export interface PlanKeys {
  /** Public key that `lab` logs in with. */
  readonly user: string;
  /** By name of the machine. */
  readonly hosts: ReadonlyMap<string, KeyPair>;
  /** Keys that machines log in to each other with, by name; empty unless the lab says `ssh: peers`. */
  readonly clients: ReadonlyMap<string, KeyPair>;
}

export interface PlanOptions {
  /** Empty folder on the host over which the lab's file system is mounted, in the lab's own mount namespace. */
  readonly mountPoint: string;
  /** Folder for one Unix socket per machine. */
  readonly socketFolder: string;
  readonly keys: PlanKeys;
  /** Stands in the lists of mounts as what is mounted. */
  readonly label: string;
  /**
   * For root: the lines of uid_map and gid_map (user_namespaces(7)) of the lab's own users. An ordinary user's lab has
   * them from the start.
   */
  readonly labRootMap: string | undefined;
  /** What packages add to machines, by their names. */
  readonly packages?: ReadonlyMap<string, PackageLayer> | undefined;
  /** For the one machine on which a layer of packages is made. */
  readonly making?: LayerInTheMaking | undefined;
  /** Whether it is root of the host who makes the lab, to whom mounts are not locked and devices are allowed. */
  readonly ownsHost: boolean;
  /**
   * Whether files of the host's root belong to root of the machines, by idmapped mounts; else they belong to nobody.
   */
  readonly mapped: boolean;
  /** The filter for system calls of this architecture. */
  readonly systemCallFilter: string;
  /**
   * Where there is only root, whatever account a program asks for: the filter that lets it believe that it became
   * another one.
   */
  readonly oneIdentity: { readonly filter: string } | undefined;
  /** By name of the machine. */
  readonly limits: ReadonlyMap<string, MachineLimits>;
  /** A random 128-bit hex string for each machine (machine-id(5)). */
  readonly machineIds: ReadonlyMap<string, string>;
}
