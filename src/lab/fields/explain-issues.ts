import type * as z from 'zod';
import { didYouMean, KnownWords, nearest } from '../../core/text/suggest.ts';
import type { PathProblem, Path } from '../problem.ts';
import { commandAsList, flow } from '../yaml/flow.ts';
import { quoted } from './rules.ts';
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
    message: 'is no field of lab.yaml here',
    hint: fieldHint(key, known, absent),
  }));
}

function fieldHint(key: string, known: readonly string[], absent: KnownWords): string {
  if (key.includes(':')) return `write a space after the ":": ${key.replace(':', ': ')}`;
  const synonym = synonyms.get(key.toLowerCase())?.find((name) => known.includes(name));
  const meant = synonym ?? absent.nearest(key);
  return meant === undefined ? `known fields: ${known.join(', ')}` : didYouMean(meant);
}

const kinds: ReadonlyMap<string, string> = new Map([
  ['string', 'text'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['boolean', 'true or false'],
  ['array', 'a list'],
  ['object', 'a map'],
  ['record', 'a map'],
]);

function wrongKind(expected: readonly string[], data: unknown, path: Path): PathProblem {
  const value = valueAt(data, path);
  const field = schemaAt(path);
  if (value === undefined) return { path, message: 'is missing', hint: example(path, field), missing: true };
  if (value === null) return { path, message: 'has no value', hint: example(path, field), missing: true };
  const wanted = [...new Set(expected.map((kind) => kinds.get(kind) ?? kind))];
  return {
    path,
    message: `must be ${either(wanted)}, not ${kindOf(value, wanted)}`,
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
  return hint ?? (isScalar && anyText ? `put it in quotes: "${value}"` : example(path, field));
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
    return `write it as a list of words: ${typeof path.at(-1) === 'number' ? '' : `${path.at(-1)}: `}${commandAsList(text)}`;
  if (wants('array') && (item === 'string' || items?.anyOf?.some(({ type }) => type === 'string')))
    return `write a list: ${path.at(-1)}: ${flow([text])}`;
  if (wants('boolean') && /^(?:yes|on|y)$/i.test(text)) return 'write true';
  if (wants('boolean') && /^(?:no|off|n)$/i.test(text)) return 'write false';
  return (wants('int') || wants('number')) && /^\d+$/.test(text) ? `write ${text} without quotes` : undefined;
}

/** The problem of a value that has to be one of these. */
export function wrongChoice(values: readonly unknown[], data: unknown, path: Path): PathProblem {
  const value = valueAt(data, path);
  if (value === undefined || value === null) return wrongKind([], data, path);
  const known = values.map(String);
  const message = `must be ${either(known)}, not ${typeof value === 'string' ? quoted(value) : kindOf(value, [])}`;
  return { path, message, hint: choiceHint(known, value, path) };
}

function choiceHint(known: readonly string[], value: unknown, path: Path): string | undefined {
  if (known.length === 1) return value === known[0] ? 'write it without quotes' : `write ${path.at(-1)}: ${known[0]}`;
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
  if (Array.isArray(value)) return { path, message: 'must not be an empty list', hint: example(path, field) };
  const numbers = [field, ...(field?.anyOf ?? [])].find((schema) => schema?.minimum !== undefined);
  const limits = numbers ? `must be from ${numbers.minimum} to ${numbers.maximum}` : issue.message;
  return { path, message: `${limits}, not ${kindOf(value, [])}`, hint: example(path, field) };
}

/** `for example: subnet: 192.168.100.0/24`, from the schema. */
function example(path: Path, field: JsonSchema | undefined): string | undefined {
  const [first] = [field, ...(field?.anyOf ?? [])].flatMap((form) => form?.examples ?? []);
  return first === undefined ? undefined : `for example: ${path.at(-1)}: ${flow(first)}`;
}

function either(kinds: readonly string[]): string {
  return kinds.length <= 1 ? (kinds[0] ?? 'something else') : `${kinds.slice(0, -1).join(', ')} or ${kinds.at(-1)}`;
}

/** A value as a message shows it; a number where text is wanted is shown with its kind. */
function kindOf(value: unknown, wanted: readonly string[]): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'string') return value === '' ? 'empty text' : `the text ${quoted(value)}`;
  if (typeof value === 'number') return wanted.includes('text') ? `the number ${value}` : `${value}`;
  return typeof value === 'boolean' ? `${value}` : 'a map';
}

function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const part of path) {
    const inside = typeof value === 'object' && value !== null && Object.hasOwn(value, part);
    value = inside ? (value as Record<string | number, unknown>)[part] : undefined;
  }
  return value;
}
