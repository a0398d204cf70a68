import type { PortProtocol } from '../core/listen-port.ts';
import type { PortHolder } from '../core/lab-description.ts';

/** What one machine says about one port of TCP or UDP. */
export interface PortReport {
  readonly machine: string;
  readonly port: number;
  readonly protocol: PortProtocol;
  /**
   * What bind(2) of a server would get. `busy`: EADDRINUSE; `time-wait`: EADDRINUSE, but not where the server sets
   * SO_REUSEADDR: connections that ended lately are remembered; `forbidden`: EACCES, the port is free and this account
   * may not have it; `free`: success.
   */
  readonly state: 'free' | 'busy' | 'time-wait' | 'forbidden';
  /** What bind(2) did answer to the account that programs run as; undefined where nothing could try. */
  readonly bind: BindAnswers | undefined;
  /**
   * One for each process and address; two when a process listens on IPv4 and on IPv6, several when forked workers share
   * one socket.
   */
  readonly holders: readonly SocketHolder[];
  /**
   * Processes with a TCP socket that is bound to the port, neither listens nor is connected, and is in no table. Never
   * a reason to kill.
   */
  readonly bound: readonly SocketHolder[];
  readonly timeWait: readonly (PortConnection & { readonly remainingMs: number | undefined })[];
  /**
   * Other connections with this local port: clients that are served, or that a process of this machine has made from
   * it. Never a reason to kill.
   */
  readonly connections: readonly OtherConnection[];
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

/**
 * Answers of bind(2) by what a server binds to: `ipv4` is 0.0.0.0; `ipv6` is :: with IPV6_V6ONLY; `dual` is :: for
 * both. Undefined where the machine has no IPv6. `plain` is without SO_REUSEADDR (socket(7)), `reuse` with it. Also
 * other errors, as `errno99`.
 */
export interface BindAnswers {
  readonly account: string;
  readonly ipv4: BindAnswer | undefined;
  readonly ipv6: BindAnswer | undefined;
  readonly dual: BindAnswer | undefined;
}

export interface BindAnswer {
  readonly plain: string;
  readonly reuse: string;
}

export interface OtherConnection extends PortConnection {
  readonly state: string;
  /** The process that has it open; undefined when none does any more, or none is visible. */
  readonly process: SocketHolder | undefined;
}

/** Where the machine's socket table was read; `kernel`: from outside, by asking it (sock_diag(7)). */
export type PortSource = 'kernel' | 'ss' | 'proc' | 'lsof' | 'netstat';

/** Two ends of a connection, each `address:port`, IPv6 in brackets. */
export interface PortConnection {
  readonly local: string;
  readonly peer: string;
}

export interface SocketHolder extends PortHolder {
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

/** RFC 4253, section 4.1. */
export const SSH_PORT = 22;

/** Whether it is the port by which machines are reached, whoever shows as its holder. */
export function isPortOfSsh({ protocol, port, sshPort }: Pick<PortReport, 'protocol' | 'port' | 'sshPort'>): boolean {
  return protocol === 'tcp' && port === sshPort;
}
