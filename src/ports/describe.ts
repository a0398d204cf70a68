import type { PortHolder } from '../core/events.ts';
import type { PortReport } from './port-report.ts';

/** `port 7999 of vm1`, `UDP port 5353 of vm1`. */
export function portName({ port, protocol, machine }: Pick<PortReport, 'port' | 'protocol' | 'machine'>): string {
  return `${protocol === 'udp' ? 'UDP ' : ''}port ${port} of ${machine}`;
}

/** `7999`, `5353/udp`: how a command line names the port. */
export function portArgument({ port, protocol }: Pick<PortReport, 'port' | 'protocol'>): string {
  return protocol === 'udp' ? `${port}/udp` : String(port);
}

/** `process 12345 (python3 server.py) of user ildvm1`: as much as is known. */
export function describeHolder({ pid, command, user }: PortHolder): string {
  const name = pid === undefined ? 'a process' : `process ${pid}`;
  return `${name}${command === undefined ? '' : ` (${shortened(command)})`}${user === undefined ? '' : ` of user ${user}`}`;
}

function shortened(command: string): string {
  return command.length > 80 ? `${command.slice(0, 79)}…` : command;
}
