import { createServer, type Server, type Socket } from 'node:net';
import { ProgramError, reasonOf } from './program-error.ts';
import { describeHolder } from './port-holder.ts';

export interface Client {
  readonly socket: Socket;
  readonly host: string;
  readonly port: number;
}

/** Connections that wait while one is served; more are closed at once. */
const MAX_WAITING = 128;

/**
 * A listening socket that hands out one client after another. Node accepts every connection, so clients that connect
 * while another is served are kept unread: to them it looks like the queue of Python's `listen(1)`.
 */
export class Listener {
  readonly #server: Server;
  readonly #waiting: Client[] = [];
  #wanted: ((client: Client) => void) | undefined;

  private constructor() {
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => this.#accept(socket));
    this.#server.maxConnections = MAX_WAITING + 1;
  }

  /**
   * Listens; without a host on all addresses, IPv6 and IPv4.
   *
   * @throws {ProgramError} that says why it cannot, for a port in use also who holds it.
   */
  static async open(host: string | undefined, port: number): Promise<Listener> {
    const listener = new Listener();
    await new Promise<void>((resolve, reject) => {
      listener.#server.once('error', (error) => reject(new ProgramError(explain(reasonOf(error), host, port))));
      listener.#server.listen({ port, host }, resolve);
    });
    return listener;
  }

  /** The client that has waited longest, or the next one to come. */
  next(): Promise<Client> {
    const client = this.#waiting.shift();
    return client === undefined ? new Promise((resolve) => (this.#wanted = resolve)) : Promise.resolve(client);
  }

  /** Stops listening; clients that still wait are reset, as the kernel does with the queue of a socket that is closed. */
  close(): void {
    this.#server.close();
    for (const { socket } of this.#waiting.splice(0)) socket.resetAndDestroy();
  }

  #accept(socket: Socket): void {
    // A waiting client may go away; that shows when its turn comes.
    socket.on('error', () => undefined);
    const client = { socket, host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (wanted === undefined) this.#waiting.push(client);
    else wanted(client);
  }
}

function explain(code: string, host: string | undefined, port: number): string {
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} is in use: ${describeHolder(port)}`;
    case 'EACCES':
      return `no right to listen on port ${port}: ports below 1024 belong to root. Take one from 1024 on: --port 7999`;
    case 'EADDRNOTAVAIL':
      return (
        `this machine has no address ${host}. See its addresses: ip address; ` +
        'or listen on all of them, without --host'
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `no host "${host}" is known here. Check the name, or give the address`;
    default:
      return `cannot listen on port ${port} (${code}). Check --host and --port`;
  }
}
