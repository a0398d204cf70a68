import { escapeMarkup } from './escape-markup.ts';

export type Attributes = Readonly<Record<string, string | number>>;

/** An element of SVG or XML. Attributes are escaped; `content` is markup, so text in it must be. */
export function element(name: string, attributes: Attributes, ...content: readonly string[]): string {
  const start = `<${name}${attributesText(attributes)}`;
  return content.length === 0 ? `${start}/>` : `${start}>${content.join('')}</${name}>`;
}

/** ` name="value"` for each, escaped. */
export function attributesText(attributes: Attributes): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escapeMarkup(String(value))}"`)
    .join('');
}
