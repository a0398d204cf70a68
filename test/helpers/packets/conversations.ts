import type {
  Close,
  Conversation,
  Phase,
  Segment,
  SegmentMark,
  Side,
  TcpFlag,
  TcpOptions,
  TcpState,
} from '../../../src/packets/conversation.ts';

const STARTED_MS = Date.UTC(2026, 10, 23, 14, 30, 15, 120);
const ISN: Readonly<Record<Side, number>> = { client: 3_141_592_653, server: 2_718_281_828 };
const SYN_OPTIONS: TcpOptions = { mss: 1460, windowScale: 7, sackPermitted: true, timestamps: { value: 1, echo: 0 } };

/** What a sent segment may have beyond what follows from those before. */
interface Extra {
  readonly text?: string;
  readonly length?: number;
  readonly marks?: readonly SegmentMark[];
  /** Milliseconds since the segment before. */
  readonly afterMs?: number;
}

/**
 * A TCP conversation written as what each end sends, for tests of what is drawn: it keeps the numbers, states and phases as RFC 9293 has them on a path that
 * loses nothing. Tests of the decoder use real captures instead.
 */
export class Talk {
  readonly #segments: Segment[] = [];
  readonly #next: Record<Side, number> = { client: 0, server: 0 };
  readonly #states: Record<Side, TcpState> = { client: 'CLOSED', server: 'LISTEN' };
  #phase: Phase = 'handshake';
  #timeMs = STARTED_MS;

  handshake(): this {
    this.#states.client = 'SYN-SENT';
    this.#states.server = 'SYN-RECEIVED';
    this.send('client', ['SYN']);
    this.#states.client = 'ESTABLISHED';
    this.send('server', ['SYN', 'ACK'], { afterMs: 0.031 });
    this.#states.server = 'ESTABLISHED';
    this.send('client', ['ACK'], { afterMs: 0.024 });
    this.#phase = 'data';
    return this;
  }

  /** A line and its acknowledgement. */
  line(from: Side, text: string, afterMs = 4.2): this {
    return this.send(from, ['PSH', 'ACK'], { text: `${text}\n`, afterMs }).send(otherOf(from), ['ACK'], {
      afterMs: 0.027,
    });
  }

  /** Segments of 1448 bytes, each two of them acknowledged. */
  bulk(from: Side, segments: number): this {
    for (let i = 0; i < segments; i++) {
      this.send(from, ['ACK'], { length: 1448, text: 'x'.repeat(200), afterMs: 0.2 });
      if (i % 2 === 1) this.send(otherOf(from), ['ACK'], { afterMs: 0.05 });
    }
    return this;
  }

  /** FIN, its ACK, and the same from the other side. */
  close(by: Side = 'client'): this {
    const other = otherOf(by);
    this.#phase = 'close';
    this.#states[by] = 'FIN-WAIT-1';
    this.#states[other] = 'CLOSE-WAIT';
    this.send(by, ['FIN', 'ACK'], { afterMs: 2.1 });
    this.#states[by] = 'FIN-WAIT-2';
    this.send(other, ['ACK'], { afterMs: 0.04 });
    this.#states[by] = 'TIME-WAIT';
    this.#states[other] = 'LAST-ACK';
    this.send(other, ['FIN', 'ACK'], { afterMs: 1.3 });
    this.#states[other] = 'CLOSED';
    return this.send(by, ['ACK'], { afterMs: 0.02 });
  }

  reset(by: Side): this {
    this.#phase = 'close';
    this.#states.client = this.#states.server = 'CLOSED';
    return this.send(by, ['RST', 'ACK']);
  }

  /** Nobody listens. */
  refused(): this {
    this.#states.client = 'SYN-SENT';
    this.#states.server = 'CLOSED';
    this.send('client', ['SYN']);
    this.#states.client = 'CLOSED';
    this.#phase = 'close';
    return this.send('server', ['RST', 'ACK']);
  }

