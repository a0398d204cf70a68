import type * as z from 'zod';
import { didYouMean, KnownWords, nearest } from '../../core/text/suggest.ts';
import { say } from '../../core/language/say.ts';
import type { PathProblem, Path } from '../problem.ts';
import { commandAsList, flow } from '../yaml/flow.ts';
import { quoted } from './text-rule.ts';
import { fieldNames, schemaAt, type JsonSchema } from './json-schema.ts';
import { synonyms } from './synonyms.ts';

type Issue = z.core.$ZodIssue;

/**
 * Says the validator's issues in words that a first-year student can act on, with a hint from the schema's own
 * examples.
 */
export function explainIssues(issues: readonly Issue[], data: unknown): PathProblem[] {
  return issues.flatMap((issue) => explain(issue, data, []));
}

function explain(issue: Issue, data: unknown, prefix: Path): PathProblem[] {
  const path = [...prefix, ...(issue.path as (string | number)[])];
  switch (issue.code) {
    case 'unrecognized_keys':
      return unknownFields(issue.keys, path, data);
    case 'invalid_union':
      return explainUnion(isListOfSteps(data, path) ? issue.errors.slice(0, 1) : issue.errors, data, path);
    case 'invalid_key':
      return issue.issues.map((inner) => ({ path, at: 'key', message: inner.message, hint: hintOf(inner) }));
    case 'custom':
      return [{ path, message: issue.message, hint: hintOf(issue) }];
    case 'invalid_type':
      return [wrongKind([issue.expected], data, path)];
    case 'invalid_value':
      return [wrongChoice(issue.values, data, path)];
    case 'too_small':
    case 'too_big':
      return isSizeOfWrongKind(issue, valueAt(data, path)) ? [] : [outOfRange(issue, valueAt(data, path), path)];
    case 'invalid_format':
    case 'invalid_element':
    case 'not_multiple_of':
    default:
      return [{ path, message: issue.message }];
  }
}

/** Whether a scenario was meant to be a list: a map that can hold the list is offered only to who began to write it. */
function isListOfSteps(data: unknown, path: Path): boolean {
  const written = Object.keys(valueAt(data, path) ?? {});
  return path[0] === 'scenarios' && path.length === 2 && !['steps', 'default'].some((name) => written.includes(name));
}

/**
 * Explains a value that may have one of several forms by the form that its author meant: the one whose kind fits. The
 * problems of the other forms are left out.
 */
function explainUnion(branches: readonly (readonly Issue[])[], data: unknown, path: Path): PathProblem[] {
  const meant = branches.find((issues) =>
    issues.every((issue) => expectedKinds(issue).length === 0 || issue.path.length > 0),
  );
  if (meant) return meant.flatMap((issue) => explain(issue, data, path));
  return [wrongKind(branches.flat().flatMap(expectedKinds), data, path)];
}

/** What an issue would have had in place of the value; empty when the issue is not about its kind. */
function expectedKinds(issue: Issue): string[] {
  if (issue.code === 'invalid_type') return [issue.expected];
  return issue.code === 'invalid_value' ? issue.values.map(String) : [];
}

function hintOf(issue: Issue): string | undefined {
  const hint: unknown = issue.code === 'custom' ? issue.params?.['hint'] : undefined;
  return typeof hint === 'string' ? hint : undefined;
}

/** The unknown fields of one map; the fields that they may stand for are gathered once for all of them. */
function unknownFields(keys: readonly string[], path: Path, data: unknown): PathProblem[] {
  const known = fieldNames(schemaAt(path) ?? {});
  const given = new Set(Object.keys(valueAt(data, path) ?? {}));
  const absent = new KnownWords(known.filter((name) => !given.has(name)));
  return keys.map((key) => ({
    path: [...path, key],
    at: 'key',
    message: say`is no field of lab.yaml here`,
    hint: fieldHint(key, known, absent),
  }));
}

function fieldHint(key: string, known: readonly string[], absent: KnownWords): string {
  if (key.includes(':')) return say`write a space after the ":": ${key.replace(':', ': ')}`;
  const synonym = synonyms.get(key.toLowerCase())?.find((name) => known.includes(name));
  const meant = synonym ?? absent.nearest(key);
  return meant === undefined ? say`known fields: ${known.join(', ')}` : didYouMean(meant);
}

const kinds: ReadonlyMap<string, string> = new Map([
  ['string', say`text`],
  ['number', say`a number`],
  ['int', say`a whole number`],
  ['boolean', say`true or false`],
  ['array', say`a list`],
  ['object', say`a map`],
  ['record', say`a map`],
]);

function wrongKind(expected: readonly string[], data: unknown, path: Path): PathProblem {
  const value = valueAt(data, path);
  const field = schemaAt(path);
  if (value === undefined) return { path, message: say`is missing`, hint: example(path, field), missing: true };
  if (value === null) return { path, message: say`has no value`, hint: example(path, field), missing: true };
  const wanted = [...new Set(expected.map((kind) => kinds.get(kind) ?? kind))];
  return {
    path,
    message: say`must be ${either(wanted)}, not ${kindOf(value, expected)}`,
    hint: kindHint(expected, value, path, field),
  };
}

