import { Slots } from '../../core/slots.ts';
import type { Shell } from '../../ssh/shell.ts';
import type { Echo } from './echo.ts';
import type { EchoAsker } from './echo-asker.ts';

/** Each of them is a session of the login. */
const COMMANDS_AT_ONCE = 6;

/**
 * Asks with ping(8), for machines on which nothing better may be run: a command for each address. Undefined where the
 * machine has none.
 */
export async function openCommandAsker(shell: Shell, signal: AbortSignal): Promise<EchoAsker | undefined> {
  const { exitCode } = await shell.exec({ script: 'command -v ping' }, { signal, endsByItself: true });
  if (exitCode !== 0) return undefined;
  const slots = new Slots(COMMANDS_AT_ONCE);
  return {
    async ask(address, count) {
      await slots.take(signal);
      try {
        const ping = ['env', 'LC_ALL=C', 'ping', '-n', '-q', '-c', String(count), '-i', '0.2', '-W', '1', address];
        const { stdout, stderr } = await shell.exec(ping, { signal, endsByItself: true });
        return readPing(address, `${stdout}\n${stderr}`);
      } finally {
        slots.release();
      }
    },
    forget: () => undefined,
    close: () => undefined,
  };
}

/** The last lines of ping(8), of iputils or of BusyBox. */
export function readPing(address: string, output: string): Echo {
  const [, sent = '0', received = '0'] = /(\d+) packets transmitted, (\d+) (?:packets )?received/.exec(output) ?? [];
  const [, least, average, most] = /= ([\d.]+)\/([\d.]+)\/([\d.]+)/.exec(output) ?? [];
  const isUnsent = /Network is unreachable/.test(output);
  return {
    address,
    sent: Number(sent),
    received: Number(received),
    leastMs: ms(least),
    averageMs: ms(average),
    mostMs: ms(most),
    cause:
      Number(received) > 0 ? undefined : isUnsent ? { kind: 'not-sent', name: 'ENETUNREACH' } : { kind: 'silence' },
  };
}

function ms(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
