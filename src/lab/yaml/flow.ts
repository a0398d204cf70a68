/** Plain data on one line of YAML, as a person would write it. */
export function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{ ${Object.entries(value)
      .map(([key, part]) => `${key}: ${flow(part)}`)
      .join(', ')} }`;
  return typeof value === 'string' ? flowText(value) : JSON.stringify(value);
}

const PLAIN_TEXT = /^(?:\w|[A-Za-z0-9~/.-][\w./~ -]*[\w./-])$/;
const NUMBER = /^\d+(?:\.\d+)?$/;

function flowText(text: string): string {
  return PLAIN_TEXT.test(text) && !NUMBER.test(text) ? text : JSON.stringify(text);
}

/**
 * The words of a command line as a list of YAML; a line with shell syntax becomes a call of `sh`.
 */
export function commandAsList(line: string): string {
  if (/[|&;<>$`*?~()]/.test(line)) return flow(['sh', '-c', line]);
  const words = line.match(/"[^"]*"|'[^']*'|\S+/g) ?? [];
  return `[${words.map((word) => flowWord(word.replaceAll(/^(["'])(.*)\1$/g, '$2'))).join(', ')}]`;
}

/** A number is a word of a command as well as any other: it needs no quotes. */
function flowWord(word: string): string {
  return NUMBER.test(word) ? word : flow(word);
}
