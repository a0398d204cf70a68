/** One word for a POSIX shell (POSIX.1-2017, Shell Command Language 2.2.2): quoted only when it needs to be. */
export function quoteWord(word: string): string {
  return /^[\w@%+:,./-][\w@%+=:,./-]*$/.test(word) ? word : quoted(word);
}

/**
 * A command as one line for a POSIX shell; a fish or csh login shell reads words of this form in the same way unless
 * they hold `'` or `\`.
 */
export function quoteCommand(command: readonly string[]): string {
  // A first word with `=` in it would be an assignment.
  return command.map((word, index) => (index === 0 && word.includes('=') ? quoted(word) : quoteWord(word))).join(' ');
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
