import type { Handshake, Segment, Side } from '../conversation.ts';

/**
 * Finds the three segments of the handshake; it is shown the segments of a connection in turn. Places are those among
 * them.
 */
export class HandshakeFinder {
  #firstSyn: number | undefined;
  #lastSyn: number | undefined;
  #lastSynAck: number | undefined;
  /** The first segment of the client that acknowledges the last SYN-ACK. */
  #ack: number | undefined;
  /** The first SYN of the server that answers none. */
  #crossingSyn: number | undefined;
  /** By side: its first segment that acknowledges the SYN of the other. */
  readonly #firstAck: Partial<Record<Side, number>> = {};
  #isRefused: boolean | undefined;

  add(segment: Segment, place: number): void {
    const { from, flags } = segment;
    const isSyn = flags.includes('SYN');
    const isReset = flags.includes('RST');
    if (from === 'server') this.#isRefused ??= isReset;
    if (isSyn) this.#addSyn(segment, place);
    if (isReset || (segment.ack ?? 0) < 1) return;
    this.#firstAck[from] ??= place;
    if (from === 'client' && !isSyn && this.#lastSynAck !== undefined) this.#ack ??= place;
  }

  #addSyn({ from, flags }: Segment, place: number): void {
    const hasAck = flags.includes('ACK');
    if (from === 'client' && !hasAck) {
      this.#firstSyn ??= place;
      this.#lastSyn = place;
    } else if (from === 'server' && hasAck) {
      this.#lastSynAck = place;
      this.#ack = undefined;
    } else if (from === 'server') this.#crossingSyn ??= place;
  }

  /** By the segments so far; `segments` are those that were shown. */
  handshake(segments: readonly Segment[]): Handshake {
    const at = (place: number | undefined): Segment | undefined => (place === undefined ? undefined : segments[place]);
    const crossing = at(this.#crossingSyn);
    const first = at(this.#firstSyn);
    const isRefused = first !== undefined && this.#isRefused === true;
    if (crossing !== undefined && first !== undefined)
      return simultaneousHandshake([first, crossing], at(this.#firstAck.client), at(this.#firstAck.server), isRefused);
    const [syn, synAck, ack] = [at(this.#lastSyn), at(this.#lastSynAck), at(this.#ack)];
    const complete = syn !== undefined && ack !== undefined;
    return {
      complete,
      syn: syn?.packet,
      synAck: synAck?.packet,
      ack: ack?.packet,
      durationMs: complete ? ack.timeMs - syn.timeMs : undefined,
      refused: isRefused,
    };
  }
}

/** Both ends sent a SYN, and each acknowledges that of the other, as a rule with a SYN-ACK. */
function simultaneousHandshake(
  [syn, crossing]: readonly [Segment, Segment],
  ack: Segment | undefined,
  synAck: Segment | undefined,
  refused: boolean,
): Handshake {
  const complete = ack !== undefined && synAck !== undefined;
  return {
    complete,
    simultaneous: true,
    syn: syn.packet,
    synAck: synAck?.packet,
    ack: ack?.packet,
    durationMs: complete ? Math.max(ack.timeMs, synAck.timeMs) - Math.min(syn.timeMs, crossing.timeMs) : undefined,
    refused,
  };
}
