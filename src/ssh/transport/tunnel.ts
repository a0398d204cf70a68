import type { Duplex } from 'node:stream';
import { ConnectionError } from '../../core/errors.ts';
import { serverText } from '../target.ts';
import { type Connection, ForwardRefused } from './connection.ts';
import { say } from '../../core/language/say.ts';

/** A host that is only passed through, on the way to others. */
export interface Tunnel {
  /**
   * A stream to an address as that host sees it.
   *
   * @throws {ConnectionError} `jump-refused` when it allows no forwarding (sshd_config(5), AllowTcpForwarding), or
   * cannot reach the address.
   */
  open(host: string, port: number): Promise<Duplex>;
  /** May be called twice; ends the streams as well. */
  close(): Promise<void>;
}

/** A tunnel over a connection to a jump host, which messages call `via`. */
export function tunnelOver(connection: Connection, via: string): Tunnel {
  const { machine } = connection;
  return {
    async open(host, port) {
      try {
        return await connection.forward(host, port);
      } catch (error) {
        if (!(error instanceof ForwardRefused)) throw error;
        const wanted = serverText({ host, port });
        throw new ConnectionError(
          machine,
          say`${machine}: the jump host ${via} does not lead to ${wanted}: ${error.message}`,
          {
            code: 'jump-refused',
            hint: say`Check that ${via} can reach ${wanted}, and that its sshd_config says AllowTcpForwarding yes.`,
            cause: error,
          },
        );
      }
    },
    close: () => connection.close(),
  };
}
