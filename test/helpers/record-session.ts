import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import { quoteCommand } from '../../src/core/text/shell-quote.ts';
import { mainFile } from './cli.ts';

/** What is typed, each as soon as the screen shows something that matches. */
export type Keys = readonly (readonly [when: RegExp, press: string])[];

const LIMIT_MS = 60_000;
const LEAVES_SCREEN = '\x1b[?1049l';

/** `lab ARGS` on a real terminal, for a command that takes the screen; gives what stood there when it was over, without colours. */
export async function recordSession(
  cwd: string,
  args: readonly string[],
  keys: Keys,
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly shown: string; readonly exitCode: number | null }> {
  const command = `stty cols 100 rows 20; exec ${quoteCommand([process.execPath, mainFile, ...args])}`;
  const child = spawn('script', ['-qefc', command, '/dev/null'], {
    cwd,
    env: { ...process.env, TERM: 'xterm-256color', ...environment },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  // Where what is waited for never shows, the test says what did.
  const limit = setTimeout(() => child.kill('SIGHUP'), LIMIT_MS);
  const left = [...keys];
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    shown += piece;
    const waiting = left.findIndex(([when]) => !when.test(shown));
    for (const [, press] of left.splice(0, waiting === -1 ? left.length : waiting)) child.stdin.write(press);
  });
  const [exitCode] = (await once(child, 'close')) as [number | null];
  clearTimeout(limit);
  assert.deepEqual(left, [], shown);
  const last = shown.slice(shown.lastIndexOf(LEAVES_SCREEN) + LEAVES_SCREEN.length);
  return { shown: stripVTControlCharacters(last), exitCode };
}
