import type { Lab, Machine } from '../lab/types.ts';
import type { EventSink } from '../core/events.ts';
import type { PackagesByTool } from '../host/fetch-tools.ts';
import type { MachineSystem } from '../core/lab-description.ts';
import type { LinkCapture } from '../packets/link-capture.ts';
import type { OpenNetfilter } from '../packets/netfilter-channel.ts';
import type { Patience } from '../ssh/patience.ts';
import type { MachinePorts } from '../ssh/machine-ports.ts';
import type { Shell } from '../ssh/shell.ts';

/** Where machines come from. An implementation is one folder of this room and one line in the registry. */
export interface Provider {
  readonly name: string;
  readonly features: ProviderFeatures;

  /** All that is missing on this host for this provider, at once. Changes nothing; may be called at any time. */
  check(options: CheckOptions): Promise<Requirement[]>;

  /**
   * Makes the machines and networks of the lab, or finds them made. Safe to call twice: what runs and fits stays as it
   * is. When it fails, what it made in this call is gone again.
   *
   * @throws {EnvironmentError} when this host cannot.
   * @throws {TimeoutError} when a machine does not become ready.
   */
  up(lab: Lab, place: LabPlace, making: Making): Promise<ProviderState>;

  /**
   * From what `state.json` saved (the lab's machines, and what `up` returned) to live machines; creates nothing. A
   * machine that is gone is reported as `running: false`, not as an error.
   *
   * @throws {EnvironmentError} `state-broken` when the state makes no sense.
   */
  attach(
    machines: readonly Machine[],
    state: ProviderState,
    place: LabPlace,
    login: LoginPolicy,
  ): Promise<AttachedMachine[]>;

  /** What carries the label of a lab of this user on this host, whether or not its folder still exists. */
  list(): Promise<LabelledLab[]>;

  /**
   * Removes all that carries the lab's label, and nothing else; returns what it ended. Safe when nothing exists, and
   * after `kill -9` of any other verb.
   */
  down(place: LabPlace): Promise<string[]>;

  /** Programs of this host that it needs besides those of all providers, with the packages that hold them. */
  readonly tools?: PackagesByTool;

  // Abilities that not every provider has.
  readonly snapshots?: SnapshotStore;
  readonly images?: ImageStore;
  readonly consoles?: Consoles;

  /**
   * For a provider that does not own its machines: the machines on which something of the lab may lie, according to its
   * traces. Connects to none of them. The caller removes what was put there, and then the traces.
   */
  touched?(traces: LabTraces, place: LabPlace, login: LoginPolicy): Promise<TouchedMachine[]>;
}

/** What a provider may have or lack. */
export type Ability = 'snapshots' | 'images' | 'consoles';

export type AbleProvider<A extends Ability> = Provider & Required<Pick<Provider, A>>;

/** The providers of this build; commands get it from the command line, so that none of them knows which there are. */
export interface ProviderRegistry {
  readonly names: readonly string[];
  /** A new provider object, its code loaded only now. @throws {UsageError} for an unknown name, with the known ones. */
  named(name: string): Promise<Provider>;
  /** New objects of all that have this ability. */
  having<A extends Ability>(ability: A): Promise<readonly AbleProvider<A>[]>;
}

/**
 * All machines of a lab as they were at one moment: memory, devices, disks. Lives in the `.lab` folder and outlives
 * `down`.
 */
export interface SnapshotStore {
  /**
   * Called when `up` has made machines and all programs are on them: a chance to make the next `up` fast. Failing must
   * not matter.
   */
  keepReady(lab: Lab, place: LabPlace, work: Work): Promise<void>;
  /** The machines run and go on. A snapshot of that name is replaced. */
  save(lab: Lab, name: string, place: LabPlace, work: Work): Promise<void>;
  /**
   * Ends the machines that run and brings all back as they were.
   *
   * @throws {UsageError} for an unknown name, or when the lab has changed since.
   */
  restore(lab: Lab, name: string, place: LabPlace, making: Making): Promise<ProviderState>;
  /** Oldest first; `automatic` ones were made by `keepReady`. */
  list(stateFolder: string): Promise<SnapshotInfo[]>;
  /** @throws {UsageError} for an unknown name. */
  remove(stateFolder: string, name: string): Promise<void>;
}

export interface SnapshotInfo {
  readonly name: string;
  readonly automatic: boolean;
  /** ISO 8601. */
  readonly savedAt: string;
  readonly machines: readonly string[];
  readonly sizeBytes: number;
}

