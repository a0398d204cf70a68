import type { Shell } from '../ssh/shell.ts';
import { parseSocketRows } from './socket-table.ts';

const LOOK_TIMEOUT_MS = 5000;
/** Ports that Linux gives to clients (ip_local_port_range of ip(7)); a server has chosen its own. */
const FIRST_OF_CLIENTS = 32_768;

/**
 * The TCP ports that connections in TIME_WAIT have on this machine, each once, without those that the system gave to
 * clients. Empty where the machine has no /proc/net/tcp.
 *
 * @throws {ConnectionError} when the machine is lost. @throws the reason of `signal`.
 */
export async function portsInTimeWait(shell: Shell, { signal }: { readonly signal: AbortSignal }): Promise<number[]> {
  const { stdout } = await shell.exec(['cat', '/proc/net/tcp', '/proc/net/tcp6'], {
    signal,
    timeoutMs: LOOK_TIMEOUT_MS,
  });
  const ports = parseSocketRows('proc', stdout).flatMap(({ state, port }) => (state === 'TIME_WAIT' ? [port] : []));
  return [...new Set(ports)].filter((port) => port < FIRST_OF_CLIENTS);
}
