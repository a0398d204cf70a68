import type { AlgorithmLists } from '../../../ssh/trust/algorithms.ts';
import type { PasswordMethod } from '../../../ssh/login/credential.ts';

/** The whole way to one SSH server, as plain JSON. Nothing in it is secret. */
export interface Route {
  /** As the user names the server. */
  readonly alias: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly family?: 4 | 6 | undefined;
  /** Name under which known_hosts files hold it (HostKeyAlias), if that is not its address. */
  readonly hostKeyAlias?: string | undefined;
  readonly keyFiles: readonly KeyFile[];
  /** Whether an agent may offer only the keys of `keyFiles` (IdentitiesOnly). */
  readonly onlyKeyFiles: boolean;
  /**
   * `SSH_AUTH_SOCK`, `$VARIABLE`, or the path of its socket; undefined when no agent shall be asked (IdentityAgent).
   */
  readonly agent: string | undefined;
  /** Absolute paths; read, never written. */
  readonly knownHostsFiles: readonly string[];
  /** What the user's own configuration wants done with unknown host keys (StrictHostKeyChecking). */
  readonly newHostKeys: 'ask' | 'accept' | 'refuse';
  /** How to log in, the preferred first (PreferredAuthentications). */
  readonly methods: readonly LoginMethod[];
  /** How often a wrong password may be corrected (NumberOfPasswordPrompts). */
  readonly passwordPrompts: number;
  /** No questions are asked (BatchMode). */
  readonly isBatch?: boolean | undefined;
  /** Certificates of the user (CertificateFile). */
  readonly certificateFiles?: readonly string[] | undefined;
  /** Where connections come from (BindAddress), or the interface whose address that is (BindInterface). */
  readonly bindAddress?: string | undefined;
  readonly bindInterface?: string | undefined;
  /** Whether host keys come from a command of the user (KnownHostsCommand). */
  readonly asksKnownHostsCommand?: boolean | undefined;
  /** Kinds of algorithms for which the configuration wants others than the usual ones. */
  readonly algorithms?: Partial<AlgorithmLists> | undefined;
  readonly timeoutMs?: number | undefined;
  /** ServerAliveInterval and ServerAliveCountMax, if the user set them. */
  readonly heartbeat?: { readonly intervalMs: number; readonly count: number } | undefined;
  /** Hosts to pass through, the nearest first (ProxyJump). */
  readonly jumps: readonly Route[];
  /** Command for the shell of this host whose standard streams lead there (ProxyCommand). */
  readonly proxyCommand?: string | undefined;
}

export type LoginMethod = 'publickey' | PasswordMethod;

export interface KeyFile {
  /** Absolute path. */
  readonly path: string;
  /** Whether `lab.yaml` names it, so that it has to be there. */
  readonly isWanted: boolean;
}

/**
 * Without a configuration. OpenSSH prefers `keyboard-interactive`, which takes one more round trip for the same
 * password.
 */
export const usualMethods: readonly LoginMethod[] = ['publickey', 'password', 'keyboard-interactive'];

/** As ssh(1) has it without a configuration. */
export const USUAL_PASSWORD_PROMPTS = 3;

/** What OpenSSH looks for by itself, the cheapest to check first. */
export const defaultKeyNames: readonly string[] = ['id_ed25519', 'id_ecdsa', 'id_rsa'];
