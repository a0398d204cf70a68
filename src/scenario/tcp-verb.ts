import type { Side } from '../packets/conversation.ts';
import { listed, suggestion } from '../core/text/suggest.ts';
import type { Path } from '../lab/problem.ts';
import type { Lab, Pattern } from '../lab/types.ts';
import { entriesOf, show, type StepProblems } from './step-problems.ts';
import { namesOf } from './known-names.ts';
import type { TcpExpectation } from './tcp-expectation.ts';

/** What the parts of a `tcp` step are read with. */
export interface TcpSource {
  readonly lab: Lab;
  readonly problems: StepProblems;
  readonly value: unknown;
  readonly path: Path;
  /** Reads a pattern as `expect` does. */
  readonly parsePattern: (value: unknown, path: Path, problems: StepProblems) => Pattern | undefined;
}

type Draft = { -readonly [K in keyof TcpExpectation]: TcpExpectation[K] };

/** Reads the value of one key into the draft; notes a fault when it cannot. */
type KeyParser = (draft: Draft, value: unknown, path: Path, source: TcpSource) => void;

const EXAMPLE = 'for example: tcp: { handshake: true, close: { by: client, kind: fin }, reset: none }';
const sides: readonly Side[] = ['client', 'server'];

const keyParsers: Readonly<Record<keyof TcpExpectation, KeyParser>> = {
  port: (draft, value, path, source) => (draft.port = parsePort(value, path, source)),
  connections: (draft, value, path, { problems }) => (draft.connections = parseCount(value, path, problems)),
  handshake: (draft, value, path, { problems }) =>
    (draft.handshake =
      typeof value === 'boolean' ? value : problems.add(path, `must be true or false, not ${show(value)}`)),
  close: (draft, value, path, { problems }) => (draft.close = parseClose(value, path, problems)),
  reset: (draft, value, path, { problems }) =>
    (draft.reset = parseWord(value, ['none', 'any', ...sides] as const, path, problems)),
  retransmissions: (draft, value, path, { problems }) =>
    (draft.retransmissions = value === 'some' ? 'some' : parseCount(value, path, problems)),
  payload: (draft, value, path, source) => (draft.payload = parsePayload(value, path, source)),
};

const keys = Object.keys(keyParsers);

/** Reads what a `tcp` step expects; undefined after at least one fault was noted. */
export function parseTcp(source: TcpSource): TcpExpectation | undefined {
  const { lab, problems, value, path } = source;
  const entries = entriesOf(value);
  if (lab.capture === false)
    problems.addKey(path, 'there are no packets to look at: the lab says "capture: false"', 'leave out one of the two');
  if (!entries || entries.length === 0)
    return problems.add(
      path,
      `must be a map of what TCP must have done, not ${entries ? 'an empty one' : show(value)}`,
      EXAMPLE,
    );
  const draft: Draft = {};
  const before = problems.problems.length;
  for (const [key, part] of entries) {
    if (isKey(key)) keyParsers[key](draft, part, [...path, key], source);
    else if (key !== 'timeout') problems.addKey([...path, key], `"tcp" has no option "${key}"`, suggestion(key, keys));
  }
  if (entries.every(([key]) => key === 'port' || key === 'timeout'))
    problems.add(path, 'must say what TCP must have done', EXAMPLE);
  return problems.problems.length === before && lab.capture !== false ? draft : undefined;
}

function isKey(key: string): key is keyof TcpExpectation {
  return Object.hasOwn(keyParsers, key);
}

function parsePort(value: unknown, path: Path, { lab, problems }: TcpSource): number | undefined {
  const { ports } = namesOf(lab);
  if (typeof value === 'number' && ports.has(value)) return value;
  return problems.add(
    path,
    `must be a port that a program of the lab listens on, not ${show(value)}`,
    ports.size === 0 ? 'add "listens: PORT" to a program' : `known: ${listed([...ports].slice(0, 100).map(String))}`,
  );
}

function parseCount(value: unknown, path: Path, problems: StepProblems): number | undefined {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  return problems.add(
    path,
    `must be a number of 0 or more, not ${show(value)}`,
    path.at(-1) === 'retransmissions' ? 'for example 0; or "some"' : 'for example 1',
  );
}

function parseWord<T extends string>(
  value: unknown,
  words: readonly T[],
  path: Path,
  problems: StepProblems,
): T | undefined {
  const word = words.find((known) => known === value);
  return (
    word ??
    problems.add(
      path,
      `must be one of ${words.join(', ')}, not ${show(value)}`,
      typeof value === 'string' ? suggestion(value, words) : undefined,
    )
  );
}

function parseClose(value: unknown, path: Path, problems: StepProblems): TcpExpectation['close'] {
  const entries = entriesOf(value);
  if (!entries || entries.length === 0)
    return problems.add(
      path,
      `must say by whom and how, not ${show(value)}`,
      'for example: close: { by: client, kind: fin }',
    );
  for (const [key] of entries)
    if (key !== 'by' && key !== 'kind')
      problems.addKey([...path, key], `"close" has no option "${key}"`, suggestion(key, ['by', 'kind']));
  const given = new Map(entries);
  return {
    by: given.has('by')
      ? parseWord(given.get('by'), [...sides, 'both'] as const, [...path, 'by'], problems)
      : undefined,
    kind: given.has('kind')
      ? parseWord(given.get('kind'), ['fin', 'rst', 'open'] as const, [...path, 'kind'], problems)
      : undefined,
  };
}

function parsePayload(value: unknown, path: Path, { problems, parsePattern }: TcpSource): TcpExpectation['payload'] {
  const entries = entriesOf(value);
  if (!entries || entries.length === 0)
    return problems.add(
      path,
      `must say what client or server sent, not ${show(value)}`,
      'for example: payload: { client: "Hello" }',
    );
  return entries.flatMap(([key, part]) => {
    const side = sides.find((known) => known === key);
    if (side === undefined)
      return problems.addKey([...path, key], `"${key}" is no end of a connection`, suggestion(key, sides)) ?? [];
    const pattern = parsePattern(part, [...path, key], problems);
    return pattern === undefined ? [] : [{ side, pattern }];
  });
}
