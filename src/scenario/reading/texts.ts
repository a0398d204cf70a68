import { say } from '../../core/language/say.ts';
import { parsePattern } from '../../lab/pattern.ts';
import type { Pattern } from '../../lab/types.ts';
import { show, type StepPart } from './step-part.ts';

/** One text; numbers and other values that look like text must stand in quotes. */
export function parseText(part: StepPart): string | undefined {
  const { value } = part;
  if (typeof value === 'string') return part.filled(value);
  const message =
    typeof value === 'object' ? say`must be one text, not ${show(value)}` : say`must be text, not ${show(value)}`;
  const hint =
    typeof value === 'object'
      ? say`a text may hold several lines; other texts are steps of their own`
      : say`put it in quotes: "${wordOf(value)}"`;
  return part.wrong(message, hint);
}

/** What must show: text, or a regular expression between slashes. */
export function parseExpectation(part: StepPart): Pattern | undefined {
  const { value } = part;
  const text = typeof value === 'string' ? part.filledPattern(value) : parseText(part);
  if (text === undefined) return undefined;
  if (text === '')
    return part.wrong(
      say`must not be empty`,
      say`an empty text is found everywhere; give a part of the line that must come`,
    );
  const pattern = parsePattern(text);
  if ('problem' in pattern)
    return part.wrong(say`is not a regular expression: ${pattern.problem}`, say`for plain text leave out the slashes`);
  const reserved = 'regex' in pattern ? groupNames(text).find((name) => part.isReserved(name)) : undefined;
  if (reserved !== undefined)
    return part.wrong(
      say`cannot take a value for {${reserved}}, which means something else`,
      say`give the group (?<${reserved}>…) another name`,
    );
  return pattern;
}

/** The names of the groups of a regular expression. */
export function groupNames(regex: string): string[] {
  return [...regex.matchAll(/\(\?<([A-Za-z_$][\w$]*)>/g)].map(([, name]) => name!);
}

/** A scalar as it is most likely written. */
function wordOf(value: unknown): string {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