/** How the value that is there would be written in the kind that is wanted; else an example. */
function kindHint(
  expected: readonly string[],
  value: unknown,
  path: Path,
  field: JsonSchema | undefined,
): string | undefined {
  const hint = typeof value === 'string' ? textHint(expected, value, path, field) : undefined;
  const isScalar = typeof value === 'number' || typeof value === 'boolean';
  const anyText =
    expected.includes('string') &&
    [field, ...(field?.anyOf ?? [])].some((form) => form?.type === 'string' && form.pattern === undefined);
  return hint ?? (isScalar && anyText ? say`put it in quotes: "${String(value)}"` : example(path, field));
}

function textHint(
  expected: readonly string[],
  text: string,
  path: Path,
  field: JsonSchema | undefined,
): string | undefined {
  const wants = (kind: string): boolean => expected.includes(kind);
  const { items } = [field, ...(field?.anyOf ?? [])].find((form) => form?.items !== undefined) ?? {};
  const item = items?.type;
  if (wants('array') && Array.isArray(item) && text.trim() !== '')
    return say`write it as a list of words: ${typeof path.at(-1) === 'number' ? '' : `${path.at(-1)}: `}${commandAsList(text)}`;
  if (
    wants('array') &&
    typeof path.at(-1) !== 'number' &&
    (item === 'string' || items?.anyOf?.some(({ type }) => type === 'string'))
  )
    return say`write a list: ${nameOf(path)}: ${flow([text])}`;
  if (wants('boolean') && /^(?:yes|on|y)$/i.test(text)) return say`write true`;
  if (wants('boolean') && /^(?:no|off|n)$/i.test(text)) return say`write false`;
  return (wants('int') || wants('number')) && /^\d+$/.test(text) ? say`write ${text} without quotes` : undefined;
}

/** The problem of a value that has to be one of these. */
export function wrongChoice(values: readonly unknown[], data: unknown, path: Path): PathProblem {
  const value = valueAt(data, path);
  if (value === undefined || value === null) return wrongKind([], data, path);
  const known = values.map(String);
  const message = say`must be ${either(known)}, not ${typeof value === 'string' ? quoted(value) : kindOf(value, [])}`;
  return { path, message, hint: choiceHint(known, value, path) };
}

function choiceHint(known: readonly string[], value: unknown, path: Path): string | undefined {
  if (known.length === 1)
    return value === known[0] ? say`write it without quotes` : say`write ${nameOf(path)}: ${known[0]!}`;
  const near = typeof value === 'string' ? nearest(value, known) : undefined;
  return near === undefined ? undefined : didYouMean(near);
}

/**
 * The validator also measures the length of a text where it wants a list; that it is no list is said by another
 * issue.
 */
function isSizeOfWrongKind(issue: Issue, value: unknown): boolean {
  return 'origin' in issue && (issue.origin === 'array' || issue.origin === 'string') && !Array.isArray(value);
}

function outOfRange(issue: Issue, value: unknown, path: Path): PathProblem {
  const field = schemaAt(path);
  if (Array.isArray(value)) return { path, message: say`must not be an empty list`, hint: example(path, field) };
  const numbers = [field, ...(field?.anyOf ?? [])].find((schema) => schema?.minimum !== undefined);
  const { minimum, maximum } = numbers ?? {};
  const message =
    minimum === undefined || maximum === undefined
      ? issue.message
      : say`must be from ${minimum} to ${maximum}, not ${kindOf(value, [])}`;
  return { path, message, hint: example(path, field) };
}

/** `for example: subnet: 192.168.100.0/24`, from the schema. */
function example(path: Path, field: JsonSchema | undefined): string | undefined {
  const [first] = [field, ...(field?.anyOf ?? [])].flatMap((form) => form?.examples ?? []);
  if (first === undefined) return undefined;
  // An item of a list has no name that it is written after.
  return typeof path.at(-1) === 'number'
    ? say`for example: ${flow(first)}`
    : say`for example: ${nameOf(path)}: ${flow(first)}`;
}

/** The field that a path leads to, as its line starts. */
function nameOf(path: Path): string {
  return String(path.at(-1));
}

function either(kinds: readonly string[]): string {
  const last = kinds.at(-1);
  if (last === undefined) return say`something else`;
  return kinds.length === 1 ? last : say`${kinds.slice(0, -1).join(', ')} or ${last}`;
}

/** A value as a message shows it; a number where text is wanted is shown with its kind. */
function kindOf(value: unknown, expected: readonly string[]): string {
  if (Array.isArray(value)) return value.length === 0 ? say`an empty list` : say`a list`;
  if (typeof value === 'string') return value === '' ? say`empty text` : say`the text ${quoted(value)}`;
  if (typeof value === 'number') return expected.includes('string') ? say`the number ${value}` : `${value}`;
  return typeof value === 'boolean' ? `${value}` : say`a map`;
}

function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const part of path) {
    const inside = typeof value === 'object' && value !== null && Object.hasOwn(value, part);
    value = inside ? (value as Record<string | number, unknown>)[part] : undefined;
  }
  return value;
}
