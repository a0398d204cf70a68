/** One word for a POSIX shell (POSIX.1-2017, Shell Command Language 2.2.2): quoted only when it needs to be. */
export function quoteWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** A command as one line for a POSIX shell; a fish or csh login shell reads words of this form in the same way unless they hold `'` or `\`. */
export function quoteCommand(command: readonly string[]): string {
  return command.map(quoteWord).join(' ');
}
