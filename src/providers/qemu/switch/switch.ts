import type { Socket } from 'node:net';
import type { PortCaptures } from './captures.ts';
import { answerDhcp, isDhcpQuestion, type Lease } from './dhcp.ts';
import { addressesOf, bodyOf, FrameReader, framed } from './frames.ts';
import { mayPass, type Guard } from './guard.ts';
import { ownAddresses } from './own-addresses.ts';

/** slirp's own addresses (libslirp, `special_ethaddr`). */
const SLIRP_PREFIX = '5255';
/** What may wait for a slow receiver; a switch drops what is above it, and TCP slows down. */
const MOST_WAITING_BYTES = 4_000_000;

/** What is at a port. */
export interface PortOptions {
  /** Present where slirp is: it must not see everything. */
  readonly guard?: Guard | undefined;
  /** What DHCP gives the machine there. */
  readonly lease?: Lease | undefined;
}

/** A learning Ethernet switch (IEEE 802.1D, 7.8): one network, one connection per port. */
export class Switch {
  readonly #ports = new Map<string, { readonly socket: Socket; readonly options: PortOptions }>();
  readonly #portOf = new Map<string, string>();
  readonly #isOwn = ownAddresses();
  readonly #captures: PortCaptures | undefined;

  /** `captures` gets each frame that comes from a port or is handed to one. */
  constructor(captures?: PortCaptures) {
    this.#captures = captures;
  }

  /** Joins a connection; one that was on this port before is dropped, as when a cable is moved. */
  attach(port: string, socket: Socket, options: PortOptions): void {
    this.#ports.get(port)?.socket.destroy();
    this.#ports.set(port, { socket, options });
    const reader = new FrameReader();
    socket.on('data', (bytes: Buffer) => this.#read(port, socket, reader, bytes));
    // A machine that is ended is seen by "close".
    socket.on('error', () => undefined);
    socket.on('close', () => this.#detach(port, socket));
  }

  #read(port: string, socket: Socket, reader: FrameReader, bytes: Buffer): void {
    try {
      for (const frame of reader.take(bytes)) this.#forward(port, frame);
    } catch {
      socket.destroy();
    }
  }

  #forward(from: string, frame: Buffer): void {
    const addresses = addressesOf(frame);
    if (!addresses) return;
    const { source, destination, isGroup } = addresses;
    this.#portOf.set(source, from);
    this.#captures?.take(from, frame);
    // slirp would answer too, with any address: the question goes no further.
    if (isDhcpQuestion(bodyOf(frame))) return this.#answerDhcp(from, bodyOf(frame));
    const target = isGroup ? undefined : this.#portOf.get(destination);
    for (const [
      port,
      {
        socket,
        options: { guard },
      },
    ] of this.#ports) {
      if (port === from || (target !== undefined && target !== port)) continue;
      // slirp takes any frame for its own, whatever address it bears: it must not see what is meant for others.
      if (guard && ((!isGroup && !destination.startsWith(SLIRP_PREFIX)) || !mayPass(bodyOf(frame), guard, this.#isOwn)))
        continue;
      if (socket.writableLength >= MOST_WAITING_BYTES) continue;
      this.#captures?.take(port, frame);
      socket.write(frame);
    }
  }

  #answerDhcp(from: string, question: Buffer): void {
    const port = this.#ports.get(from);
    const answer = port?.options.lease && answerDhcp(question, port.options.lease);
    if (!answer) return;
    const frame = framed(answer);
    this.#captures?.take(from, frame);
    port.socket.write(frame);
  }

  #detach(port: string, socket: Socket): void {
    if (this.#ports.get(port)?.socket !== socket) return;
    this.#ports.delete(port);
    for (const [address, at] of this.#portOf) if (at === port) this.#portOf.delete(address);
  }
}
