import type { Duplex } from 'node:stream';
import { ConnectionError } from '../core/errors.ts';
import { say } from '../core/language/say.ts';
import { type Connection, ForwardRefused } from './transport/connection.ts';

/** The way to TCP ports of a machine, as programs on that machine reach them. Nothing in the machine reaches back. */
export interface MachinePorts {
  /**
   * A stream to a port; its end and the machine's are apart (half-close).
   *
   * @throws {ConnectionError} `port-refused` when nothing listens there, `forward-refused` when the machine's SSH server
   * allows no forwarding.
   */
  open(host: string, port: number): Promise<Duplex>;
  /** Aborts when the connection is gone. */
  readonly ended: AbortSignal;
  /** Ends the streams as well. May be called twice. */
  close(): Promise<void>;
}

/** Over an SSH connection (RFC 4254, section 7.2). */
export function portsOver(connection: Connection): MachinePorts {
  return {
    open: (host, port) =>
      connection.forward(host, port).catch((error: unknown) => {
        throw error instanceof ForwardRefused ? refusal(connection.machine, { host, port }, error) : error;
      }),
    ended: connection.ended,
    close: () => connection.close(),
  };
}

function refusal(
  machine: string,
  { host, port }: { readonly host: string; readonly port: number },
  cause: ForwardRefused,
): ConnectionError {
  return cause.isProhibited
    ? new ConnectionError(machine, say`${machine}: its SSH server lets no one through to its ports`, {
        code: 'forward-refused',
        hint: say`Its sshd_config has to say AllowTcpForwarding yes (or local).`,
        cause,
      })
    : new ConnectionError(machine, say`${machine}: nothing listens on ${host} port ${port}`, {
        code: 'port-refused',
        cause,
      });
}
