import { lookup } from 'node:dns/promises';
import { createConnection, type Socket } from 'node:net';
import { ProgramError, reasonOf } from './program-error.ts';

export interface Destination {
  /** A name or an address. */
  readonly host: string;
  readonly port: number;
  /** For each address of the host. */
  readonly timeoutMs: number;
}

/**
 * A TCP connection (half-open allowed: their end is not ours) to the first address of the host that answers.
 *
 * @throws {ProgramError} that says why the last address did not, and what to do about it.
 */
export async function connect({ host, port, timeoutMs }: Destination): Promise<Socket> {
  const addresses = await resolve(host);
  let failure: ProgramError | undefined;
  for (const address of addresses) {
    try {
      return await connectTo(address, port, timeoutMs);
    } catch (error) {
      failure = new ProgramError(explain(reasonOf(error), { host, address, port, timeoutMs }));
    }
  }
  throw failure ?? new ProgramError(`"${host}" has no address. Check the name, or give the address`);
}

/** All addresses of a host, in the order in which they are to be tried. @throws {ProgramError} */
export async function resolve(host: string): Promise<string[]> {
  try {
    const found = await lookup(host, { all: true, verbatim: true });
    return found.map(({ address }) => address);
  } catch (error) {
    const reason = reasonOf(error);
    const known = reason === 'ENOTFOUND' || reason === 'EAI_AGAIN' || reason === 'EAI_NODATA';
    throw new ProgramError(
      `no host "${host}" is known here${known ? '' : ` (${reason})`}. ` +
        `Check the name (getent hosts ${host}), or give the address`,
    );
  }
}

function connectTo(host: string, port: number, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host, port, allowHalfOpen: true });
    socket.setTimeout(timeoutMs, () => socket.destroy(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })));
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

function explain(code: string, { host, address, port, timeoutMs }: Destination & { address: string }): string {
  const place = host === address ? `${host} port ${port}` : `${host} (${address}) port ${port}`;
  switch (code) {
    case 'ECONNREFUSED':
      return `connection to ${place} refused: nothing listens there. Start the server first, and check its port`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return (
        `${place} is unreachable: no such machine on a network of this one. ` +
        `Check that it is up and its address: ping ${address}`
      );
    case 'ETIMEDOUT':
      return (
        `${place} did not answer within ${timeoutMs / 1000} s. ` +
        'Check the address, a firewall, and whether the server is busy with another client'
      );
    case 'EACCES':
    case 'EPERM':
      return `connection to ${place} is forbidden here (${code}). Check the firewall of this machine`;
    default:
      return `connection to ${place} failed (${code}). Check the address and the port`;
  }
}
