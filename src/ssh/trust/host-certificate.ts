import { constants, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { WireReader, wireString } from '../keys/wire.ts';
import { type HostKey, sameKey } from './host-key.ts';
import { matchesPattern } from './host-pattern.ts';
import { say } from '../../core/language/say.ts';

/** A host's key with the word of an authority for it (OpenSSH, PROTOCOL.certkeys). */
export interface HostCertificate {
  readonly key: HostKey;
  /** Names of the hosts that it is for; patterns. None: any host. */
  readonly principals: readonly string[];
  /** Seconds since the Unix epoch. */
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  readonly isForHost: boolean;
  readonly hasCriticalOptions: boolean;
  readonly authority: HostKey;
  readonly signature: Uint8Array;
  /** What is signed. */
  readonly signed: Uint8Array;
}

const HOST_TYPE = 2;
const SUFFIX = '-cert-v01@openssh.com';
/** How many fields the public key itself has, after its type and the nonce. */
const keyFields: Readonly<Record<string, number>> = {
  'ssh-ed25519': 1,
  'ecdsa-sha2-nistp256': 2,
  'ecdsa-sha2-nistp384': 2,
  'ecdsa-sha2-nistp521': 2,
  'ssh-rsa': 2,
};

/** The certificate that a server showed as its host key, or undefined when it is none of a kind that we know. */
export function parseCertificate(blob: Uint8Array): HostCertificate | undefined {
  try {
    return readCertificate(new WireReader(blob), blob);
  } catch {
    return undefined;
  }
}

function readCertificate(reader: WireReader, blob: Uint8Array): HostCertificate | undefined {
  const certificateType = reader.text();
  const type = certificateType.replace(SUFFIX, '');
  const fieldCount = keyFields[type];
  if (!certificateType.endsWith(SUFFIX) || fieldCount === undefined) return undefined;
  reader.string();
  const fields = Array.from({ length: fieldCount }, () => wireString(reader.string()));
  reader.uint64();
  const kind = reader.uint32();
  reader.string();
  const principals = namesIn(reader.string());
  const [validAfter, validBefore] = [reader.uint64(), reader.uint64()];
  const criticalOptions = reader.string();
  reader.string();
  reader.string();
  const authority = reader.string();
  const signed = blob.subarray(0, reader.offset);
  const signature = reader.string();
  return {
    key: { type, blob: Buffer.concat([wireString(type), ...fields]) },
    principals,
    validAfter,
    validBefore,
    signed,
    signature,
    isForHost: kind === HOST_TYPE,
    hasCriticalOptions: criticalOptions.length > 0,
    authority: { type: new WireReader(authority).text(), blob: authority },
  };
}

function namesIn(bytes: Uint8Array): string[] {
  const reader = new WireReader(bytes);
  const names: string[] = [];
  while (!reader.isAtEnd) names.push(reader.text());
  return names;
}

/** Why a certificate does not speak for a host now; undefined when it does. */
export function certificateProblem(
  certificate: HostCertificate,
  host: string,
  authorities: readonly HostKey[],
  nowMs: number,
): string | undefined {
  const { principals, validAfter, validBefore, authority } = certificate;
  const now = BigInt(Math.floor(nowMs / 1000));
  if (!certificate.isForHost) return say`its certificate is for a user, not for a host`;
  if (!authorities.some((known) => sameKey(known, authority)))
    return say`its certificate is of an authority that known_hosts does not name for it`;
  if (!isSignedBy(certificate)) return say`the signature of its certificate is wrong`;
  if (certificate.hasCriticalOptions) return say`its certificate has conditions that lab does not know`;
  if (now < validAfter || now >= validBefore)
    return say`its certificate is valid from ${dateOf(validAfter)} to ${dateOf(validBefore)}`;
  const isNamed =
    principals.length === 0 || principals.some((pattern) => matchesPattern(pattern.toLowerCase(), host.toLowerCase()));
  return isNamed ? undefined : say`its certificate is for ${principals.join(', ')}, not for ${host}`;
}

function isSignedBy({ authority, signature, signed }: HostCertificate): boolean {
  try {
    const key = publicKeyOf(authority);
    const reader = new WireReader(signature);
    const algorithm = reader.text();
    const value = reader.string();
    if (authority.type === 'ssh-ed25519') return algorithm === 'ssh-ed25519' && verify(null, signed, key, value);
    if (authority.type === 'ssh-rsa') {
      // SHA-1 signatures (`ssh-rsa`) prove nothing any more.
      const hash = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' }[algorithm];
      return hash !== undefined && verify(hash, signed, { key, padding: constants.RSA_PKCS1_PADDING }, value);
    }
    return (
      algorithm === authority.type &&
      verify(ecdsaHash(authority.type), signed, { key, dsaEncoding: 'ieee-p1363' }, plainEcdsa(value, authority.type))
    );
  } catch {
    return false;
  }
}

/** A public key of RFC 4253, RFC 5656 or RFC 8709 as Node's crypto takes it. */
function publicKeyOf({ type, blob }: HostKey): KeyObject {
  const reader = new WireReader(blob);
  reader.string();
  if (type === 'ssh-ed25519')
    return createPublicKey({
      format: 'jwk',
      key: { kty: 'OKP', crv: 'Ed25519', x: reader.string().toString('base64url') },
    });
  if (type === 'ssh-rsa') {
    const [e, n] = [reader.string(), reader.string()];
    return createPublicKey({
      format: 'jwk',
      key: { kty: 'RSA', e: unsigned(e).toString('base64url'), n: unsigned(n).toString('base64url') },
    });
  }
  reader.string();
  const point = reader.string();
  const size = (point.length - 1) / 2;
  const coordinate = (start: number): string => point.subarray(start, start + size).toString('base64url');
  return createPublicKey({
    format: 'jwk',
    key: { kty: 'EC', crv: `P-${type.slice('ecdsa-sha2-nistp'.length)}`, x: coordinate(1), y: coordinate(1 + size) },
  });
}

/** RFC 5656, section 6.2.1. */
function ecdsaHash(type: string): string {
  return { 'ecdsa-sha2-nistp256': 'sha256', 'ecdsa-sha2-nistp384': 'sha384' }[type] ?? 'sha512';
}

/** Two integers of RFC 5656 as two numbers of fixed length. */
function plainEcdsa(value: Uint8Array, type: string): Buffer {
  const reader = new WireReader(value);
  const size = { 'ecdsa-sha2-nistp256': 32, 'ecdsa-sha2-nistp384': 48 }[type] ?? 66;
  const fixed = (integer: Buffer): Buffer =>
    Buffer.concat([Buffer.alloc(Math.max(0, size - unsigned(integer).length)), unsigned(integer)]);
  return Buffer.concat([fixed(reader.string()), fixed(reader.string())]);
}

/** An mpint without the zero byte that keeps it positive. */
function unsigned(integer: Buffer): Buffer {
  return integer[0] === 0 ? integer.subarray(1) : integer;
}

function dateOf(seconds: bigint): string {
  const ms = Number(seconds) * 1000;
  return ms > 8.64e15 ? 'ever' : new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
}
