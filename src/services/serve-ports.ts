import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ConnectionError, systemCode } from '../core/errors.ts';
import type { Publication } from '../lab/types.ts';
import type { MachinePorts } from '../ssh/machine-ports.ts';

/** The loopback addresses of this host; no other host reaches them. */
const loopback = ['127.0.0.1', '::1'] as const;
/** This host has no IPv6. */
const absent: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL']);

/** A machine whose ports this host has. */
export interface PublishedMachine {
  /** Its own addresses, and its loopback: where a server of the machine may listen. */
  readonly addresses: readonly string[];
  connect(): Promise<MachinePorts>;
}

/** A port of this host that cannot be had. */
export class PortNotHad extends Error {
  /** Of the system: `EADDRINUSE`, `EACCES`. */
  readonly code: string;
  readonly address: string;
  readonly port: number;

  constructor(code: string, place: { readonly address: string; readonly port: number }) {
    super(`${code} ${place.address} ${place.port}`);
    this.code = code;
    this.address = place.address;
    this.port = place.port;
  }
}

/**
 * Opens the published ports on this host's loopback. Each connection to one of them becomes a connection from the
 * machine to its own port, made when it comes: what is not asked for costs the machine nothing, and is no client to a
 * server that takes one only.
 *
 * @throws {PortNotHad} when one of them is taken, or not for this user; then none is open.
 */
export async function servePorts(
  published: readonly Publication[],
  machines: ReadonlyMap<string, PublishedMachine>,
): Promise<readonly Server[]> {
  const ways = new Map([...machines].map(([name, machine]) => [name, new Way(machine)]));
  const servers: Server[] = [];
  try {
    for (const { machine, port, hostPort, address } of published)
      for (const host of address === undefined ? loopback : [address]) {
        const way = ways.get(machine)!;
        const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (socket) => {
          void join(socket, () => way.open(port));
        });
        if (await listen(server, host, hostPort)) servers.push(server);
      }
    return servers;
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
}

/** False where this host has no such address. */
function listen(server: Server, address: string, port: number): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  server.once('error', (error) => {
    const code = systemCode(error) ?? '';
    if (address === '::1' && absent.has(code)) resolve(false);
    else reject(new PortNotHad(code, { address, port }));
  });
  server.listen({ host: address, port, ipv6Only: true }, () => resolve(true));
  return promise;
}

/** One connection to a machine for all that go there; made again when it was lost. */
class Way {
  readonly #machine: PublishedMachine;
  #ports: Promise<MachinePorts> | undefined;

  constructor(machine: PublishedMachine) {
    this.#machine = machine;
  }

  /** @throws {ConnectionError} */
  async open(port: number): Promise<Duplex> {
    const ports = await this.#connected();
    let refused: unknown;
    for (const address of this.#machine.addresses)
      try {
        return await ports.open(address, port);
      } catch (error) {
        if (!(error instanceof ConnectionError) || error.code !== 'port-refused') throw error;
        refused = error;
      }
    throw refused;
  }

  async #connected(): Promise<MachinePorts> {
    const before = await this.#ports?.catch(() => undefined);
    if (before?.ended.aborted === false) return before;
    return (this.#ports = this.#machine.connect());
  }
}

/** Joins a connection of this host with one of the machine; the end of each side is passed on by itself. */
async function join(socket: Socket, open: () => Promise<Duplex>): Promise<void> {
  // A failure closes it: that is all that whoever connected is to see.
  socket.on('error', () => undefined);
  let stream: Duplex;
  try {
    stream = await open();
  } catch (error) {
    process.stderr.write(`${new Date().toISOString()} ${String(error)}\n`);
    socket.resetAndDestroy();
    return;
  }
  stream.on('error', () => socket.destroy());
  stream.on('close', () => (socket.writableEnded ? undefined : socket.destroy()));
  socket.on('close', () => stream.destroy());
  if (socket.destroyed) stream.destroy();
  socket.pipe(stream);
  stream.pipe(socket);
}