  send(
    from: Side,
    flags: readonly TcpFlag[],
    { text = '', length = Buffer.byteLength(text), marks = [], afterMs = 1 }: Extra = {},
  ): this {
    const other = otherOf(from);
    this.#timeMs += this.#segments.length === 0 ? 0 : afterMs;
    const seq = this.#next[from];
    const ack = flags.includes('ACK') ? this.#next[other] : undefined;
    this.#segments.push({
      packet: this.#segments.length + 1,
      timeMs: this.#timeMs,
      from,
      flags,
      seq,
      ack,
      rawSeq: (ISN[from] + seq) >>> 0,
      rawAck: ack === undefined ? undefined : (ISN[other] + ack) >>> 0,
      length,
      window: 64_256,
      rawWindow: 502,
      options: flags.includes('SYN') ? SYN_OPTIONS : {},
      marks,
      phase: this.#phase,
      states: { ...this.#states },
      acknowledges: undefined,
      text: text.slice(0, 200),
      truncated: false,
    });
    if (!marks.some((mark) => mark.endsWith('retransmission')))
      this.#next[from] += length + (flags.includes('SYN') || flags.includes('FIN') ? 1 : 0);
    return this;
  }

  conversation(index = 0): Conversation {
    const segments = this.#segments;
    const packetOf = (from: Side, ...flags: TcpFlag[]): number | undefined =>
      segments.find((segment) => segment.from === from && flags.every((flag) => segment.flags.includes(flag)))?.packet;
    const isOpen = segments.some(({ states }) => states.server === 'ESTABLISHED');
    return {
      index,
      client: {
        address: '192.168.100.5',
        port: 36_222 + index,
        machine: 'vm2',
        isn: ISN.client,
        synOptions: SYN_OPTIONS,
      },
      server: { address: '192.168.100.4', port: 7999, machine: 'vm1', isn: ISN.server, synOptions: SYN_OPTIONS },
      sidesKnownBy: 'syn',
      startMs: segments[0]?.timeMs ?? STARTED_MS,
      durationMs: this.#timeMs - STARTED_MS,
      segments,
      handshake: {
        complete: isOpen,
        syn: packetOf('client', 'SYN'),
        synAck: packetOf('server', 'SYN'),
        ack: isOpen ? 3 : undefined,
        durationMs: isOpen ? 0.055 : undefined,
        refused: !isOpen && segments.some(({ flags }) => flags.includes('RST')),
      },
      close: closeOf(segments, packetOf),
      sent: { client: totals(segments, 'client'), server: totals(segments, 'server') },
      acknowledgedIn: { client: undefined, server: undefined },
    };
  }
}

function closeOf(
  segments: readonly Segment[],
  packetOf: (from: Side, ...flags: TcpFlag[]) => number | undefined,
): Close {
  const first = segments.find(({ flags }) => flags.includes('FIN'));
  const rst = segments.find(({ flags }) => flags.includes('RST'));
  return {
    kind: rst ? 'rst' : first ? 'fin' : 'open',
    by: (rst ?? first)?.from,
    fin: { client: packetOf('client', 'FIN'), server: packetOf('server', 'FIN') },
    rst: rst && { packet: rst.packet, by: rst.from },
    complete: !rst && first !== undefined,
    halfClose: undefined,
  };
}

function totals(segments: readonly Segment[], side: Side): Conversation['sent'][Side] {
  const own = segments.filter(({ from }) => from === side);
  const fresh = own.filter(({ marks }) => !marks.some((mark) => mark.endsWith('retransmission')));
  return {
    packets: own.length,
    bytes: fresh.reduce((sum, { length }) => sum + length, 0),
    retransmissions: own.length - fresh.length,
    duplicateAcks: 0,
    outOfOrder: 0,
    zeroWindows: 0,
  };
}

function otherOf(side: Side): Side {
  return side === 'client' ? 'server' : 'client';
}

/** What TCP does in the reference session of the practical. */
export function tp1Talk(): Talk {
  return new Talk()
    .handshake()
    .line('client', 'Hello vm1', 7)
    .line('server', "Hello ! ,What's up VM2")
    .line('client', 'exit')
    .line('server', 'Hello vm1', 0.8)
    .close('client');
}
