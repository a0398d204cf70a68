import { Exit, ProgramError, reasonOf } from './program-error.ts';

/**
 * Runs `main` as a program: its result is the exit status, an error is one line on stderr, Ctrl-C ends it with status
 * 130.
 */
export async function runProgram(name: string, main: (words: readonly string[]) => Promise<number>): Promise<void> {
  process.on('SIGINT', () => {
    if (process.stdout.isTTY) process.stdout.write('\n');
    process.exit(Exit.interrupted);
  });
  // The reader of our output is gone (`| head -1`): there is no one to talk to.
  process.stdout.on('error', () => process.exit(Exit.failed));
  try {
    process.exit(await main(process.argv.slice(2)));
  } catch (error) {
    tell(name, error);
    process.exit(error instanceof ProgramError ? error.exitCode : Exit.failed);
  }
}

/** One line on stderr. */
export function tell(name: string, error: unknown): void {
  process.stderr.write(`${name}: ${error instanceof ProgramError ? error.message : reasonOf(error)}\n`);
}
