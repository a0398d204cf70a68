import { parsePattern } from '../../lab/pattern.ts';
import type { Pattern } from '../../lab/types.ts';
import { show, type StepPart } from './step-part.ts';

/** One text; numbers and other values that look like text must stand in quotes. */
export function parseText(part: StepPart): string | undefined {
  const { value } = part;
  if (typeof value === 'string') return value;
  const message = typeof value === 'object' ? 'must be one text' : 'must be text';
  const hint =
    typeof value === 'object'
      ? 'a text may hold several lines; other texts are steps of their own'
      : `put it in quotes: "${wordOf(value)}"`;
  return part.wrong(`${message}, not ${show(value)}`, hint);
}

/** What must show: text, or a regular expression between slashes. */
export function parseExpectation(part: StepPart): Pattern | undefined {
  const text = parseText(part);
  if (text === undefined) return undefined;
  if (text === '')
    return part.wrong('must not be empty', 'an empty text is found everywhere; give a part of the line that must come');
  const pattern = parsePattern(text);
  if ('problem' in pattern)
    return part.wrong(`is not a regular expression: ${pattern.problem}`, 'for plain text leave out the slashes');
  return pattern;
}

/** A scalar as it is most likely written. */
function wordOf(value: unknown): string {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
