import { existsSync } from 'node:fs';
import { sanitize } from '../../core/text/sanitize.ts';
import { readOwnFile } from '../../state/files/own-file.ts';
import type { Consoles } from '../provider.ts';
import { consoleLog, consoleSocket } from './folders.ts';

const LARGEST_LOG_BYTES = 256 * 2 ** 20;
/** Of a log, in an error. */
const SHOWN_LINES = 15;

/** Serial consoles: QEMU writes what they say to a file, and listens at a socket. */
export const qemuConsoles: Consoles = {
  async of(stateFolder, machine) {
    const log = consoleLog(stateFolder, machine);
    const socket = consoleSocket(stateFolder, machine);
    return {
      said: existsSync(log) ? readConsoleLog(log) : undefined,
      socketPath: existsSync(socket) ? socket : undefined,
    };
  },
};

/** The last lines of a log, made harmless; empty when there are none. */
export function lastWords(path: string, lines: number = SHOWN_LINES): string {
  return readConsoleLog(path).trimEnd().split('\n').slice(-lines).join('\n');
}

/**
 * What a console said, made harmless; a serial line ends each line with a carriage return too. Empty when there is no
 * such file.
 */
function readConsoleLog(path: string): string {
  const file = readOwnFile(path, { maxBytes: LARGEST_LOG_BYTES });
  return typeof file === 'string' ? '' : sanitize(file.text.replaceAll(/\r+\n/g, '\n'));
}
