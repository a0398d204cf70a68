import { createHash } from 'node:crypto';

/** A host's public key as it appears on the wire (RFC 4253, 6.6). */
export interface HostKey {
  /** `ssh-ed25519`, `ssh-rsa`, `ecdsa-sha2-nistp256`, … */
  readonly type: string;
  readonly blob: Uint8Array;
  /** Where it was read, for messages: `/home/me/.ssh/known_hosts:12`. */
  readonly origin?: string;
}

/** What is known of one host. */
export interface KnownKeys {
  readonly trusted: readonly HostKey[];
  /** Keys that were stolen or given up; never accepted. */
  readonly revoked: readonly HostKey[];
  /** Keys of authorities that may vouch for the host's own. */
  readonly authorities?: readonly HostKey[] | undefined;
}

/** Which host keys are right. Checked on every connection; there is no way to switch it off. */
export interface HostKeyPolicy extends KnownKeys {
  /**
   * For a host of which nothing is known yet: present means that its key is accepted, and this is called once the host
   * has proved that it owns the key. Write it down here (`learnHostKey`); the connection is not used before the promise
   * resolves. Absent: an unknown host is an error.
   */
  readonly learn?: ((key: HostKey) => Promise<void>) | undefined;
  /** Name of the host as its certificate should have it, for `authorities`. */
  readonly certificateName?: string | undefined;
  /** Name under which known_hosts files have the host: `192.168.100.4`, `[127.0.0.1]:2201`. */
  readonly knownAs?: string | undefined;
  /** What else there is to say of an unknown key. */
  readonly note?: string | undefined;
  /** Asks whether a key that would be learnt is right. */
  readonly confirm?: ((key: HostKey) => Promise<boolean>) | undefined;
}

export type HostKeyVerdict = 'trusted' | 'learn' | 'unknown' | 'changed' | 'revoked';

/** A policy of exactly these keys, each in base64 or as a line `type base64`. */
export function onlyHostKeys(keys: readonly string[]): HostKeyPolicy {
  return { trusted: keys.flatMap((key) => parseHostKey(key) ?? []), revoked: [] };
}

/**
 * Judges a key. Stricter than OpenSSH in one point: a known host that shows a key of another type is "changed", not
 * "new", since the types that are known were asked for first, and an attacker could else get around the check by
 * offering another type.
 */
export function judge(policy: HostKeyPolicy, key: HostKey): HostKeyVerdict {
  if (policy.revoked.some((revoked) => sameKey(revoked, key))) return 'revoked';
  if (policy.trusted.some((trusted) => sameKey(trusted, key))) return 'trusted';
  if (policy.trusted.length > 0) return 'changed';
  return policy.learn === undefined ? 'unknown' : 'learn';
}

/** Fingerprint in OpenSSH's form: `SHA256:` and base64 without padding (RFC 6594 digest, ssh-keygen -l). */
export function fingerprint(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** A host key from its base64 form, or from a whole line `type base64 comment`; undefined when it is neither. */
export function parseHostKey(text: string): HostKey | undefined {
  const words = text.trim().split(/\s+/);
  const encoded = words[1] ?? words[0] ?? '';
  const blob = Buffer.from(encoded, 'base64');
  const type = blobType(blob);
  return type === undefined ? undefined : { type, blob };
}

/** The type that a blob names in its first field, or undefined when it is no key. */
export function blobType(blob: Uint8Array): string | undefined {
  if (blob.length < 4) return undefined;
  const length = Buffer.from(blob).readUInt32BE(0);
  if (length === 0 || length > 64 || blob.length <= 4 + length) return undefined;
  const type = Buffer.from(blob.subarray(4, 4 + length)).toString('latin1');
  return /^[\w@.-]+$/.test(type) ? type : undefined;
}

export function sameKey(a: HostKey, b: HostKey): boolean {
  return Buffer.compare(a.blob, b.blob) === 0;
}