/** What machines start from, in the cache of this user; the same for all labs. */
export interface ImageStore {
  /** Images in the cache and images that can be downloaded, by name. */
  list(): Promise<KnownImage[]>;
  /**
   * Gets an image into the cache; false when it is there already.
   *
   * @throws {UsageError} for an unknown name.
   * @throws {EnvironmentError} when it cannot be had, or only with a network that may not be asked.
   */
  pull(name: string, work: Work): Promise<boolean>;
  /**
   * Copies a file of the user's (an absolute path) into the cache, under its own name unless another is given.
   *
   * @throws {UsageError} when the file is missing or the name is taken.
   * @throws {EnvironmentError} when it is no image, or the disk is full.
   */
  import(
    file: string,
    name: string | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly name: string; readonly sizeBytes: number }>;
  /** @throws {UsageError} for a name that the cache does not have. */
  remove(name: string): Promise<void>;
}

export interface KnownImage {
  readonly name: string;
  readonly description: string;
  /** Undefined when it is not in the cache. */
  readonly sizeBytes: number | undefined;
  /** URL or path that it comes from. */
  readonly source: string;
}

/** Serial consoles of machines: they speak while a machine starts, when SSH does not answer, and after it failed. */
export interface Consoles {
  /** Also for a machine that does not run, or that there is not. */
  of(stateFolder: string, machine: string): Promise<MachineConsole>;
}

export interface MachineConsole {
  /** All that it said, made harmless; undefined when the machine was never started. */
  readonly said: string | undefined;
  /** Absolute path of the Unix socket that leads there; undefined while the machine does not run. */
  readonly socketPath: string | undefined;
}

/** What a provider is like, as data: no code asks "is it qemu?". */
export interface ProviderFeatures {
  /** It makes the machines and may remove them. */
  readonly ownsMachines: boolean;
  /** Its machines have their `packages` when it has made them. */
  readonly installsPackages?: boolean;
  /** It keeps `sudo: false` of a machine. */
  readonly withoutSudo: boolean;
  /** Its machines run the programs of this host, and see what a machine's `host-folders` names. */
  readonly sharesPrograms: boolean;
  readonly system: SystemSource;
  /** Machines of its networks do not reach the outside by IPv6, whatever `nat6` says. */
  readonly withoutNat6?: true;
}

/**
 * Where the system of its machines comes from: an image that the lab file names, or else this one; this host; or it was
 * there before.
 */
export type SystemSource =
  { readonly kind: 'image'; readonly byDefault: string } | { readonly kind: 'host' } | { readonly kind: 'existing' };

