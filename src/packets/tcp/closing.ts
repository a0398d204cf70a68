import type { Close, Segment, Side } from '../conversation.ts';
import { isRepetition } from './segment-marks.ts';

const sides: readonly Side[] = ['client', 'server'];

/** Finds out how a connection ended; it is shown its segments in turn. Places are those among them. */
export class CloseFinder {
  /** The first FIN of each side, and the first segment that acknowledges it. */
  readonly #fin: Partial<Record<Side, number>> = {};
  readonly #finAck: Partial<Record<Side, number>> = {};
  #reset: number | undefined;
  /** What the other side sent after the first FIN: bytes, and the last segment of them. */
  #bytesAfter = 0;
  #lastAfter: number | undefined;

  /** Takes the segment at `place` of `segments`. */
  add(segments: readonly Segment[], place: number): void {
    const segment = segments[place]!;
    const { from, flags, length, marks } = segment;
    this.#acknowledge(segments, place);
    const first = this.#firstFin;
    if (first !== undefined && segments[first]!.from !== from && length > 0 && !marks.some(isRepetition)) {
      this.#bytesAfter += length;
      this.#lastAfter = place;
    }
    if (flags.includes('FIN')) this.#fin[from] ??= place;
    if (flags.includes('RST')) this.#reset ??= place;
  }

  #acknowledge(segments: readonly Segment[], place: number): void {
    const { from, ack, flags } = segments[place]!;
    const other = from === 'client' ? 'server' : 'client';
    const fin = this.#fin[other];
    if (fin === undefined || ack === undefined || this.#finAck[other] !== undefined || flags.includes('RST')) return;
    const { seq, length } = segments[fin]!;
    if (ack > seq + length) this.#finAck[other] = place;
  }

  get #firstFin(): number | undefined {
    const { client, server } = this.#fin;
    return client === undefined || server === undefined ? (client ?? server) : Math.min(client, server);
  }

  /** By the segments so far; `segments` are those that were shown. */
  close(segments: readonly Segment[]): Close {
    const at = (place: number | undefined): Segment | undefined => (place === undefined ? undefined : segments[place]);
    const [clientFin, serverFin] = sides.map((side) => at(this.#fin[side]));
    const first = at(this.#firstFin);
    const reset = at(this.#reset);
    const areCrossing = crosses(clientFin, serverFin);
    // Of both FINs the one that is acknowledged last. A reset after both ends have finished, for example in
    // answer to a late segment, did not end the connection.
    const bothFinished = Math.max(this.#finAck.client ?? Infinity, this.#finAck.server ?? Infinity);
    const wasReset = reset !== undefined && this.#reset! < bothFinished;
    return {
      kind: wasReset ? 'rst' : first === undefined ? 'open' : 'fin',
      by: wasReset ? reset.from : areCrossing ? 'both' : first?.from,
      fin: { client: clientFin?.packet, server: serverFin?.packet },
      rst: reset && { packet: reset.packet, by: reset.from },
      complete: bothFinished !== Infinity,
      halfClose: first && !areCrossing ? this.#halfClose(first, at(this.#lastAfter)) : undefined,
    };
  }

  #halfClose(fin: Segment, last: Segment | undefined): Close['halfClose'] {
    if (last === undefined) return undefined;
    return { closedBy: fin.from, bytesAfter: this.#bytesAfter, durationMs: last.timeMs - fin.timeMs };
  }
}

/** Whether the later of two FINs was sent before its sender had the other one: it does not acknowledge it. */
function crosses(one: Segment | undefined, another: Segment | undefined): boolean {
  if (one === undefined || another === undefined) return false;
  const [early, late] = one.packet < another.packet ? [one, another] : [another, one];
  return late.ack === undefined || late.ack <= early.seq + early.length;
}
