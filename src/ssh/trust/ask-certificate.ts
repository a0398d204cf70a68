import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { certificateProblem, parseCertificate } from './host-certificate.ts';
import { type HostKeyPolicy, sameKey } from './host-key.ts';
import { afterGreeting, takePacket } from './plain-packets.ts';
import { uint32, WireReader, wireString } from '../keys/wire.ts';
import { say } from '../../core/language/say.ts';

/** Message numbers of RFC 4253 and RFC 5656. */
const message = { kexInit: 20, ecdhInit: 30, ecdhReply: 31 } as const;
const keyTypes = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];
const certificateTypes = keyTypes.map((type) => `${type}-cert-v01@openssh.com`);
const ciphers = ['aes128-ctr', 'aes128-gcm@openssh.com'];
const macs = ['hmac-sha2-256'];
const LONGEST_PACKET = 256 * 1024;

/**
 * A policy that trusts what a certificate authority of it vouches for. ssh2 knows no host certificates, so the
 * certificate is asked for over a connection of its own, in the clear, as ssh-keyscan(1) does: it needs no secrecy,
 * because it is signed, and the connection proper proves that the server owns the key in it.
 */
export async function trustCertified(
  policy: HostKeyPolicy,
  dial: () => Promise<Duplex>,
  signal: AbortSignal,
): Promise<HostKeyPolicy> {
  const { authorities = [], revoked, certificateName = '' } = policy;
  if (authorities.length === 0) return policy;
  const accepted = authorities.filter((authority) => !revoked.some((key) => sameKey(key, authority)));
  const blob = await askCertificate(await dial(), signal);
  const certificate = blob && parseCertificate(blob);
  if (certificate === undefined)
    return { ...policy, note: say`it has no certificate, though known_hosts names an authority for it` };
  const problem = certificateProblem(certificate, certificateName, accepted, Date.now());
  return problem === undefined
    ? { ...policy, trusted: [...policy.trusted, certificate.key] }
    : { ...policy, note: problem };
}

/** The host key that a server shows when it is asked for a certificate; undefined when it has none. */
async function askCertificate(stream: Duplex, signal: AbortSignal): Promise<Uint8Array | undefined> {
  const abort = (): void => void stream.destroy();
  signal.addEventListener('abort', abort, { once: true });
  stream.on('error', () => undefined);
  try {
    stream.write('SSH-2.0-lab\r\n');
    stream.write(packet(kexInit()));
    const { publicKey } = generateKeyPairSync('x25519');
    const point = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
    for await (const payload of packets(stream)) {
      if (payload[0] === message.kexInit)
        stream.write(packet(Buffer.concat([Buffer.of(message.ecdhInit), wireString(point)])));
      if (payload[0] === message.ecdhReply) return new WireReader(payload.subarray(1)).string();
    }
  } catch {
    // It hung up: it has no key of these kinds. What else may be wrong is reported by the connection proper.
  } finally {
    signal.removeEventListener('abort', abort);
    stream.destroy();
  }
  return undefined;
}

/**
 * RFC 4253, section 7.1: cookie, ten lists of names, two flags. Only key exchange and host key matter; all else is what
 * every server has.
 */
function kexInit(): Buffer {
  const lists = [
    ['curve25519-sha256', 'curve25519-sha256@libssh.org'],
    certificateTypes,
    ciphers,
    ciphers,
    macs,
    macs,
    ['none'],
    ['none'],
    [],
    [],
  ];
  return Buffer.concat([
    Buffer.of(message.kexInit),
    randomBytes(16),
    ...lists.map((names) => wireString(names.join(','))),
    Buffer.alloc(5),
  ]);
}

/** RFC 4253, section 6: length, padding to a multiple of eight, of at least four bytes. */
function packet(payload: Buffer): Buffer {
  const least = 8 - ((payload.length + 5) % 8);
  const padding = least < 4 ? least + 8 : least;
  return Buffer.concat([uint32(payload.length + padding + 1), Buffer.of(padding), payload, Buffer.alloc(padding)]);
}

/** The payloads of unencrypted packets, after the line in which the server names itself. */
async function* packets(stream: Duplex): AsyncGenerator<Buffer, void, undefined> {
  let pending: Buffer = Buffer.alloc(0);
  let isGreeted = false;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    pending = Buffer.concat([pending, chunk]);
    if (pending.length > LONGEST_PACKET) return;
    if (!isGreeted) {
      const rest = afterGreeting(pending);
      if (rest === undefined) continue;
      pending = rest;
      isGreeted = true;
    }
    for (let packet = takePacket(pending); packet !== undefined; packet = takePacket(pending)) {
      yield packet.payload;
      pending = packet.rest;
    }
  }
}
