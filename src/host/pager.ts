import { execa } from 'execa';
import { withoutSecrets } from './run-local.ts';

/** What less does unless its user says otherwise: one screen needs no key, colours come through, the text stays. */
const lessDefaults = { LESS: 'FRX', LESSCHARSET: 'utf-8' };

/** A shell says that there is no such command (POSIX, Shell Command Language, 2.8.2). */
const NO_SUCH_COMMAND = 127;

/**
 * Shows a text by a pager, a line for the shell as $PAGER holds one, and waits until its reader leaves it. Whether it was there to do so. The keys of the terminal
 * are the pager's: ^C is not for us.
 */
export async function showInPager(text: string, pager: string): Promise<boolean> {
  const listeners = process.listeners('SIGINT');
  process.removeAllListeners('SIGINT').on('SIGINT', () => undefined);
  try {
    const { exitCode } = await execa(pager, {
      shell: true,
      input: text,
      stdout: 'inherit',
      stderr: 'inherit',
      reject: false,
      env: { ...lessDefaults, ...process.env, ...withoutSecrets() },
    });
    return exitCode !== NO_SUCH_COMMAND;
  } finally {
    process.removeAllListeners('SIGINT');
    for (const listener of listeners) process.on('SIGINT', listener);
  }
}
