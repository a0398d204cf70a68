import type * as z from 'zod';
import { nearest } from '../core/suggest.ts';
import type { Finding, Path } from './finding.ts';
import { quoted } from './rules.ts';
import { fieldNames, schemaAt, type JsonSchema } from './schema.ts';

type Issue = z.core.$ZodIssue;

/** Says the validator's issues in words that a first-year student can act on, with a hint from the schema's own examples. */
export function explainIssues(issues: readonly Issue[], data: unknown): Finding[] {
  return issues.flatMap((issue) => explain(issue, data, []));
}

function explain(issue: Issue, data: unknown, prefix: Path): Finding[] {
  const path = [...prefix, ...(issue.path as (string | number)[])];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownField(key, path, data));
    case 'invalid_union':
      return explainUnion(issue.errors, data, path);
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

/** Of the forms that a value may have, the one that it was meant to be: the one whose kind fits. Its faults are told, not those of the others. */
function explainUnion(branches: readonly (readonly Issue[])[], data: unknown, path: Path): Finding[] {
  const meant = branches.find((issues) => !issues.some((issue) => issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value')));
  if (meant) return meant.flatMap((issue) => explain(issue, data, path));
  const expected = branches.flatMap((issues) => issues.flatMap((issue) => (issue.code === 'invalid_type' ? [issue.expected] : issue.code === 'invalid_value' ? issue.values.map(String) : [])));
  return [wrongKind(expected, data, path)];
}

function hintOf(issue: Issue): string | undefined {
  const hint: unknown = issue.code === 'custom' ? issue.params?.['hint'] : undefined;
  return typeof hint === 'string' ? hint : undefined;
}

/** Names that other tools use for our fields. */
const SYNONYMS: Readonly<Record<string, string>> = {
  port: 'listens', listen: 'listens', machine: 'on', vm: 'on', node: 'on', cmd: 'command', run: 'command', exec: 'command', args: 'command', ip: 'address', addr: 'address',
  cidr: 'subnet', range: 'subnet', cpu: 'cpus', vcpus: 'cpus', ram: 'memory', mem: 'memory', environment: 'env', hosts: 'machines', vms: 'machines', nodes: 'machines',
  net: 'network', nets: 'networks', nics: 'interfaces', username: 'user', login: 'user', file: 'files', copy: 'files', identity: 'key', hostname: 'host', os: 'image',
};

function unknownField(key: string, path: Path, data: unknown): Finding {
  const given = Object.keys(valueAt(data, path) ?? {});
  const known = fieldNames(schemaAt(path) ?? {});
  const free = known.filter((name) => !given.includes(name));
  const synonym = SYNONYMS[key.toLowerCase()];
  const near = synonym !== undefined && known.includes(synonym) ? synonym : nearest(key, free);
  const hint = key.includes(':') ? `write a space after the ":": ${key.replace(':', ': ')}` : near === undefined ? `known fields: ${known.join(', ')}` : `did you mean "${near}"?`;
  return { path: [...path, key], at: 'key', message: 'is no field of lab.yaml here', hint };
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text', number: 'a number', int: 'a whole number', boolean: 'true or false', array: 'a list', object: 'a map', record: 'a map', false: 'false', null: 'nothing',
};

function wrongKind(expected: readonly string[], data: unknown, path: Path): Finding {
  const value = valueAt(data, path);
  const field = schemaAt(path);
  if (value === undefined) return { path, message: 'is missing', hint: example(path, field), missing: true };
  const wanted = [...new Set(expected.map((kind) => KINDS[kind] ?? kind))];
  if (value === null) return { path, message: 'has no value', hint: example(path, field), missing: true };
  return { path, message: `must be ${either(wanted)}, not ${kindOf(value, wanted)}`, hint: kindHint(expected, value, path, field) };
}

function kindHint(expected: readonly string[], value: unknown, path: Path, field: JsonSchema | undefined): string | undefined {
  if (expected.includes('array') && typeof value === 'string' && value.trim() !== '' && Array.isArray(field?.items?.type)) return `write it as a list of words: ${path.at(-1)}: ${commandAsList(value)}`;
  if (expected.includes('array') && typeof value === 'string' && field?.items?.type === 'string') return `write a list: ${path.at(-1)}: [${yamlWord(value)}]`;
  if (expected.includes('boolean') && typeof value === 'string' && /^(?:yes|on|y)$/i.test(value)) return 'write true';
  if (expected.includes('boolean') && typeof value === 'string' && /^(?:no|off|n)$/i.test(value)) return 'write false';
  if (expected.some((kind) => kind === 'int' || kind === 'number') && typeof value === 'string' && /^\d+$/.test(value)) return `write ${value} without quotes`;
  const isName = expected.includes('string') && (typeof value === 'number' || typeof value === 'boolean') && field?.type === 'string' && field.pattern === undefined;
  return isName ? `put it in quotes: "${value}"` : example(path, field);
}

/** The words of a command line, as far as they can be told without a shell. */
function commandAsList(line: string): string {
  if (/[|&;<>$`*?~()]/.test(line)) return `[sh, -c, ${JSON.stringify(line)}]`;
  const words = line.match(/"[^"]*"|'[^']*'|\S+/g) ?? ['program'];
  return `[${words.map((word) => yamlWord(word.replaceAll(/^(["'])(.*)\1$/g, '$2'))).join(', ')}]`;
}

/** A word of a YAML list in brackets, quoted where it must be. */
function yamlWord(word: string): string {
  return /^[\w./][\w./-]*$|^--?[\w./=-]+$/.test(word) ? word : JSON.stringify(word);
}

function wrongChoice(values: readonly unknown[], data: unknown, path: Path): Finding {
  const value = valueAt(data, path);
  if (value === undefined || value === null) return wrongKind([], data, path);
  const known = values.map(String);
  if (known.length === 1) return { path, message: `must be ${known[0]}, not ${kindOf(value, [])}`, hint: typeof value === 'string' && value === known[0] ? 'write it without quotes' : `write ${path.at(-1)}: ${known[0]}` };
  const near = typeof value === 'string' ? nearest(value, known) : undefined;
  return { path, message: `must be ${either(known)}, not ${typeof value === 'string' ? quoted(value) : kindOf(value, [])}`, hint: near === undefined ? undefined : `did you mean "${near}"?` };
}

/** The validator also measures the length of a text where it wants a list; that it is no list is said by another issue. */
function isSizeOfWrongKind(issue: Issue, value: unknown): boolean {
  return 'origin' in issue && (issue.origin === 'array' || issue.origin === 'string') && !Array.isArray(value);
}

function outOfRange(issue: Issue, value: unknown, path: Path): Finding {
  const field = schemaAt(path);
  if (Array.isArray(value)) return { path, message: 'must not be an empty list', hint: example(path, field) };
  const numbers = [field, ...(field?.anyOf ?? [])].find((schema) => schema?.minimum !== undefined);
  const limits = numbers ? `must be from ${numbers.minimum} to ${numbers.maximum}` : issue.message;
  return { path, message: `${limits}, not ${kindOf(value, [])}`, hint: example(path, field) };
}

/** `for example: subnet: 192.168.100.0/24`, from the schema. */
function example(path: Path, field: JsonSchema | undefined): string | undefined {
  const [first] = [field, ...(field?.anyOf ?? [])].flatMap((form) => form?.examples ?? []);
  if (first === undefined) return undefined;
  return `for example: ${path.at(-1)}: ${flow(first)}`;
}

/** Plain data on one line of YAML. */
export function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null) return `{ ${Object.entries(value).map(([key, part]) => `${key}: ${flow(part)}`).join(', ')} }`;
  return typeof value === 'string' ? flowText(value) : String(value);
}

function flowText(text: string): string {
  return /^[A-Za-z0-9~/.-][\w./~ -]*[\w./-]$|^\w$/.test(text) && !/^[\d.]+$/.test(text.replaceAll(/\d+\.\d+\.\d+/g, 'x')) ? text : JSON.stringify(text);
}

function either(kinds: readonly string[]): string {
  return kinds.length <= 1 ? (kinds[0] ?? 'something else') : `${kinds.slice(0, -1).join(', ')} or ${kinds.at(-1)}`;
}

/** A value as a message shows it; one that would read like what is wanted is told with its kind. */
function kindOf(value: unknown, wanted: readonly string[]): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string') return value === '' ? 'empty text' : `the text ${quoted(value)}`;
  return typeof value === 'number' && wanted.includes('text') ? `the number ${value}` : String(value);
}

function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const part of path) value = typeof value === 'object' && value !== null && Object.hasOwn(value, part) ? (value as Record<string | number, unknown>)[part] : undefined;
  return value;
}