export interface CheckOptions {
  /**
   * Also try what can only be known by trying, such as whether the kernel lets this user make namespaces; takes some 50
   * ms.
   */
  readonly thorough?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** One thing that a provider needs on this host. */
export interface Requirement {
  /** Stable name: `user-namespaces`. */
  readonly id: string;
  /** As a user reads it: `user namespaces for ordinary users`. */
  readonly description: string;
  readonly status: 'present' | 'missing' | 'optional-missing';
  /** What was found: a version, a path, a refusal. */
  readonly found: string;
  /** Exact commands or sentences that get it; empty when present. */
  readonly howToGet: readonly string[];
}

/** Which lab of this host is meant. */
export interface LabPlace {
  /** Unique name of this lab on this host, the label of all that it makes. */
  readonly labId: string;
  /** Absolute path of the `.lab` folder. */
  readonly stateFolder: string;
}

/** What work that takes a while is done with. */
export interface Work {
  readonly events: EventSink;
  readonly signal: AbortSignal;
  /** Never ask the network beyond this host and its machines, for images for example. */
  readonly offline: boolean;
}

/** Work that makes things. */
export interface Making extends Work {
  readonly journal: ProviderJournal;
  readonly login: LoginPolicy;
}

export interface ProviderJournal {
  /** Writes one line before the thing is made; resolves when it is on disk. */
  append(entry: JournalEntry): Promise<void>;
  /** All that was written so far, oldest first. */
  records(): Promise<readonly JournalEntry[]>;
}

/** What a login to a machine may take from the user. */
export interface LoginPolicy {
  /** Asks the user; undefined when there is no terminal to ask on. */
  readonly questions?: Questions | undefined;
  /** Whether a host key of which nothing is known is learnt without a question. */
  readonly acceptNewHostKeys?: boolean | undefined;
  /** How long the SSH servers of machines may take to answer. Default: `defaultPatience`. */
  readonly patience?: Patience | undefined;
}

/** Ways to ask the user, one question at a time. */
export interface Questions {
  confirm(question: string): Promise<boolean>;
  /**
   * The answer, without a line end; `visible` says whether it may be seen while it is typed. Undefined when the user
   * gives none.
   */
  answer(question: string, options: { readonly visible: boolean }): Promise<string | undefined>;
}

/** What is about to be made; enough for `down` to find it after a crash. */
export interface JournalEntry {
  readonly kind: string;
  readonly [field: string]: unknown;
}

/**
 * What a provider needs to find its machines again; plain JSON, stored in `state.json`, read by no one else. It is
 * checked when it is read: files get damaged.
 */
export interface ProviderState {
  readonly [field: string]: unknown;
}

/** What is stored about a lab. Either part may be damaged, or come from an `up` that did not end. */
export interface LabTraces {
  readonly journal: readonly JournalEntry[];
  readonly state: ProviderState | undefined;
}

/** A machine that is not the provider's own, on which something of the lab may lie. */
export interface TouchedMachine {
  readonly name: string;
  /** Opens the Shell; the caller closes it. @throws {ConnectionError} */
  connect(signal: AbortSignal): Promise<Shell>;
}

export interface AttachedMachine {
  readonly machine: Machine;
  readonly running: boolean;
  readonly runs: MachineSystem;
  /** What its user should know before going on with it; the same words for all machines that it holds for. */
  readonly remark?: { readonly message: string; readonly hint?: string };
  /** How many times as long as on this host a program takes there; undefined: about as long. */
  readonly slowness?: number | undefined;
  /** Opens the Shell; the caller closes it. */
  connect(signal?: AbortSignal): Promise<Shell>;
  /** The same as root; undefined where only the account of the machine gets in. */
  readonly connectAsRoot?: ((signal?: AbortSignal) => Promise<Shell>) | undefined;
  /** Opens a way to the machine's TCP ports, over a connection of its own that the caller closes. @throws {ConnectionError} */
  connectPorts(signal?: AbortSignal): Promise<MachinePorts>;
  /** What OpenSSH's own client needs to get there, as `keyword → value` of ssh_config(5). */
  readonly sshConfig: ReadonlyMap<string, string>;
  /**
   * Absolute path of a Unix socket that leads to the machine's sshd, for a machine that no address leads to; `lab
   * ssh-config` then adds a ProxyCommand.
   */
  readonly socketPath?: string;
  /** Captures at the lab's end of its links; undefined where lab has no such end, or cannot. */
  readonly captureLink?: LinkCapture;
  /** Where lab has a way to its nftables on which nothing in the machine has a say. */
  readonly netfilter?: OpenNetfilter;
  /** How many of its processes were ended so far because it had used up its memory; undefined where nobody can tell. */
  readonly memoryKills?: () => number;
  /** What was found out about a machine that the provider did not make. */
  readonly facts?: MachineProfile | undefined;
}

/** What a machine is like; plain JSON. What could not be found out is undefined. */
export interface MachineProfile {
  /** What it calls itself. */
  readonly hostname: string | undefined;
  /** `Linux x86_64` of uname(1). */
  readonly system: string | undefined;
  /** `Ubuntu 24.04.1 LTS` of os-release(5). */
  readonly distribution: string | undefined;
  /** The account that programs run as. */
  readonly user: string;
  readonly shell: string | undefined;
  readonly sudo: 'without-password' | 'with-password' | 'none';
  /** The tools it has, of those that lab uses. */
  readonly tools: readonly string[];
  /** `3.12.3`. */
  readonly python: string | undefined;
  /** `v20.1.0`. */
  readonly node: string | undefined;
  readonly home: HomeFacts;
  readonly clock: ClockFacts | undefined;
  /** Names of other machines of the lab that its /etc/hosts does not have, with their addresses. */
  readonly unknownNames: Readonly<Record<string, string>>;
}

export interface HomeFacts {
  readonly path: string;
  readonly writable: boolean;
  /** Whether programs may be run from there (mount(8), noexec). */
  readonly executable: boolean;
  readonly freeBytes: number | undefined;
}

/** The machine's clock against ours, as NTP measures it (RFC 5905, section 8). */
export interface ClockFacts {
  /** Milliseconds by which it is ahead. */
  readonly offsetMs: number;
  /** Of the exchange that measured it; half of it is the most by which `offsetMs` can be wrong. */
  readonly roundTripMs: number;
}

export interface LabelledLab {
  readonly labId: string;
  readonly name: string;
  /** Absolute path of the `.lab` folder that it was brought up in, by its label. */
  readonly stateFolder: string;
  /**
   * Where that folder is now, according to its processes: it may have been moved. Undefined when it was deleted or
   * cannot be found.
   */
  readonly folderNow?: string | undefined;
  /** The processes that hold it. */
  readonly pids: readonly number[];
}
