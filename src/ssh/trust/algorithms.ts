import { getCiphers } from 'node:crypto';
import type { Algorithms, CipherAlgorithm, KexAlgorithm, MacAlgorithm, ServerHostKeyAlgorithm } from 'ssh2';
import type { HostKey } from './host-key.ts';

/**
 * What client and server have to agree on, under the names of ssh_config(5) in lower case; the last is how the user's
 * own keys may sign.
 */
export type AlgorithmKind = 'kexalgorithms' | 'hostkeyalgorithms' | 'ciphers' | 'macs' | 'pubkeyacceptedalgorithms';

/** Lists of names, the preferred first. */
export type AlgorithmLists = Readonly<Record<AlgorithmKind, readonly string[]>>;

/** As ssh_config(5) writes them. */
export const algorithmKeywords: Readonly<Record<AlgorithmKind, string>> = {
  kexalgorithms: 'KexAlgorithms',
  hostkeyalgorithms: 'HostKeyAlgorithms',
  ciphers: 'Ciphers',
  macs: 'MACs',
  pubkeyacceptedalgorithms: 'PubkeyAcceptedAlgorithms',
};

/**
 * Cheapest first: X25519 and AES-GCM are native in Node and in OpenSSH; the rest is for older or stricter servers.
 * Nothing that rests on SHA-1 as a signature, no CBC.
 */
export const usualAlgorithms: AlgorithmLists = {
  kexalgorithms: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
    'diffie-hellman-group-exchange-sha256',
  ],
  hostkeyalgorithms: [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-512',
    'rsa-sha2-256',
  ],
  ciphers: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
    'chacha20-poly1305@openssh.com',
  ],
  macs: [
    'hmac-sha2-256-etm@openssh.com',
    'hmac-sha2-512-etm@openssh.com',
    'hmac-sha1-etm@openssh.com',
    'hmac-sha2-256',
    'hmac-sha2-512',
    'hmac-sha1',
  ],
  pubkeyacceptedalgorithms: [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-512',
    'rsa-sha2-256',
  ],
};

/** What only old servers need, and only who allows it for them gets. Node's OpenSSL has all of it. */
export const weakAlgorithms: AlgorithmLists = {
  kexalgorithms: ['diffie-hellman-group-exchange-sha1', 'diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
  hostkeyalgorithms: ['ssh-rsa', 'ssh-dss'],
  ciphers: ['aes256-cbc', 'aes192-cbc', 'aes128-cbc', '3des-cbc'],
  macs: ['hmac-sha1-96', 'hmac-md5', 'hmac-md5-96'],
  pubkeyacceptedalgorithms: ['ssh-rsa'],
};

/** Pure: whether a list of OpenSSH allows something weak that we know. */
export function allowsWeak(allowed: Partial<AlgorithmLists>): boolean {
  return kindsOf(allowed).some((kind) => weakAlgorithms[kind].some((name) => allowed[kind]?.includes(name)));
}

/**
 * Pure: the lists to use where OpenSSH allows `allowed`: ours without what it forbids, then what weak ones it allows
 * beyond `allowedAnyway`, which is what it allows to everybody. Kinds for which that is `usualAlgorithms` are left out.
 */
export function chosenAlgorithms(
  allowed: Partial<AlgorithmLists>,
  allowedAnyway: Partial<AlgorithmLists>,
): Partial<AlgorithmLists> {
  return Object.fromEntries(
    kindsOf(allowed).flatMap((kind) => {
      const own = usualAlgorithms[kind];
      const wanted = new Set(allowed[kind]);
      const usual = own.filter((name) => wanted.has(name));
      const weak = weakAlgorithms[kind].filter(
        (name) => wanted.has(name) && allowedAnyway[kind]?.includes(name) !== true,
      );
      return weak.length === 0 && usual.length === own.length ? [] : [[kind, [...usual, ...weak]]];
    }),
  );
}

/**
 * What we offer a server. The types of the keys that we know come first, so that a host with several keys shows one
 * that can be checked.
 */
export function algorithmsFor(known: readonly HostKey[], lists: AlgorithmLists): Algorithms {
  const types = new Set(known.map((key) => key.type));
  const isKnown = (algorithm: string): boolean => types.has(algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm);
  const hostKeys = lists.hostkeyalgorithms as readonly ServerHostKeyAlgorithm[];
  // ssh2 refuses a list with a name that it cannot do, and a Node for FIPS 140 has no ChaCha20.
  const ciphers = lists.ciphers.filter((name) => !name.startsWith('chacha20') || getCiphers().includes('chacha20'));
  return {
    kex: lists.kexalgorithms as KexAlgorithm[],
    // With no MAC left, only ciphers do that need none; ssh2 would take an empty list for its own.
    cipher: (lists.macs.length === 0 ? ciphers.filter(needsNoMac) : ciphers) as CipherAlgorithm[],
    hmac: lists.macs as MacAlgorithm[],
    serverHostKey: [...hostKeys.filter(isKnown), ...hostKeys.filter((algorithm) => !isKnown(algorithm))],
    compress: ['none'],
  };
}

/** Whether a cipher proves its data itself. */
export function needsNoMac(cipher: string): boolean {
  return /gcm|poly1305/.test(cipher);
}

function kindsOf(lists: Partial<AlgorithmLists>): AlgorithmKind[] {
  return Object.keys(lists) as AlgorithmKind[];
}
