import type { Duplex } from 'node:stream';
import { ConnectionError, type ErrorParts } from '../core/errors.ts';
import type { Credential } from './login/credential.ts';
import type { Heartbeat, Patience } from './patience.ts';
import type { AlgorithmLists } from './trust/algorithms.ts';
import type { HostKeyPolicy } from './trust/host-key.ts';
import { say } from '../core/language/say.ts';

/** A machine as `connectShell` reaches it. */
export interface ShellTarget {
  /** Name of the machine in `lab.yaml`, for messages. */
  readonly machine: string;
  readonly user: string;
  readonly address: SshAddress;
  /** Ways to log in, in the order in which they are tried. */
  readonly credentials: readonly Credential[];
  readonly hostKeys: HostKeyPolicy;
  /** Kinds of algorithms for which not the usual ones hold. */
  readonly algorithms?: Partial<AlgorithmLists> | undefined;
  /** Name by which ssh_config(5) knows the server, for hints. */
  readonly configName?: string | undefined;
  /** From the first packet until the user is logged in; what a person needs to answer does not count. Default 10 s. */
  readonly timeoutMs?: number | undefined;
  /** How a connection that goes without a word is noticed, on both sides. Default: every 5 s, three times. */
  readonly heartbeat?: Heartbeat | undefined;
  /** How long it may take to answer once the user is in. Default: `defaultPatience`. */
  readonly patience?: Patience | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A Unix socket, a TCP address, or any stream to an SSH server, for example one through a jump host. */
export type SshAddress =
  | { readonly socketPath: string }
  | {
      readonly host: string;
      readonly port: number;
      readonly family?: 4 | 6 | undefined;
      readonly localAddress?: string | undefined;
    }
  | { readonly stream: () => Duplex | Promise<Duplex>; readonly label?: string };

/** The address as a message names it. */
export function serverText(address: SshAddress): string {
  if ('socketPath' in address) return address.socketPath;
  if ('stream' in address) return address.label ?? say`its stream`;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** Why a machine cannot be reached; the message begins with its name. */
export function targetFailure({ machine }: ShellTarget, message: string, parts: ErrorParts): ConnectionError {
  return new ConnectionError(machine, say`${machine}: ${message}`, parts);
}
