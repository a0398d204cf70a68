/** What came back to the echoes that one address was asked for. Times in milliseconds; undefined when nothing came. */
export interface Echo {
  readonly address: string;
  readonly sent: number;
  readonly received: number;
  readonly leastMs: number | undefined;
  readonly averageMs: number | undefined;
  readonly mostMs: number | undefined;
  /** Undefined when an answer came. */
  readonly cause: EchoCause | undefined;
}

/** The first thing that was seen of what keeps an echo from coming back. */
export type EchoCause =
  /** The kernel of the machine that asks would not send it; `name` is of errno(3). */
  | { readonly kind: 'not-sent'; readonly name: string }
  /** An ICMP error that is not one of those below. */
  | { readonly kind: 'icmp'; readonly type: number; readonly code: number; readonly from: string }
  /** A router has no route to it. */
  | { readonly kind: 'no-route'; readonly from: string }
  /** No one answered for the address on its own network, said by that machine; undefined: by the one that asks. */
  | { readonly kind: 'no-neighbour'; readonly from: string | undefined }
  /** A filter refused it. */
  | { readonly kind: 'filtered'; readonly from: string }
  /** It was passed on until its time to live was used up. */
  | { readonly kind: 'circle'; readonly from: string }
  | { readonly kind: 'silence' };

/** A line of ping.pl. @throws {Error} for anything else. */
export function readEcho(line: string): Echo {
  const [address = '', sent, received, least, sum, most, ...cause] = line.split(' ');
  const count = Number(received);
  const ms = (micros: string | undefined): number | undefined => (count > 0 ? Number(micros) / 1000 : undefined);
  if (!/^\S+( \d+){5} \S/.test(line)) throw new Error(`no answer of ping.pl: ${line}`);
  return {
    address,
    sent: Number(sent),
    received: count,
    leastMs: ms(least),
    averageMs: ms(String(Number(sum) / Math.max(1, count))),
    mostMs: ms(most),
    cause: count > 0 ? undefined : causeOf(cause),
  };
}

function causeOf([kind, ...words]: readonly string[]): EchoCause {
  if (kind === 'errno') return { kind: 'not-sent', name: words[0] ?? '' };
  if (kind === 'neighbour') return { kind: 'no-neighbour', from: undefined };
  if (kind !== 'icmp') return { kind: 'silence' };
  const [family, type = 0, code = 0] = words.slice(0, 3).map(Number);
  const from = words[3] ?? '';
  return family === 4 ? ofIcmp(type, code, from) : ofIcmp6(type, code, from);
}

/** RFC 792 and RFC 1812, 5.2.7. */
function ofIcmp(type: number, code: number, from: string): EchoCause {
  if (type === 11) return { kind: 'circle', from };
  if (type !== 3) return { kind: 'icmp', type, code, from };
  if ([9, 10, 13].includes(code)) return { kind: 'filtered', from };
  if ([0, 6].includes(code)) return { kind: 'no-route', from };
  return code === 1 || code === 7 ? { kind: 'no-neighbour', from } : { kind: 'icmp', type, code, from };
}

/** RFC 4443, 3. */
function ofIcmp6(type: number, code: number, from: string): EchoCause {
  if (type === 3) return { kind: 'circle', from };
  if (type !== 1) return { kind: 'icmp', type, code, from };
  if (code === 1) return { kind: 'filtered', from };
  if (code === 0) return { kind: 'no-route', from };
  return code === 3 ? { kind: 'no-neighbour', from } : { kind: 'icmp', type, code, from };
}
