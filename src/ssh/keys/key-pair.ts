import { createPrivateKey, createPublicKey, hkdfSync, randomBytes } from 'node:crypto';
import { OPENSSH_MAGIC } from './locked-key.ts';
import { uint32, WireReader, wireString } from './wire.ts';

/** A pair in the forms that OpenSSH reads and writes. */
export interface KeyPair {
  /** `openssh-key-v1` in PEM armour, not encrypted: the content of `id_ed25519`. */
  readonly privateKey: string;
  /** One line: `ssh-ed25519 AAAA… comment`, without a newline. */
  readonly publicKey: string;
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

/**
 * The pair that belongs to this name under a secret (HKDF, RFC 5869): always the same one, and it reveals nothing about
 * the pairs of other names.
 */
export function deriveKeyPair(secret: Uint8Array, name: string): KeyPair {
  return pairFrom(Buffer.from(hkdfSync('sha256', secret, '', `lab ssh key ${name}`, SEED_BYTES)), name);
}

function pairFrom(seed: Buffer, comment: string): KeyPair {
  const point = pointOf(seed);
  const blob = blobOf(point);
  return {
    privateKey: armour(privateKeyFile(blob, privateSection(seed, point, comment))),
    publicKey: `${KEY_TYPE} ${blob.toString('base64')} ${comment}`,
  };
}

/**
 * The public half that belongs to a private key which `generateKeyPair` made, as `ssh-ed25519 AAAA…`: computed from the
 * seed, and compared with the two copies of it in the file (OpenSSH, PROTOCOL.key). Undefined when the file is damaged,
 * or another kind of key.
 */
export function publicHalf(privateKey: string): string | undefined {
  try {
    const file = Buffer.from(
      /^-----BEGIN OPENSSH PRIVATE KEY-----\n([A-Za-z0-9+/=\n]+)-----END OPENSSH PRIVATE KEY-----\n$/.exec(
        privateKey,
      )?.[1] ?? '',
      'base64',
    );
    if (file.subarray(0, OPENSSH_MAGIC.length).toString('latin1') !== OPENSSH_MAGIC) return undefined;
    const outer = new WireReader(file.subarray(OPENSSH_MAGIC.length));
    if (outer.text() !== 'none' || outer.text() !== 'none' || outer.string().length > 0 || outer.uint32() !== 1)
      return undefined;
    const blob = outer.string();
    const seed = seedIn(outer.string(), blob);
    if (seed === undefined || !outer.isAtEnd || !blobOf(pointOf(seed)).equals(blob)) return undefined;
    return `${KEY_TYPE} ${blob.toString('base64')}`;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The seed of the private section, if all that is around it agrees. */
function seedIn(section: Buffer, blob: Buffer): Buffer | undefined {
  const reader = new WireReader(section);
  if (reader.uint32() !== reader.uint32() || reader.text() !== KEY_TYPE) return undefined;
  const [point, secret] = [reader.string(), reader.string()];
  const isWhole =
    secret.length === 2 * SEED_BYTES && secret.subarray(SEED_BYTES).equals(point) && blobOf(point).equals(blob);
  return isWhole ? secret.subarray(0, SEED_BYTES) : undefined;
}

function privateKeyFile(blob: Buffer, section: Buffer): Buffer {
  const none = wireString('none');
  return Buffer.concat([
    Buffer.from(OPENSSH_MAGIC),
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

/** The public half of a seed. */
function pointOf(seed: Buffer): Buffer {
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' });
  return Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x ?? '', 'base64url');
}

function blobOf(point: Buffer): Buffer {
  return Buffer.concat([wireString(KEY_TYPE), wireString(point)]);
}
