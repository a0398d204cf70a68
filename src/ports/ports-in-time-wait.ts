import type { Shell } from '../ssh/shell.ts';
import { askOutside } from './ask-outside.ts';
import { parseFindings, SECTION_MARK } from './facts.ts';
import type { PortSource } from './port-report.ts';
import { parseSocketRows, type SocketRow } from './socket-table.ts';

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
  const ports = (await allRows(shell, signal)).flatMap(({ state, port }) => (state === 'TIME_WAIT' ? [port] : []));
  return [...new Set(ports)].filter((port) => port < FIRST_OF_CLIENTS);
}

/** Of TCP. From outside, port 0 stands for all of them. */
async function allRows(shell: Shell, signal: AbortSignal): Promise<SocketRow[]> {
  const { machine, outside } = shell;
  if (outside === undefined) {
    const tables = ['cat', '/proc/net/tcp', '/proc/net/tcp6'];
    const { stdout } = await shell.exec(tables, { signal, timeoutMs: LOOK_TIMEOUT_MS });
    return parseSocketRows('proc', stdout);
  }
  const question = ['port', 0, 'rows', 'tcp', outside.userId, SECTION_MARK];
  const findings = parseFindings(
    await askOutside({ machine, outside, question }, { limitMs: LOOK_TIMEOUT_MS, signal }),
  );
  return findings === undefined ? [] : parseSocketRows(findings.source as PortSource, findings.table);
}
