import type { PortHolder } from '../core/events.ts';

/** What one machine says about one TCP port. */
export interface PortReport {
  readonly machine: string;
  readonly port: number;
  /** `busy`: a socket listens; `time-wait`: none does, and connections that ended lately are remembered; `free`: neither. */
  readonly state: 'free' | 'busy' | 'time-wait';
  /** One for each process and address; two when a process listens on IPv4 and on IPv6, several when forked workers share one socket. */
  readonly holders: readonly Holder[];
  readonly timeWait: readonly Connection[];
  /** Other connections with this local port: clients that are served, or that a process of this machine has made from it. Never a reason to kill. */
  readonly connections: readonly (Connection & { readonly state: string })[];
  readonly source: PortSource;
  /** What the tool printed about this port, for the report. */
  readonly raw: string;
  /** Why a holder could not be seen: a sentence with the next step; undefined when all are seen. */
  readonly blindSpot: string | undefined;
  /** Whether sudo would show more, but not without a password, or not with the one that it was given. */
  readonly needsSudoPassword: boolean;
  /** The port on which the SSH server of our own connection listens, if the machine says so. */
  readonly sshPort: number | undefined;
}

/** Where the machine's socket table was read. */
export type PortSource = 'ss' | 'proc' | 'lsof' | 'netstat';

/** Two ends of a connection, each `address:port`, IPv6 in brackets. */
export interface Connection {
  readonly local: string;
  readonly peer: string;
}

export interface Holder extends PortHolder {
  /** Tells this process from a later one with the same PID: its start time and a checksum of its command. Opaque. */
  readonly identity: string | undefined;
  /** Number of its socket; undefined where the machine has no /proc. */
  readonly inode: string | undefined;
  readonly parent: { readonly pid: number; readonly command: string | undefined } | undefined;
  /** The systemd service that it belongs to. */
  readonly unit: string | undefined;
  /** Whether our own connection to the machine hangs on it: it is an ancestor of the shell that looked. */
  readonly carriesUs: boolean;
}
