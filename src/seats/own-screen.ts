import type { UserTerminal } from '../session/context.ts';
import { OutputClosedError, writeOutput } from '../host/files/output.ts';

/**
 * Control sequences of xterm (ctlseqs): the alternate screen, the cursor, "home" and "erase to the end of the line" or
 * of the screen.
 */
const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const ERASE_LINE = '\x1b[K';
const ERASE_BELOW = '\x1b[J';

/** Whether there is a terminal on which a picture can be drawn: one without control sequences calls itself `dumb`. */
export function canDraw({ stdout }: UserTerminal): boolean {
  return stdout.isTTY === true && process.env['TERM'] !== 'dumb';
}

/** A terminal that was told no size says 0. */
export function sizeOf({ stdout }: UserTerminal): { readonly columns: number; readonly rows: number } {
  return { columns: stdout.columns || 80, rows: stdout.rows || 24 };
}

/**
 * Draws lines from the top, and one at the bottom. Lines must not be wider than the terminal, and hold no control
 * sequences.
 */
export async function drawScreen(terminal: UserTerminal, lines: readonly string[], bottom: string): Promise<void> {
  const { rows } = sizeOf(terminal);
  const blank = Array.from({ length: Math.max(0, rows - 1 - lines.length) }, () => '');
  await writeOutput(
    terminal.stdout,
    `${HOME}${[...lines, ...blank, bottom].map((line) => line + ERASE_LINE).join('\r\n')}${ERASE_BELOW}`,
  );
}

/**
 * Goes to a screen of its own. The function that it returns brings back the user's screen and cursor, and has the
 * keyboard read in lines again; when the process is made to leave at once, that happens too.
 */
export async function enterOwnScreen({ stdin, stdout }: UserTerminal): Promise<() => Promise<void>> {
  const giveBack = (): string => {
    if (stdin.isTTY === true) stdin.setRawMode?.(false);
    return LEAVE;
  };
  const atExit = (): void => void stdout.write(giveBack());
  process.once('exit', atExit);
  await writeOutput(stdout, ENTER);
  return async () => {
    process.off('exit', atExit);
    await writeOutput(stdout, giveBack()).catch((error: unknown) => {
      if (!(error instanceof OutputClosedError)) throw error;
    });
  };
}
