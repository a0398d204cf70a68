import { createHash, createPrivateKey, createPublicKey, hkdfSync, randomBytes } from 'node:crypto';
import { uint32, wireString } from './wire.ts';

/** A pair in the forms that OpenSSH reads and writes. */
export interface KeyPair {
  /** `openssh-key-v1` in PEM armour, not encrypted: the content of `id_ed25519`. */
  readonly privateKey: string;
  /** One line: `ssh-ed25519 AAAA… comment`, without a newline. */
  readonly publicKey: string;
}

/** A host's public key as it appears on the wire (RFC 4253, 6.6). */
export interface HostKey {
  /** `ssh-ed25519`, `ssh-rsa`, `ecdsa-sha2-nistp256`, … */
  readonly type: string;
  readonly blob: Uint8Array;
  /** Where it was read, for messages: `/home/me/.ssh/known_hosts:12`. */
  readonly origin?: string;
}

const KEY_TYPE = 'ssh-ed25519';
/** An unencrypted private section is padded to this many bytes (OpenSSH, PROTOCOL.key). */
const PADDING_BLOCK = 8;

/** Bytes of the seed from which an Ed25519 pair is made (RFC 8032, 5.1.5). */
const SEED_BYTES = 32;
/** What stands before the seed in a PKCS #8 document without attributes (RFC 8410, 7). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A new Ed25519 pair; takes well under a millisecond and needs neither ssh-keygen nor ssh2. */
export function generateKeyPair(comment: string): KeyPair {
  return pairFrom(randomBytes(SEED_BYTES), comment);
}

/** The pair that belongs to this name under a secret (HKDF, RFC 5869): always the same one, and it tells nothing of the pairs of other names. */
export function deriveKeyPair(secret: Uint8Array, name: string): KeyPair {
  return pairFrom(Buffer.from(hkdfSync('sha256', secret, '', `lab ssh key ${name}`, SEED_BYTES)), name);
}

function pairFrom(seed: Buffer, comment: string): KeyPair {
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' });
  const point = fromJwk(createPublicKey(privateKey).export({ format: 'jwk' }).x);
  const blob = Buffer.concat([wireString(KEY_TYPE), wireString(point)]);
  return {
    privateKey: armour(privateKeyFile(blob, privateSection(seed, point, comment))),
    publicKey: `${KEY_TYPE} ${blob.toString('base64')} ${comment}`,
  };
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

function privateKeyFile(blob: Buffer, section: Buffer): Buffer {
  const none = wireString('none');
  return Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    none,
    none,
    wireString(''),
    uint32(1),
    wireString(blob),
    wireString(section),
  ]);
}

function privateSection(seed: Buffer, point: Buffer, comment: string): Buffer {
  const check = randomBytes(4);
  const body = Buffer.concat([
    check,
    check,
    wireString(KEY_TYPE),
    wireString(point),
    wireString(Buffer.concat([seed, point])),
    wireString(comment),
  ]);
  const missing = (PADDING_BLOCK - (body.length % PADDING_BLOCK)) % PADDING_BLOCK;
  return Buffer.concat([body, Uint8Array.from({ length: missing }, (_, i) => i + 1)]);
}

function armour(file: Buffer): string {
  const lines = file.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n');
}

function fromJwk(field: string | undefined): Buffer {
  return Buffer.from(field ?? '', 'base64url');
}
