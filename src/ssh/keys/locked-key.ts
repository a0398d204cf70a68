/**
 * The blob of a public key from a file in OpenSSH's own form, which keeps it readable next to the encrypted private
 * half (PROTOCOL.key); undefined for any other form.
 */
export function publicPartOf(privateKey: string): Uint8Array | undefined {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END/.exec(privateKey)?.[1];
  if (body === undefined) return undefined;
  const bytes = Buffer.from(body, 'base64');
  const magic = 'openssh-key-v1\0';
  if (bytes.toString('latin1', 0, magic.length) !== magic) return undefined;
  try {
    return readPublicKey(bytes, magic.length);
  } catch {
    // Cut off in the middle: ERR_OUT_OF_RANGE.
    return undefined;
  }
}

/** After the cipher's name, the key derivation's name and its options, and the number of keys. */
function readPublicKey(bytes: Buffer, start: number): Uint8Array | undefined {
  let offset = start;
  for (let skipped = 0; skipped < 3; skipped++) offset += 4 + bytes.readUInt32BE(offset);
  offset += 4;
  const length = bytes.readUInt32BE(offset);
  const blob = bytes.subarray(offset + 4, offset + 4 + length);
  return blob.length === length ? blob : undefined;
}

/** Whether a private key can be read only with its passphrase. */
export function isLocked(privateKey: string): boolean {
  if (/^(?:Proc-Type: 4,ENCRYPTED|-----BEGIN ENCRYPTED PRIVATE KEY-----)/m.test(privateKey)) return true;
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END/.exec(privateKey)?.[1];
  // The first field after the magic is the cipher; `none` is four characters long.
  return body !== undefined && Buffer.from(body, 'base64').toString('latin1', 19, 23) !== 'none';
}
