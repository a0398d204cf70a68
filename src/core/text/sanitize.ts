/**
 * What a printed character may do to a screen: C0 and C1 controls drive the terminal, Unicode's invisible and
 * bidirectional format characters make text look like something else ("Trojan Source", CVE-2021-42574). Nothing that a
 * program prints may do either to a user.
 */

/** The next UTF-16 unit that is not plain text: a control (tab is text), or the start of a format character. */
export const NOT_PLAIN =
  /[\0-\x08\x0a-\x1f\x7f-\x9f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udc7f]/g;

const notPlainNorNewline = new RegExp(String.raw`(?!\n)(?:${NOT_PLAIN.source})`, 'g');

/** `\u{202e}`: a character by its number, as JavaScript and Rust write it. */
export function escapeCharacter(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16).padStart(2, '0')}}`;
}

/**
 * Any text, made harmless for a terminal: controls (but newline and tab) and format characters are shown by their
 * numbers. For text that did not come from a terminal: names, messages of errors, what an `expect` waits for. Output of
 * terminals goes through `Transcript`.
 */
export function sanitize(text: string): string {
  return text
    .toWellFormed()
    .replace(notPlainNorNewline, (match, offset: number) =>
      joinsEmoji(text.slice(0, offset), match) ? match : escapeCharacter(match),
    );
}

/**
 * The same in one line: a line feed and the blanks around it become one space. By parts, because a regular expression
 * takes the square of the time on a long row of blanks.
 */
export function sanitizeToLine(text: string): string {
  const parts = sanitize(text).split('\n');
  const last = parts.length - 1;
  if (last === 0) return parts[0]!;
  const inner = parts
    .slice(1, last)
    .map((part) => part.trim())
    .filter((part) => part !== '');
  return [parts[0]!.trimEnd(), ...inner, parts[last]!.trimStart()].join(' ');
}

/** Whether `character` is the zero width joiner of an emoji such as 👩‍💻, which is wanted, given the text before it. */
export function joinsEmoji(before: string, character: string): boolean {
  return character === '\u200d' && /[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f]$/u.test(before.slice(-2));
}

const ZERO_WIDTH = /^[\p{Mn}\p{Me}\u200d]/u;
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]/u;

/**
 * Columns that one character takes on a terminal: 0 for what joins the character before, 2 for East Asian wide
 * characters (UAX #11) and emoji.
 */
export function columnsOf(character: string): 0 | 1 | 2 {
  if (character < '\u0300') return 1;
  if (ZERO_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
