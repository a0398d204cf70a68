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
  /** Whether an agent may offer no keys beside those of `keyFiles` (IdentitiesOnly). */
  readonly onlyKeyFiles: boolean;
  /** `SSH_AUTH_SOCK`, `$VARIABLE`, or the path of its socket; undefined when no agent shall be asked (IdentityAgent). */
  readonly agent: string | undefined;
  /** Absolute paths; read, never written. */
  readonly knownHostsFiles: readonly string[];
  /** What the user's own configuration wants done with unknown host keys (StrictHostKeyChecking). */
  readonly newHostKeys: 'ask' | 'accept' | 'refuse';
  readonly usesKeys: boolean;
  readonly usesPasswords: boolean;
  readonly timeoutMs?: number | undefined;
  /** ServerAliveInterval and ServerAliveCountMax, if the user set them. */
  readonly heartbeat?: { readonly intervalMs: number; readonly count: number } | undefined;
  /** Hosts to pass through, the nearest first (ProxyJump). */
  readonly jumps: readonly Route[];
  /** Command for the shell of this host whose standard streams lead there (ProxyCommand). */
  readonly proxyCommand?: string | undefined;
}

export interface KeyFile {
  /** Absolute path. */
  readonly path: string;
  /** Whether `lab.yaml` names it, so that it has to be there. */
  readonly isWanted: boolean;
}

/** What OpenSSH looks for by itself, the cheapest to check first. */
export const defaultKeyNames: readonly string[] = ['id_ed25519', 'id_ecdsa', 'id_rsa'];
