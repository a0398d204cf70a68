/**
 * What a terminal shows, history included, after it got `data`: line feed, carriage return, cursor up, erase below. Colours are left out; any other
 * control character is an error, because nothing but those may reach the user's terminal.
 */
export function pictureOf(data: string): string {
  const rows: string[] = [''];
  let row = 0;
  let column = 0;
  for (const [part, , parameter, final] of data.matchAll(/(\x1b\[(\d*(?:;\d+)*)([A-Za-z]))|[^]/g)) {
    if (final === 'J') {
      rows.splice(row + 1);
      rows[row] = rows[row]!.slice(0, column);
    } else if (final === 'A') row -= Number(parameter || 1);
    else if (part === '\r') column = 0;
    else if (part === '\n') {
      row += 1;
      column = 0;
      rows[row] ??= '';
    } else if (final === undefined) {
      if (/\p{Cc}/u.test(part)) throw new Error(`the terminal got ${JSON.stringify(part)}`);
      rows[row] = rows[row]!.slice(0, column).padEnd(column) + part + rows[row]!.slice(column + part.length);
      column += part.length;
    } else if (final !== 'm') throw new Error(`the terminal got ${JSON.stringify(part)}`);
  }
  return rows.map((line) => line.trimEnd()).join('\n');
}
