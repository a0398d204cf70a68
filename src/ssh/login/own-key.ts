import { createPrivateKey, createPublicKey } from 'node:crypto';
import { WireReader, wireString } from '../trust/wire.ts';

const MAGIC = 'openssh-key-v1\0';
const KEY_TYPE = 'ssh-ed25519';
/** Bytes of the seed of an Ed25519 key (RFC 8032, 5.1.5). */
const SEED_BYTES = 32;
/** What stands before the seed in a PKCS #8 document without attributes (RFC 8410, 7). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * The public half that belongs to a private key which `generateKeyPair` made, as `ssh-ed25519 AAAA…`: computed from the seed, and compared with the two copies of
 * it in the file (OpenSSH, PROTOCOL.key). Undefined when the file is damaged, or another kind of key.
 */
export function publicHalf(privateKey: string): string | undefined {
  try {
    const file = Buffer.from(
      /^-----BEGIN OPENSSH PRIVATE KEY-----\n([A-Za-z0-9+/=\n]+)-----END OPENSSH PRIVATE KEY-----\n$/.exec(
        privateKey,
      )?.[1] ?? '',
      'base64',
    );
    if (file.subarray(0, MAGIC.length).toString('latin1') !== MAGIC) return undefined;
    const outer = new WireReader(file.subarray(MAGIC.length));
    if (outer.text() !== 'none' || outer.text() !== 'none' || outer.string().length > 0 || outer.uint32() !== 1)
      return undefined;
    const blob = outer.string();
    const seed = seedIn(outer.string(), blob);
    if (seed === undefined || !outer.isAtEnd || !blobOf(seed).equals(blob)) return undefined;
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
    secret.length === 2 * SEED_BYTES &&
    secret.subarray(SEED_BYTES).equals(point) &&
    Buffer.concat([wireString(KEY_TYPE), wireString(point)]).equals(blob);
  return isWhole ? secret.subarray(0, SEED_BYTES) : undefined;
}

function blobOf(seed: Buffer): Buffer {
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' });
  const point = Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x ?? '', 'base64url');
  return Buffer.concat([wireString(KEY_TYPE), wireString(point)]);
}
