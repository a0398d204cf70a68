/**
 * What was run, as plain data: enough for a report that is made later, when `lab.yaml` and the programs have changed or
 * are gone. It travels in the event `lab-described`, so a run folder tells the whole story by itself. What is not known
 * is left out.
 */
export interface LabDescription {
  /** Version of `lab` itself. */
  readonly version: string;
  readonly provider: string;
  readonly report: ReportHeading;
  readonly networks: readonly DescribedNetwork[];
  readonly machines: readonly DescribedMachine[];
  /** The programs that take part in the run. */
  readonly programs: readonly DescribedProgram[];
  /** The values that parameters of the lab file had, by name. */
  readonly params?: Readonly<Record<string, string>> | undefined;
  /** The lab file; not stored, because it may hold what is secret. */
  readonly labFile: { readonly name: string; readonly sha256: string } | undefined;
}

/** The languages that a report is written in, the default first. */
export const languageNames = ['en', 'fr'] as const;

export type LanguageCode = (typeof languageNames)[number];

/** What the heading of a report says, as far as the lab file says it. */
export interface ReportHeading {
  readonly authors: readonly string[];
  readonly group?: string | undefined;
  readonly course?: string | undefined;
  readonly language?: LanguageCode | undefined;
}

export interface DescribedNetwork {
  readonly name: string;
  /** CIDR notation. */
  readonly subnet: string;
  readonly gateway?: string | undefined;
  readonly nat: boolean;
}

/** What a machine runs. */
export interface MachineSystem {
  /** What it was made from: the name of an image, or `host`; undefined when it was there before. */
  readonly image?: string | undefined;
  /** `Debian GNU/Linux 12 (bookworm)` of os-release(5); undefined where only the machine itself could tell. */
  readonly system?: string | undefined;
}

/** `host (Debian GNU/Linux 12)`, `ubuntu-24.04`, `Debian GNU/Linux 12 (bookworm)`; empty when nothing is known. */
export function systemText({ image, system }: MachineSystem): string {
  if (image === undefined || system === undefined) return image ?? system ?? '';
  return `${image} (${withoutCodename(system)})`;
}

/** `Debian GNU/Linux 12` of `Debian GNU/Linux 12 (bookworm)`. */
export function withoutCodename(system: string): string {
  return system.replace(/ \([^()]*\)$/, '');
}

export interface DescribedMachine extends MachineSystem {
  readonly name: string;
  readonly user: string;
  /** It passes packets on that are not for it: a router. */
  readonly forward?: boolean | undefined;
  readonly interfaces: readonly (Addressed & { readonly name: string; readonly network: string })[];
}

export interface DescribedProgram {
  readonly name: string;
  /** Name of the machine. */
  readonly on: string;
  readonly command: readonly string[];
  readonly build?: readonly string[] | undefined;
  /** The machine that it was built on; undefined: the host of lab. */
  readonly buildOn?: string | undefined;
  /** A `WrittenPort` each: those of TCP are numbers. */
  readonly listens: readonly (number | `${number}/udp`)[];
  readonly files: readonly DescribedFile[];
  /** How many more files it has than are listed. */
  readonly unlisted?: number | undefined;
}

export interface DescribedFile {
  /** In the program's folder on the machine, or, for a source, from the folder of `lab.yaml`. */
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Where a copy lies in the run folder; left out for files that are no text, or too large. */
  readonly stored?: string | undefined;
  /** `sent`: it was on the machine. `source`: what a sent file was built from, as far as is known. */
  readonly kind: 'sent' | 'source';
}

/** What a machine says of itself; left out is what it would not say. */
export interface MachineFacts {
  /** `Ubuntu 24.04.1 LTS`. */
  readonly system?: string | undefined;
  /** `Linux 6.8.0-45-generic x86_64`. */
  readonly kernel?: string | undefined;
  /** What the first line of `TOOL --version` says, by program: `Python 3.12.3`. */
  readonly runtimes: Readonly<Record<string, string>>;
}

/** What a command for people printed, for a report that shows what a person would have seen. */
export interface ToolOutput {
  /** As a person types it: `sudo lsof -i :7999`. */
  readonly command: string;
  readonly output: string;
}

/**
 * A process that listens on a port. Fields that the machine would not tell (a process of another user, without `sudo`)
 * are undefined.
 */
export interface PortHolder {
  readonly address: string;
  readonly port: number;
  readonly pid: number | undefined;
  readonly command: string | undefined;
  readonly user: string | undefined;
  /** Start of the process, milliseconds since the Unix epoch. */
  readonly startedAtMs: number | undefined;
}

/** What has addresses: an interface, of either family, or of none yet. */
export interface Addressed {
  readonly address?: string | undefined;
  readonly address6?: string | undefined;
}

/** The addresses of an interface, that of IPv4 first. */
export function addressesOn({ address, address6 }: Addressed): string[] {
  return [address, address6].filter((text) => text !== undefined);
}

/** All addresses of a machine, in the order of its interfaces; none where it asks for them itself (DHCP). */
export function addressesOf({ interfaces }: { readonly interfaces: readonly Addressed[] }): string[] {
  return interfaces.flatMap(addressesOn);
}
