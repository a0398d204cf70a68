import type { HostKey } from '../trust/host-key.ts';
import { say } from '../../core/language/say.ts';

/**
 * One way to log in. They are tried in the order given; what the server does not accept is passed over, and no one is
 * asked for it.
 */
export type Credential = KeyCredential | AgentCredential | PasswordCredential;

export interface KeyCredential {
  readonly kind: 'key';
  /** As a message names it: `key ~/.ssh/id_ed25519`. */
  readonly label: string;
  /** In OpenSSH or PEM form. */
  readonly privateKey: string;
  /** The public half, for a key whose file does not show it without the passphrase. */
  readonly publicKey?: HostKey | undefined;
  /** Opens a key that is encrypted; asked only when the server would take the key, if its public half is known. */
  readonly passphrase?: Secret | undefined;
  /** Passed over when it cannot be used as it is, instead of being an error. */
  readonly isOptional?: boolean | undefined;
}

/** A private key that is known already and has to be usable, in OpenSSH or PEM form. */
export function privateKeyCredential(privateKey: string): KeyCredential {
  return { kind: 'key', label: say`private key`, privateKey };
}

export interface AgentCredential {
  readonly kind: 'agent';
  readonly label: string;
  /** A Unix socket, a named pipe of Windows, or `pageant`. */
  readonly socketPath: string;
  /** Only these of its keys. */
  readonly only?: readonly HostKey[] | undefined;
  /** These of its keys before the others. */
  readonly first?: readonly HostKey[] | undefined;
}

/** Given to servers that ask by the method `password`, or by `keyboard-interactive`. */
export interface PasswordCredential {
  readonly kind: 'password';
  readonly label: string;
  readonly secret: Secret;
  /** How often a wrong one may be corrected. */
  readonly attempts: number;
  /** Those by which it may be given, the preferred first. Default: both, `password` first. */
  readonly methods?: readonly PasswordMethod[] | undefined;
  /** Answers what a server asks beyond one password; without, such a question gets an empty answer. */
  readonly answer?: ((question: ServerQuestion) => Promise<string | undefined>) | undefined;
}

export type PasswordMethod = 'password' | 'keyboard-interactive';

/** Gives a secret, or undefined when there is none. `attempt` counts from 1. */
export type Secret = (attempt: number) => Promise<string | undefined>;

/** A prompt of a server (RFC 4256). */
export interface ServerQuestion {
  readonly text: string;
  /** Whether the answer may be seen while it is typed. */
  readonly visible: boolean;
}
