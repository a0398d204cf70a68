import { join } from 'node:path';

/**
 * Name of the Unix socket of captures in the work folder; no machine can have it. As for netns, who changes what is
 * spoken over it gives it a new number.
 */
export const CAPTURE_SOCKET = '.captures';

/** Where processes of the lab work: sockets, overlays, seeds. Gone after `down`. */
export function workFolder(stateFolder: string): string {
  return join(stateFolder, 'vm');
}

/** What a machine said on its serial console; stays until the next start, because it shows why a start failed. */
export function consoleLog(stateFolder: string, machine: string): string {
  return join(consoleFolder(stateFolder), `${machine}.log`);
}

export function consoleFolder(stateFolder: string): string {
  return join(stateFolder, 'console');
}

/** Unix socket of a machine's serial console. */
export function consoleSocket(stateFolder: string, machine: string): string {
  return join(workFolder(stateFolder), `${machine}.console`);
}

export function controlSocket(stateFolder: string, machine: string): string {
  return join(workFolder(stateFolder), `${machine}.qmp`);
}

/** Unix socket of the switch where packets are captured; a switch that an older lab started has none. */
export function switchCaptures(stateFolder: string): string {
  return join(workFolder(stateFolder), CAPTURE_SOCKET);
}

/** What the processes themselves complain of. */
export function processLog(stateFolder: string, name: string): string {
  return join(consoleFolder(stateFolder), `${name}.stderr`);
}

/** Is there once the machine was up: one that is still starting hears no power button. */
export function readyMark(stateFolder: string, machine: string): string {
  return join(workFolder(stateFolder), `${machine}.ready`);
}
