import type { Duplex } from 'node:stream';
import type { HostKeyPolicy } from './host-key-policy.ts';

/** A machine as `connectShell` reaches it. Of `privateKey`, `agent` and `password` those that are given are tried, in this order. */
export interface ShellTarget {
  /** Name of the machine in `lab.yaml`, for messages. */
  readonly machine: string;
  readonly user: string;
  readonly address: SshAddress;
  /** Text of a private key in OpenSSH or PEM form. */
  readonly privateKey?: string | undefined;
  /** Opens `privateKey` when that is encrypted. */
  readonly passphrase?: string | undefined;
  /** Path of an ssh-agent's socket. */
  readonly agent?: string | undefined;
  /** Also given to servers that ask for it as `keyboard-interactive`. */
  readonly password?: string | undefined;
  readonly hostKeys: HostKeyPolicy;
  /** From the first packet until the user is logged in. Default 10 s. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A Unix socket, a TCP address, or any stream to an SSH server, for example the standard streams of `nsenter … nc`. */
export type SshAddress =
  | { readonly socketPath: string }
  | { readonly host: string; readonly port: number }
  | { readonly stream: () => Duplex | Promise<Duplex>; readonly label?: string };

/** The address as a message names it. */
export function addressText(address: SshAddress): string {
  if ('socketPath' in address) return address.socketPath;
  if ('stream' in address) return address.label ?? 'its stream';
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
