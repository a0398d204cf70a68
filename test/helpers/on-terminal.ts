import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { quoteCommand } from '../../src/core/text/shell-quote.ts';
import { mainFile } from './cli.ts';

export interface Played {
  /** All that the terminal got. */
  readonly shown: string;
  readonly exitCode: number | null;
}

export interface TerminalOptions {
  readonly when?: RegExp;
  readonly press?: string;
  /** How it calls itself. Default: `xterm-256color`. */
  readonly term?: string;
}

/**
 * Runs `lab` on a real terminal of 100 by 20 characters; what there is to `press` is pressed as soon as something is
 * shown that matches `when`.
 */
export async function onTerminal(
  cwd: string,
  args: readonly string[],
  { when, press = '', term = 'xterm-256color' }: TerminalOptions = {},
): Promise<Played> {
  const command = `stty cols 100 rows 20; exec ${quoteCommand([process.execPath, mainFile, ...args])}`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd,
    env: { ...process.env, TERM: term },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let shown = '';
  let isPressed = false;
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    shown += piece;
    if (isPressed || when?.test(shown) !== true) return;
    isPressed = true;
    child.stdin.write(press);
  });
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { shown, exitCode };
}
