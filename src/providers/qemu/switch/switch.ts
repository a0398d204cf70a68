import type { Socket } from 'node:net';
import type { PortCaptures } from './captures.ts';
import { answerDhcp, type Lease } from './dhcp.ts';
import { addressesOf, bodyOf, FrameReader, framed } from './frames.ts';
import { advertisement, answerAsGateway, isForGateway, type Gateway6 } from './gateway6.ts';
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
  /** What DHCP gives the machine there; undefined: its questions are for a server that another machine runs. */
  readonly lease?: Lease | undefined;
}

/** What a network is like. */
export interface SwitchOptions {
  /** Undefined where nothing of ours answers by IPv6. */
  readonly gateway6?: Gateway6 | undefined;
  /** Machines reach slirp and nobody else: they are not to meet on this network. */
  readonly keepsApart?: boolean | undefined;
}

/** A learning Ethernet switch (IEEE 802.1D, 7.8): one network, one connection per port. */
export class Switch {
  readonly #ports = new Map<string, { readonly socket: Socket; readonly options: PortOptions }>();
  readonly #portOf = new Map<string, string>();
  readonly #isOwn = ownAddresses();
  readonly #captures: PortCaptures | undefined;
  readonly #options: SwitchOptions;

  /** `captures` gets each frame that comes from a port or is handed to one. */
  constructor(captures?: PortCaptures, options: SwitchOptions = {}) {
    this.#captures = captures;
    this.#options = options;
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

  /** Tells all machines of the gateway, where it is to tell of itself. */
  advertise(): void {
    const { gateway6 } = this.#options;
    const told = gateway6 && advertisement(gateway6);
    for (const [port, { options }] of told ? this.#ports : []) if (!options.guard) this.#send(port, framed(told!));
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
    if (this.#isAnswered(from, bodyOf(frame))) return;
    const target = isGroup ? undefined : this.#portOf.get(destination);
    const isFromSlirp = this.#ports.get(from)?.options.guard !== undefined;
    for (const [
      port,
      {
        options: { guard },
      },
    ] of this.#ports) {
      if (port === from || (target !== undefined && target !== port)) continue;
      if (this.#options.keepsApart && !isFromSlirp && !guard) continue;
      // slirp takes any frame for its own, whatever address it bears: it must not see what is meant for others.
      if (guard && ((!isGroup && !destination.startsWith(SLIRP_PREFIX)) || !mayPass(bodyOf(frame), guard, this.#isOwn)))
        continue;
      this.#send(port, frame);
    }
  }

  /** Answers what the switch itself answers; whether the frame is for nobody else. */
  #isAnswered(from: string, frame: Buffer): boolean {
    const { gateway6 } = this.#options;
    const lease = this.#ports.get(from)?.options.lease;
    const leased = lease && answerDhcp(frame, lease);
    const answer = leased ?? (gateway6 && answerAsGateway(frame, gateway6));
    if (answer) this.#send(from, framed(answer));
    return leased !== undefined || (gateway6 !== undefined && isForGateway(frame, gateway6));
  }

  #send(port: string, frame: Buffer): void {
    const socket = this.#ports.get(port)?.socket;
    if (socket === undefined || socket.writableLength >= MOST_WAITING_BYTES) return;
    this.#captures?.take(port, frame);
    socket.write(frame);
  }

  #detach(port: string, socket: Socket): void {
    if (this.#ports.get(port)?.socket !== socket) return;
    this.#ports.delete(port);
    for (const [address, at] of this.#portOf) if (at === port) this.#portOf.delete(address);
  }
}
