import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { parseIPv4 } from '../../../core/ipv4.ts';

/** How long a look at the host's addresses holds: one that comes later is known after that. */
const HOLDS_MS = 200;

/** Tells whether an IPv4 address is one of this host now. */
export function ownAddresses(): (address: number) => boolean {
  let known = new Set<number>();
  let lookedAt = -Infinity;
  return (address) => {
    if (performance.now() - lookedAt > HOLDS_MS) {
      known = new Set(localAddresses().flatMap((text) => parseIPv4(text) ?? []));
      lookedAt = performance.now();
    }
    return known.has(address);
  };
}

/**
 * Linux answers on the addresses of interfaces without a cable as well, which os.networkInterfaces() leaves out: its
 * table of local routes has them all (proc(5)).
 */
function localAddresses(): string[] {
  try {
    return [...readFileSync('/proc/net/fib_trie', 'utf8').matchAll(/\|-- ([\d.]+)\n\s+\/32 host LOCAL/g)].map(
      ([, address]) => address!,
    );
  } catch {
    return Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
  }
}
