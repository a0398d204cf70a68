import { randomBytes } from 'node:crypto';
import { UsageError } from '../../core/errors.ts';
import { encodeFileName } from '../../core/text/file-name.ts';
import { quoteWord } from '../../core/text/shell-quote.ts';
import type { Command, StartOptions } from '../shell.ts';
import { say } from '../../core/language/say.ts';

/** A command line for the login shell, and the token by which its first line of output is known. */
export interface RemoteCommand {
  readonly line: string;
  readonly token: string;
}

/**
 * What the scripts below begin with: one line `TOKEN PID STAT`, where STAT is the process's own line of /proc/PID/stat,
 * read without starting another process. `exec` keeps the PID, so this is how we learn the process group of a command
 * without a further round trip. All that was printed before the line, for example by a `.bashrc`, is not the command's
 * output.
 *
 * These scripts must not contain `'`, `\`, `!` or a newline: the login shell may be sh, bash, fish or csh, and they
 * agree only on plain single quotes.
 */
const INTRODUCE = 's=; { read -r s </proc/$$/stat; } 2>/dev/null; echo "$1 $$ $s"';

/** `$1` token, then the command. The token goes to standard error too, which may be noisy as well. */
const EXEC_SCRIPT = `${INTRODUCE}; echo "$1" >&2; shift; exec "$@"`;

/**
 * `$1` token, `$2` folder, `-e NAME=VALUE`…, `--`, the command. It waits for one line of input, so that the program
 * does not start before the process is registered with the lifeline, and says the token once more, so that an echo of
 * that line by the terminal is not taken for output.
 */
const START_SCRIPT =
  `${INTRODUCE}; read -r _ || exit 255; echo "$1"; [ -z "$2" ] || cd -- "$2" || exit 126; shift 2; ` +
  'while [ "$1" = -e ]; do export "$2"; shift 2; done; shift; exec "$@"';

/**
 * For words that not every login shell reads alike: the whole command as text for `sh`, bytes in octal, in pieces that
 * are joined.
 */
const DECODE_SCRIPT = 'eval "$(printf %b "$@")"';

/** Words can be no longer than 1024 characters in BSD's csh (csh(1), LIMITATIONS). */
const MAX_WORD_LENGTH = 1000;

/** The line that runs a command as it stands, whatever the login shell is. */
export function execLine(command: Command): RemoteCommand {
  const token = newToken();
  return {
    line:
      'script' in command
        ? scriptLine(token, command.script, command.args ?? [])
        : shellLine(EXEC_SCRIPT, [token, ...wordsOf(command)]),
    token,
  };
}

/**
 * A script is run by the very shell that introduces itself: the start of another one takes a millisecond, and a tenth
 * of a second on a machine that is emulated.
 */
function scriptLine(token: string, script: string, args: readonly string[]): string {
  return textLine(
    `set -- ${[token, ...args].map(quoteWord).join(' ')}\n${INTRODUCE}; echo "$1" >&2; shift; unset s\n${script}`,
  );
}

/** The line that starts a command in its folder, with its variables, after one line of input. */
export function startLine(command: Command, options: StartOptions): RemoteCommand {
  const token = newToken();
  const variables = [...(options.env ?? [])].flatMap(([name, value]) => ['-e', `${checkedName(name)}=${value}`]);
  return { line: shellLine(START_SCRIPT, [token, options.cwd ?? '', ...variables, '--', ...wordsOf(command)]), token };
}

/** `/bin/sh -c script` with arguments, quoted for any login shell. */
function shellLine(script: string, args: readonly string[]): string {
  if (args.every(isPlain)) return `exec /bin/sh -c ${[script, 'lab', ...args].map((word) => `'${word}'`).join(' ')}`;
  return textLine(['exec', '/bin/sh', '-c', script, 'lab', ...args].map(quoteWord).join(' '));
}

/** What `sh` is to read, for any login shell. */
function textLine(text: string): string {
  if (text.includes('\0')) throw new UsageError(say`a command cannot hold a NUL character`, { code: 'bad-command' });
  const pieces = inOctal(text).match(PIECE_OF_OCTAL) ?? [];
  return `exec /bin/sh -c '${DECODE_SCRIPT}' lab ${pieces.map((piece) => `'${piece}'`).join(' ')}`;
}

/** A piece of at most 1000 characters that cuts no escape in two. */
const PIECE_OF_OCTAL = /(?:\\0\d{3}|[^\\]){1,200}/g;

/** Printable ASCII that means nothing inside single quotes: no `'` (all), no `\` (fish), no `!` (csh). */
function isPlain(word: string): boolean {
  return word.length <= MAX_WORD_LENGTH && /^[\x20-\x7e]*$/.test(word) && !/['\\!]/.test(word);
}

/** `\0ooo` for each byte that is not plain: the form of `printf %b` (POSIX.1-2017, printf). */
function inOctal(text: string): string {
  return [...encodeFileName(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return byte < 0x80 && isPlain(character) ? character : `\\0${byte.toString(8).padStart(3, '0')}`;
    })
    .join('');
}

function wordsOf(command: Command): readonly string[] {
  if ('script' in command) return ['/bin/sh', '-c', command.script, 'sh', ...(command.args ?? [])];
  if (command.length === 0) throw new UsageError(say`a command needs at least one word`, { code: 'bad-command' });
  return command;
}

/** @throws {UsageError} for what is no name of a variable. */
export function checkedName(name: string): string {
  if (/^[A-Za-z_]\w*$/.test(name)) return name;
  throw new UsageError(say`"${name}" cannot be the name of an environment variable`, {
    code: 'bad-command',
    hint: say`Use letters, digits and _.`,
  });
}

function newToken(): string {
  return `lab-${randomBytes(9).toString('hex')}`;
}
