import { isMap, isScalar, parse, parseDocument, type YAMLMap } from 'yaml';
import { flow } from './yaml/flow.ts';

/**
 * A scenario as lines of YAML, a step a line, for people to read on. Each step is one line of YAML itself, without its
 * dash. `indent` counts blanks before the name.
 */
export function scenarioYaml(name: string, steps: readonly string[], indent: number): string {
  const pad = ' '.repeat(indent);
  return [`${flow(name)}:`, ...steps.map((step) => `  - ${step}`)].map((line) => `${pad}${line}\n`).join('');
}

/**
 * The text of a lab file with one more scenario after its others; steps as in `scenarioYaml`. All that stood there
 * stays as it was, comments and blanks included, except where the scenarios are written in braces: then their map is
 * rewritten.
 *
 * The text must be a lab file without problems that has no scenario of that name.
 */
export function addScenario(text: string, name: string, steps: readonly string[]): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const document = parseDocument(text, { version: '1.2', schema: 'core' });
  const pair = (document.contents as YAMLMap).items.find(({ key }) => isScalar(key) && key.value === 'scenarios');
  if (pair === undefined)
    return insertLines(text, text.length, `\nscenarios:\n${scenarioYaml(name, steps, 2)}`, newline);
  if (!isMap(pair.value)) return insertLines(text, rangeOf(pair.key)!.end, scenarioYaml(name, steps, 2), newline);
  const place = pair.value.flow ? undefined : behindLast(text, pair.value);
  if (place !== undefined) return insertLines(text, place.offset, scenarioYaml(name, steps, place.indent), newline);
  document.setIn(['scenarios', name], document.createNode(steps.map((step): unknown => parse(step))));
  return document.toString({ lineWidth: 0 });
}

/** Where the last entry of a map ends, and how far its entries are indented; undefined for an empty map. */
function behindLast(
  text: string,
  { items }: YAMLMap,
): { readonly offset: number; readonly indent: number } | undefined {
  const [first, last] = [items[0], items.at(-1)];
  const start = rangeOf(first?.key)?.start;
  const end = (rangeOf(last?.value) ?? rangeOf(last?.key))?.end;
  return start === undefined || end === undefined
    ? undefined
    : { offset: end, indent: start - (text.lastIndexOf('\n', start - 1) + 1) };
}

function rangeOf(node: unknown): { readonly start: number; readonly end: number } | undefined {
  const range = (node as { range?: readonly [number, number, number] } | null | undefined)?.range;
  return range && { start: range[0], end: range[1] };
}

/**
 * Puts lines after the line in which `offset` stands; `offset` may lie at the start of the next line, where a value
 * ends with its line feed.
 */
function insertLines(text: string, offset: number, lines: string, newline: string): string {
  const end = text.indexOf('\n', Math.max(0, offset - 1));
  const [before, after] =
    end === -1
      ? [`${text}${text === '' || text.endsWith('\n') ? '' : newline}`, '']
      : [text.slice(0, end + 1), text.slice(end + 1)];
  return before + lines.replaceAll('\n', newline) + after;
}
