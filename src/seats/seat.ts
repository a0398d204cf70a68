import { on } from 'node:events';
import { styleText } from 'node:util';
import { TerminalGuard } from '../terminal/terminal-guard.ts';
import { interruptSelf } from '../host/interrupt.ts';
import type { TerminalSize } from '../ssh/shell.ts';
import type { Operator } from '../scenario/playing/keyboard.ts';
import type { Standstill } from '../scenario/playing/standstill.ts';
import { standstillText } from './standstill-text.ts';
import type { UserTerminal } from '../session/context.ts';
import { isTerminalGone, writeOutput } from '../host/files/output.ts';
import { LEAVE_KEY } from './leave-key.ts';
import { ShownLine } from './shown-line.ts';

/**
 * Where a user sits who is the operator of one program: a keyboard, and a screen that shows what the program prints, as
 * it prints it, but for what `TerminalGuard` drops.
 */
export interface Seat {
  readonly operator: Operator;
  /** The program has started: the keyboard is its from now on. */
  begin(): void;
  /** Shows output of the program; resolves when more may follow. */
  show(data: string): Promise<void>;
  /** The program has ended: the keyboard is the user's again. */
  end(): void;
  /** Nothing happens any more: says what the scenario waits for. */
  tell(standstill: Standstill): void;
  /** The run is over, with this result. */
  leave(result: string): Promise<void>;
}

/**
 * The seat at the terminal of this process. The terminal is in order again when the program has ended, and also when
 * the process is made to leave at once.
 */
export function seatAt(terminal: UserTerminal): Seat {
  const { stdin, stdout, stderr } = terminal;
  const guard = new TerminalGuard();
  const line = new ShownLine();
  const atExit = (): void => void stdout.write(guard.restore());
  return {
    operator: { input: keysOf(stdin), size: sizeOf(terminal), resizes: sizesOf(terminal) },
    begin() {
      process.off('exit', atExit).once('exit', atExit);
      stdin.setRawMode?.(true);
    },
    async show(data) {
      const shown = guard.pass(data);
      if (shown === '') return;
      line.take(shown);
      // The user left the program's terminal, not the run, which goes on to its own end.
      await writeOutput(stdout, shown).catch(() => undefined);
    },
    end() {
      process.off('exit', atExit);
      stdin.setRawMode?.(false);
      const newline = !line.isEmpty && stdout.isTTY === true ? '\r\n' : '';
      const closing = guard.restore() + newline;
      if (closing !== '' && !stdout.destroyed) stdout.write(closing);
      line.clear();
    },
    tell(standstill) {
      const text = standstillText(standstill);
      if (stdout.isTTY !== true) void writeOutput(stderr, `${text}\n`).catch(() => undefined);
      if (stdout.isTTY !== true || guard.hasOtherScreen) return;
      const shown = line.below(styleText('dim', text, { stream: stdout }));
      if (shown !== undefined) void writeOutput(stdout, shown).catch(() => undefined);
    },
    leave: async () => undefined,
  };
}

/** What is typed. The leave key, on a terminal, stands for ^C at any other time. */
async function* keysOf(stdin: UserTerminal['stdin']): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of stdin as AsyncIterable<Uint8Array>) {
      if (stdin.isTTY === true && chunk.includes(LEAVE_KEY)) interruptSelf();
      else yield chunk;
    }
  } catch (error) {
    // The terminal is gone: an end of input.
    if (!isTerminalGone(error, stdin)) throw error;
  }
}

export function sizeOf({ stdout }: Pick<UserTerminal, 'stdout'>): TerminalSize {
  return { columns: stdout.columns ?? 120, rows: stdout.rows ?? 30 };
}

async function* sizesOf(terminal: UserTerminal): AsyncIterable<TerminalSize> {
  for await (const _change of on(terminal.stdout, 'resize')) yield sizeOf(terminal);
}
