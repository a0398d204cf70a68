import { WireReader } from './wire.ts';

/** With what the content of a file in OpenSSH's own form begins (PROTOCOL.key). */
export const OPENSSH_MAGIC = 'openssh-key-v1\0';

/**
 * The blob of a public key from a file in OpenSSH's own form, which keeps it readable next to the encrypted private
 * half (PROTOCOL.key); undefined for any other form.
 */
export function publicPartOf(privateKey: string): Uint8Array | undefined {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END/.exec(privateKey)?.[1];
  if (body === undefined) return undefined;
  const bytes = Buffer.from(body, 'base64');
  if (bytes.toString('latin1', 0, OPENSSH_MAGIC.length) !== OPENSSH_MAGIC) return undefined;
  try {
    const reader = new WireReader(bytes.subarray(OPENSSH_MAGIC.length));
    // The cipher's name, the key derivation's name and its options, and the number of keys.
    for (let skipped = 0; skipped < 3; skipped++) reader.string();
    reader.uint32();
    return reader.string();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Whether a private key can be read only with its passphrase. */
export function isLocked(privateKey: string): boolean {
  if (/^(?:Proc-Type: 4,ENCRYPTED|-----BEGIN ENCRYPTED PRIVATE KEY-----)/m.test(privateKey)) return true;
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END/.exec(privateKey)?.[1];
  // The first field after the magic is the cipher; `none` is four characters long.
  return body !== undefined && Buffer.from(body, 'base64').toString('latin1', 19, 23) !== 'none';
}
