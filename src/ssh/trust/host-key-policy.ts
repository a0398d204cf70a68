import { type HostKey, parseHostKey, sameKey } from './key-pair.ts';
import type { KnownKeys } from './known-hosts.ts';

/** Which host keys are right. Checked on every connection; there is no way to switch it off. */
export interface HostKeyPolicy extends KnownKeys {
  /**
   * For a host of which nothing is known yet: present means that its key is accepted, and this is called once the host has proved that it owns the key.
   * Write it down here (`learnHostKey`); the connection is not used before the promise resolves. Absent: an unknown host is an error.
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
 * Judges a key. Stricter than OpenSSH in one point: a known host that shows a key of another type is "changed", not "new", since the types that are
 * known were asked for first, and an attacker could else get around the check by offering another type.
 */
export function judge(policy: HostKeyPolicy, key: HostKey): HostKeyVerdict {
  if (policy.revoked.some((revoked) => sameKey(revoked, key))) return 'revoked';
  if (policy.trusted.some((trusted) => sameKey(trusted, key))) return 'trusted';
  if (policy.trusted.length > 0) return 'changed';
  return policy.learn === undefined ? 'unknown' : 'learn';
}
