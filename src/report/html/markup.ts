import { escapeMarkup } from '../markup/escape-markup.ts';

/**
 * HTML that may stand in a page as it is. Only `html` and `trusted` make it, so text from outside cannot get in by
 * mistake.
 */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Part = string | number | Markup | readonly Part[];

/** Puts parts into HTML: strings are escaped, markup stands as it is, lists are joined. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.map((text, index) => (index === 0 ? text : render(parts[index - 1]!) + text)).join(''));
}

/** Markup of our own making that did not come through `html`: an SVG, highlighted source. */
export function trusted(text: string): Markup {
  return new Markup(text);
}

function render(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(render).join('');
  return escapeMarkup(String(part));
}
