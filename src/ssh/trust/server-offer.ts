import { needsNoMac, type AlgorithmKind, type AlgorithmLists } from './algorithms.ts';
import { afterGreeting, takePacket } from './plain-packets.ts';
import { WireReader } from '../keys/wire.ts';

/** What a server offers of each kind that both sides have to agree on. */
export type ServerOffer = Readonly<Record<Exclude<AlgorithmKind, 'pubkeyacceptedalgorithms'>, readonly string[]>>;

/** Message number of RFC 4253. */
const KEX_INIT = 20;
const COOKIE_BYTES = 16;

/** Pure: the offer in the first bytes of a server; undefined when they hold none. */
export function parseOffer(bytes: Buffer): ServerOffer | undefined {
  const packet = takePacket(afterGreeting(bytes) ?? Buffer.alloc(0));
  if (packet?.payload[0] !== KEX_INIT) return undefined;
  try {
    const reader = new WireReader(packet.payload.subarray(1 + COOKIE_BYTES));
    const [kexalgorithms, hostkeyalgorithms, , ciphers, , macs] = Array.from({ length: 6 }, () =>
      reader.text().split(','),
    ) as [string[], string[], string[], string[], string[], string[]];
    // Names that stand for abilities, not for algorithms: strict key exchange and extensions (RFC 8308).
    return {
      kexalgorithms: kexalgorithms.filter((name) => !/^(?:ext-info-|kex-strict-|kexguess)/.test(name)),
      hostkeyalgorithms,
      ciphers,
      macs,
    };
  } catch {
    return undefined;
  }
}

/** Pure: the kinds in which a server offers nothing of ours. Ciphers that prove their data themselves need no MAC. */
export function missingKinds(offer: ServerOffer, ours: AlgorithmLists): (keyof ServerOffer)[] {
  const common = (kind: keyof ServerOffer): string | undefined => ours[kind].find((name) => offer[kind].includes(name));
  const kinds: readonly (keyof ServerOffer)[] = ['kexalgorithms', 'hostkeyalgorithms', 'ciphers', 'macs'];
  return kinds.filter(
    (kind) => common(kind) === undefined && !(kind === 'macs' && needsNoMac(common('ciphers') ?? '')),
  );
}
