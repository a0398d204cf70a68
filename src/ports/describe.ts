import type { PortHolder } from '../core/events.ts';

/** `process 12345 (python3 server.py) of user ildvm1`: as much as is known. */
export function describeHolder({ pid, command, user }: PortHolder): string {
  const name = pid === undefined ? 'a process' : `process ${pid}`;
  return `${name}${command === undefined ? '' : ` (${shortened(command)})`}${user === undefined ? '' : ` of user ${user}`}`;
}

function shortened(command: string): string {
  return command.length > 80 ? `${command.slice(0, 79)}…` : command;
}
