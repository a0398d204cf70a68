import type { Socket } from 'node:net';
import { PeerGone, reasonOf } from './program-error.ts';
import { readLines, readRaw, within, type Framing } from './lines.ts';

/** What comes from the other side: a message, or the news that there will be none. */
export type Incoming = { readonly text: string } | { readonly gone: PeerGone };

/** How long an orderly close waits for the other side's part of it. */
const CLOSE_TIMEOUT_MS = 2000;

/** Messages in both directions over one connection. */
export class Conversation {
  readonly framing: Framing;
  readonly #socket: Socket;
  /** The other side in messages: `the client`. */
  readonly #peer: string;
  readonly #messages: AsyncGenerator<string, void>;
  /** Always asked for in advance, so that the loss of the other side is seen while the operator types. */
  #next: Promise<Incoming>;

  constructor(socket: Socket, { framing, peer }: { framing: Framing; peer: string }) {
    this.#socket = socket;
    this.framing = framing;
    this.#peer = peer;
    socket.setNoDelay(true);
    // A failed write is reported by the reading side too; without a listener it would end the process.
    socket.on('error', () => undefined);
    const chunks: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => socket.iterator({ destroyOnReturn: false }),
    };
    this.#messages = framing === 'line' ? readLines(chunks) : readRaw(chunks);
    this.#next = this.#read();
  }

  /** The next message; with `gone`, the same answer is given each time. */
  async receive(): Promise<Incoming> {
    const incoming = await this.#next;
    if ('text' in incoming) this.#next = this.#read();
    return incoming;
  }

  /** Resolves when the other side is gone and all that it had sent is received; else never. */
  async gone(): Promise<PeerGone> {
    const incoming = await this.#next;
    return 'gone' in incoming ? incoming.gone : new Promise(() => undefined);
  }

  send(text: string): void {
    this.#socket.write(this.framing === 'line' ? `${text}\n` : text);
  }

  /**
   * Closes our direction (FIN), which the other side reads as the end, or as an empty message where messages have no
   * frame.
   */
  endSending(): void {
    this.#socket.end();
  }

  /** Waits until the other side has closed its direction; false when it does not within `timeoutMs`. */
  async closedByPeer(timeoutMs: number): Promise<boolean> {
    return (await within(timeoutMs, this.gone())) !== undefined;
  }

  /** Closes both directions, ours first unless the other side was faster. Never fails. */
  async close(): Promise<void> {
    const closed = new Promise<true>((resolve) => {
      if (this.#socket.destroyed) resolve(true);
      this.#socket.once('close', () => resolve(true));
    });
    this.#socket.end();
    await within(CLOSE_TIMEOUT_MS, closed);
    this.#socket.destroy();
  }

  async #read(): Promise<Incoming> {
    try {
      const { value } = await this.#messages.next();
      if (typeof value === 'string') return { text: value };
      return { gone: new PeerGone(`${this.#peer} closed the connection`) };
    } catch (error) {
      // Nothing that came after an error can be understood, so nothing is waited for.
      this.#socket.destroy();
      return { gone: new PeerGone(`connection to ${this.#peer} lost: ${describeLoss(error)}`) };
    }
  }
}

function describeLoss(error: unknown): string {
  const reason = reasonOf(error);
  const known: Record<string, string> = {
    ECONNRESET: 'it ended without a goodbye (reset)',
    EPIPE: 'it ended without a goodbye (broken pipe)',
    ETIMEDOUT: 'it does not answer any more (timed out)',
    EHOSTUNREACH: 'its machine cannot be reached any more',
    ENETUNREACH: 'its network cannot be reached any more',
    // A write or the end of the stream was faster than the error; the socket is closed anyway.
    ERR_STREAM_PREMATURE_CLOSE: 'it ended without a goodbye',
  };
  return known[reason] ?? reason;
}
