import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { EnvironmentError } from '../../../core/errors.ts';
import { say } from '../../../core/language/say.ts';
import type { Qmp } from './qmp.ts';

const SSH_PORT = 22;
/** Another program may take a port between our look and QEMU's. */
const MOST_ATTEMPTS = 20;

/**
 * Port of this host's loopback interface that leads to SSH at that address; made when there is none.
 *
 * @throws {EnvironmentError} when no port can be had.
 */
export async function forwardSsh(gateway: Qmp, address: string): Promise<number> {
  const existing = forwardIn(await gateway.monitor('info usernet'), address);
  if (existing !== undefined) return existing;
  let refusal = '';
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const port = await unusedPort();
    refusal = await gateway.monitor(`hostfwd_add way tcp:127.0.0.1:${port}-${address}:${SSH_PORT}`);
    if (refusal === '') return port;
  }
  throw new EnvironmentError(say`QEMU could not forward a port of this host to ${address}: ${refusal}`, {
    code: 'no-port',
    hint: say`"ss -ltn" shows which ports of 127.0.0.1 are in use.`,
  });
}

/** Reads a line such as `TCP[HOST_FORWARD]  13  127.0.0.1 40123  192.168.100.4  22  0  0`. */
export function forwardIn(table: string, address: string): number | undefined {
  const row = table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find(
      ([kind, , , , target, port]) => kind === 'TCP[HOST_FORWARD]' && target === address && Number(port) === SSH_PORT,
    );
  return row === undefined ? undefined : Number(row[3]);
}

/** A port that is free now. */
async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
