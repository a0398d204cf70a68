import type { ListenPort } from '../core/listen-port.ts';
import type { Machine, Network, Publication } from '../lab/types.ts';

/**
 * What is known of a lab that was brought up; enough for `down`, `status`, `ssh` and `exec` to work without
 * `lab.yaml`.
 */
export interface LabState {
  readonly schemaVersion: 1;
  /** Unique name of this lab on this host, the label of all that it made. */
  readonly labId: string;
  readonly name: string;
  readonly provider: string;
  /** Who brought it up: a user ID of this host; undefined on Windows, and in states of older labs. */
  readonly uid?: number | undefined;
  /** Version of the lab that made its machines; undefined in states of older labs. */
  readonly labVersion?: string | undefined;
  /** ISO 8601. */
  readonly createdAt: string;
  /** `fingerprint` of the lab as it was brought up. */
  readonly fingerprint: string;
  readonly networks: readonly Network[];
  readonly machines: readonly Machine[];
  /** As in `Lab`. */
  readonly ssh?: 'peers';
  readonly programs: readonly ProgramSummary[];
  /** As in `Lab`. */
  readonly published?: readonly Publication[] | undefined;
  /** What the provider needs to find its machines again; plain JSON that only the provider reads. */
  readonly providerState: Readonly<Record<string, unknown>>;
}

/** What `status` shows of a program. */
export interface ProgramSummary {
  readonly name: string;
  /** Name of the machine. */
  readonly on: string;
  readonly listens: readonly ListenPort[];
}
