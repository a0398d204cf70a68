/**
 * A value as JSON (RFC 8259) that is harmless on a terminal: what programs printed may be in it, and JSON itself
 * escapes only C0 controls. C1 controls and format characters are escaped too; a reader gets the same value.
 */
export function jsonText(value: unknown, indent?: number): string {
  return harmlessJson(JSON.stringify(value, undefined, indent));
}

/** JSON that is written already, made harmless in the same way. */
export function harmlessJson(json: string): string {
  return json.replace(HARMFUL, escapeUnit);
}

const HARMFUL =
  /[\x7f-\x9f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\udb40(?=[\udc00-\udc7f])|(?<=\udb40)[\udc00-\udc7f]/g;

function escapeUnit(unit: string): string {
  return String.raw`\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** The value of a JSON text (RFC 8259); undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
