import type { Duplex } from 'node:stream';
import { type AlgorithmLists, usualAlgorithms } from './trust/algorithms.ts';
import type { Credential, Secret } from './login/credential.ts';
import type { HostKeyPolicy } from './trust/host-key-policy.ts';
import type { Patience } from './channel/patience.ts';

/** A machine as `connectShell` reaches it. Of `privateKey`, `agent` and `password` those that are given are tried, in this order, and then `credentials`. */
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
  /** More ways to log in, some of which may ask a person. */
  readonly credentials?: readonly Credential[] | undefined;
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

/** A sign of life is asked for after `intervalMs` of silence; when `count` of them are not answered, the connection is lost. */
export interface Heartbeat {
  readonly intervalMs: number;
  readonly count: number;
}

export const defaultHeartbeat: Heartbeat = { intervalMs: 5000, count: 3 };

/** A Unix socket, a TCP address, or any stream to an SSH server, for example the standard streams of `nsenter … nc`. */
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
export function addressText(address: SshAddress): string {
  if ('socketPath' in address) return address.socketPath;
  if ('stream' in address) return address.label ?? 'its stream';
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** What a server is offered. */
export function algorithmsOf({ algorithms }: ShellTarget): AlgorithmLists {
  return { ...usualAlgorithms, ...algorithms };
}

/** All ways to log in, in the order in which they are tried. */
export function credentialsOf({
  privateKey,
  passphrase,
  agent,
  password,
  credentials = [],
}: ShellTarget): readonly Credential[] {
  return [
    ...(privateKey === undefined
      ? []
      : [
          {
            kind: 'key',
            label: 'private key',
            privateKey,
            ...(passphrase === undefined ? {} : { passphrase: once(passphrase) }),
          } as const,
        ]),
    ...(agent === undefined ? [] : [{ kind: 'agent', label: 'agent', socketPath: agent } as const]),
    ...(password === undefined
      ? []
      : [{ kind: 'password', label: 'password', secret: async () => password, attempts: 1 } as const]),
    ...credentials,
  ];
}

/** A secret that is known, and not known better after it was wrong. */
function once(secret: string): Secret {
  return async (attempt) => (attempt === 1 ? secret : undefined);
}
