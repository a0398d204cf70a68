import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { quoteCommand } from '../../src/core/text/shell-quote.ts';
import { mainFile } from './cli.ts';

export interface Played {
  /** All that the terminal got. */
  readonly shown: string;
  readonly exitCode: number | null;
}

/** Runs `lab` on a real terminal of 100 by 20 characters; `keys` are pressed as soon as something is shown that matches. */
export async function onTerminal(
  cwd: string,
  args: readonly string[],
  keys?: { readonly when: RegExp; readonly press: string },
): Promise<Played> {
  const command = `stty cols 100 rows 20; exec ${quoteCommand([process.execPath, mainFile, ...args])}`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd,
    env: { ...process.env, TERM: 'xterm-256color' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let shown = '';
  let isPressed = false;
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    shown += piece;
    if (isPressed || !keys?.when.test(shown)) return;
    isPressed = true;
    child.stdin.write(keys.press);
  });
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { shown, exitCode };
}
