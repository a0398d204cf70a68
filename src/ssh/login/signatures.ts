import type { ParsedKey } from 'ssh2';
import { say } from '../../core/language/say.ts';

/** The server would take a key only with a signature over SHA-1, which is not allowed to it (RFC 8332). */
export class SignatureRefused extends Error {}

/** Which keys may log in, and how they may sign: names of PubkeyAcceptedAlgorithms (ssh_config(5)). */
export class SignatureRules {
  readonly #allowed: readonly string[];
  /** Whether a server has asked for a signature over SHA-1 in vain. */
  hasRefused = false;

  constructor(allowed: readonly string[]) {
    this.#allowed = allowed;
  }

  /** Whether keys of a type may be used at all. */
  allows(type: string): boolean {
    return type === 'ssh-rsa'
      ? this.#allowed.some((name) => name.startsWith('rsa-sha2-') || name === type)
      : this.#allowed.includes(type);
  }

  /**
   * Undefined when a signature with that hash is allowed; ssh2 falls back to SHA-1 for RSA keys where a server knows
   * nothing better.
   */
  refusal(type: string, hash: string | undefined): SignatureRefused | undefined {
    if (type !== 'ssh-rsa' || hash !== 'sha1' || this.#allowed.includes(type)) return undefined;
    this.hasRefused = true;
    return new SignatureRefused(say`a signature over SHA-1 is not allowed`);
  }

  /** The same key, which signs only what is allowed. */
  guard(key: ParsedKey): ParsedKey {
    const sign = (data: Buffer | string, hash?: string): Buffer | Error =>
      this.refusal(key.type, hash) ?? key.sign(data, hash);
    return Object.create(key, { sign: { value: sign } }) as ParsedKey;
  }
}
