import { sanitize } from '../../core/text/sanitize.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Any text as content or as a quoted attribute of HTML, SVG and XML. Controls (but newline and tab), format characters
 * and what XML 1.0 cannot hold (https://www.w3.org/TR/xml/#charsets) are shown by their numbers, so that nothing a
 * program printed can hide, turn around or break a document.
 */
export function escapeMarkup(text: string): string {
  return sanitize(text)
    .replaceAll(
      /[\ufdd0-\ufdef\ufffe\uffff]/g,
      (character) => String.raw`\u{${character.codePointAt(0)!.toString(16)}}`,
    )
    .replaceAll(/[&<>"']/g, (character) => entities[character]!);
}
