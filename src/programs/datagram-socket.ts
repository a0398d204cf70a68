import { createSocket, type Socket } from 'node:dgram';
import { resolve as addressesOf } from './connect-to-server.ts';
import { within } from './lines.ts';
import { describeHolder } from './port-holder.ts';
import { ProgramError, reasonOf } from './program-error.ts';

/** A message of UDP: whole, or not there. */
export interface Datagram {
  readonly text: string;
  readonly host: string;
  readonly port: number;
}

/** What a UDP datagram carries at most (RFC 768; RFC 791: a packet of 65,535 bytes less both headers). */
const LONGEST = 65_507;
/** Datagrams that wait while another one is answered; more are dropped, as the queue of a socket does. */
const MOST_WAITING = 128;

/** A UDP socket that hands out one datagram after another, in the order in which they came. */
export class DatagramSocket {
  readonly #socket: Socket;
  readonly #waiting: Datagram[] = [];
  readonly #failed: Promise<ProgramError>;
  #wanted: ((datagram: Datagram) => void) | undefined;

  private constructor(socket: Socket, explain: (code: string) => string) {
    this.#socket = socket;
    socket.on('message', (data, { address, port }) =>
      this.#take({ text: data.toString('utf8'), host: address.replace(/^::ffff:(?=\d+\.)/, ''), port }),
    );
    this.#failed = new Promise((resolve) =>
      socket.on('error', (error) => resolve(new ProgramError(explain(reasonOf(error))))),
    );
  }

  /**
   * The socket of a server; without a host on all addresses, IPv6 and IPv4.
   *
   * @throws {ProgramError} that says why it cannot, for a port in use also who holds it.
   */
  static async bind(host: string | undefined, port: number): Promise<DatagramSocket> {
    const isOld = host !== undefined && !host.includes(':');
    try {
      return await DatagramSocket.#opened(
        isOld ? 'udp4' : 'udp6',
        (socket, done) => socket.bind(port, host, done),
        explainBind(port, host),
      );
    } catch (error) {
      // A machine without IPv6.
      if (host !== undefined || !(error instanceof ProgramError) || !/EAFNOSUPPORT|EINVAL/.test(error.message))
        throw error;
      return DatagramSocket.#opened('udp4', (socket, done) => socket.bind(port, done), explainBind(port, host));
    }
  }

  /**
   * The socket of a client, for the first address of the host: it is told when no program has the port there. Nothing
   * is sent yet.
   *
   * @throws {ProgramError} for a host that has no address, or none that a way leads to.
   */
  static async connect(host: string, port: number): Promise<DatagramSocket> {
    const [address] = await addressesOf(host);
    if (address === undefined) throw new ProgramError(`"${host}" has no address. Check the name, or give the address`);
    const place = host === address ? host : `${host} (${address})`;
    const family = address.includes(':') ? 'udp6' : 'udp4';
    return DatagramSocket.#opened(
      family,
      (socket, done) => socket.connect(port, address, done),
      explainPeer(place, address, port),
    );
  }

  static async #opened(
    family: 'udp4' | 'udp6',
    open: (socket: Socket, done: () => void) => void,
    explain: (code: string) => string,
  ): Promise<DatagramSocket> {
    const socket = createSocket(family);
    await new Promise<void>((done, reject) => {
      socket.once('error', (error) => reject(new ProgramError(explain(reasonOf(error)))));
      open(socket, done);
    });
    socket.removeAllListeners('error');
    return new DatagramSocket(socket, explain);
  }

  /** The datagram that has waited longest, or the next one to come; undefined when none comes within the time. */
  async next(timeoutMs?: number): Promise<Datagram | undefined> {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) return waiting;
    const coming = new Promise<Datagram>((found) => (this.#wanted = found));
    const first = Promise.race([coming, this.failed()]);
    const answer = timeoutMs === undefined ? await first : await within(timeoutMs, first);
    this.#wanted = undefined;
    if (answer instanceof ProgramError) throw answer;
    return answer;
  }

  /** What came and was not asked for. */
  late(): Datagram[] {
    return this.#waiting.splice(0);
  }

  /** Resolves when the network says that datagrams do not arrive. */
  failed(): Promise<ProgramError> {
    return this.#failed;
  }

  /** @throws {ProgramError} for a text that is too long, or when there is no way. */
  async send(text: string, to?: { readonly host: string; readonly port: number }): Promise<void> {
    const bytes = Buffer.from(text);
    if (bytes.length > LONGEST)
      throw new ProgramError(`${bytes.length} bytes are too long: a datagram carries at most ${LONGEST}. Send less`);
    await new Promise<void>((resolve, reject) => {
      const sent = (error: Error | null): void => {
        if (error === null) resolve();
        else
          reject(
            new ProgramError(`the datagram was not sent (${reasonOf(error)}). Check the address, and the way there`),
          );
      };
      if (to === undefined) this.#socket.send(bytes, sent);
      else this.#socket.send(bytes, to.port, this.#addressOf(to.host), sent);
    });
  }

  /** An IPv4 address for a socket of IPv6 is written as one of its own (RFC 4291, section 2.5.5.2). */
  #addressOf(host: string): string {
    return this.#socket.address().family === 'IPv6' && !host.includes(':') ? `::ffff:${host}` : host;
  }

  close(): void {
    this.#socket.close();
  }

  #take(datagram: Datagram): void {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (wanted !== undefined) wanted(datagram);
    else if (this.#waiting.length < MOST_WAITING) this.#waiting.push(datagram);
  }
}

function explainBind(port: number, host: string | undefined): (code: string) => string {
  return (code) => {
    switch (code) {
      case 'EADDRINUSE':
        return `UDP port ${port} is in use: ${describeHolder(port, 'udp')}`;
      case 'EACCES':
        return `no right to have UDP port ${port}: ports below 1024 belong to root. Take one from 1024 on: --port 7999`;
      case 'EADDRNOTAVAIL':
        return `this machine has no address ${host}. See its addresses: ip address; or leave out --host`;
      case 'ENOTFOUND':
      case 'EAI_AGAIN':
        return `no host "${host}" is known here. Check the name, or give the address`;
      default:
        return `cannot open UDP port ${port} (${code}). Check --host and --port`;
    }
  };
}

function explainPeer(place: string, address: string, port: number): (code: string) => string {
  return (code) => {
    switch (code) {
      case 'ECONNREFUSED':
        return `connection refused: nothing listens on UDP port ${port} of ${place}. Start the server first, and check its port`;
      case 'EHOSTUNREACH':
      case 'ENETUNREACH':
        return `${place} is unreachable: no such machine on a network of this one. Check that it is up and its address: ping ${address}`;
      case 'EACCES':
      case 'EPERM':
        return `datagrams to ${place} are forbidden here (${code}). Check the firewall of this machine`;
      default:
        return `datagrams to UDP port ${port} of ${place} fail (${code}). Check the address and the port`;
    }
  };
}
