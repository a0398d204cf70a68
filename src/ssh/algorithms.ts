import type { Algorithms, CipherAlgorithm, KexAlgorithm, ServerHostKeyAlgorithm } from 'ssh2';
import type { HostKey } from './keys.ts';

/** Cheapest first: X25519 and AES-GCM are native in Node and in OpenSSH; the rest is for older or stricter servers. No SHA-1, no CBC. */
const keyExchanges: KexAlgorithm[] = [
  'curve25519-sha256', 'curve25519-sha256@libssh.org',
  'ecdh-sha2-nistp256', 'ecdh-sha2-nistp384', 'ecdh-sha2-nistp521',
  'diffie-hellman-group14-sha256', 'diffie-hellman-group16-sha512', 'diffie-hellman-group18-sha512', 'diffie-hellman-group-exchange-sha256',
];
const ciphers: CipherAlgorithm[] = ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr'];
const hostKeys: ServerHostKeyAlgorithm[] = [
  'ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'rsa-sha2-512', 'rsa-sha2-256',
];

/** What we offer a server. The types of the keys that we know come first, so that a host with several keys shows one that can be checked. */
export function algorithmsFor(known: readonly HostKey[]): Algorithms {
  const types = new Set(known.map((key) => key.type));
  const isKnown = (algorithm: string): boolean => types.has(algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm);
  return {
    kex: keyExchanges,
    cipher: ciphers,
    serverHostKey: [...hostKeys.filter(isKnown), ...hostKeys.filter((algorithm) => !isKnown(algorithm))],
    compress: ['none'],
  };
}
