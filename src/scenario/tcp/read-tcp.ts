import { listed, suggestion } from '../../core/text/suggest.ts';
import { say } from '../../core/language/say.ts';
import { patternText } from '../../lab/pattern.ts';
import type { Side } from '../../packets/conversation.ts';
import { namesOf } from '../reading/known-names.ts';
import { options, refuseOption, refuseOthers, type OptionsSchema } from '../reading/options.ts';
import { parsePayload, payloadSchema } from '../reading/payload.ts';
import { timeSchema } from '../reading/schema-parts.ts';
import { show, type StepPart } from '../reading/step-part.ts';
import { mapText } from '../reading/step-words.ts';
import type { TcpExpectation } from './tcp-expectation.ts';

const HINT = say`for example: tcp: { handshake: true, close: { by: client, kind: fin }, reset: none }`;
const sides: readonly Side[] = ['client', 'server'];
const closers = [...sides, 'both'] as const;
const closeKinds = ['fin', 'rst', 'open'] as const;
const resetters = ['none', 'any', ...sides] as const;

/** Something that a `tcp` step can look at. */
interface Check<T> {
  readonly schema: object;
  /** Gives undefined after it noted a problem. */
  readonly parse: (part: StepPart) => T | undefined;
}

type Checked = { -readonly [K in keyof TcpExpectation]-?: NonNullable<TcpExpectation[K]> };

const checks: { readonly [K in keyof Checked]: Check<Checked[K]> } = {
  port: {
    schema: { type: 'integer', minimum: 1, maximum: 65_535, description: say`Only connections to this port.` },
    parse: parsePort,
  },
  connections: {
    schema: { type: 'integer', minimum: 0, description: say`How many connections were established.` },
    parse: (part) => parseCount(part, say`for example 1`),
  },
  handshake: {
    schema: { type: 'boolean', description: say`\`true\`: every attempt to connect succeeded; \`false\`: none did.` },
    parse: (part) =>
      typeof part.value === 'boolean' ? part.value : part.wrong(say`must be true or false, not ${show(part.value)}`),
  },
  close: {
    schema: options({
      by: {
        enum: closers,
        description: say`The end that closed first: \`client\` opened the connection; \`both\`: each sent its FIN before it had that of the other.`,
      },
      kind: { enum: closeKinds, description: say`How it ended, if it did.` },
    }),
    parse: parseClose,
  },
  reset: {
    schema: { enum: resetters, description: say`Who sent a RST.` },
    parse: (part) => parseWord(part, resetters),
  },
  retransmissions: { schema: countOrSomeSchema(say`How many segments were sent again.`), parse: parseCountOrSome },
  'zero-windows': {
    schema: countOrSomeSchema(say`How many segments told the other end to send nothing more (a window of 0 bytes).`),
    parse: parseCountOrSome,
  },
  payload: { schema: payloadSchema(say`What one of the connections carried.`), parse: parsePayload },
};

const keys = Object.keys(checks);

/** JSON Schema of what a `tcp` step can look at. */
export const tcpSchema: OptionsSchema & { readonly minProperties: number } = {
  ...options({
    ...Object.fromEntries(Object.entries(checks).map(([key, { schema }]) => [key, schema])),
    timeout: timeSchema,
  }),
  minProperties: 1,
};

/** Reads what a `tcp` step expects; undefined after at least one problem was noted. */
export function parseTcp(part: StepPart): TcpExpectation | undefined {
  const entries = part.entries();
  if (!entries || entries.length === 0)
    return part.wrong(
      entries
        ? say`must be a map of what TCP must have done, not an empty one`
        : say`must be a map of what TCP must have done, not ${show(part.value)}`,
      HINT,
    );
  const draft: { [K in keyof Checked]?: Checked[K] | undefined } = {};
  const before = part.problems.length;
  for (const [key, value] of entries) {
    if (isKey(key)) readInto(draft, key, value);
    else if (key !== 'timeout') refuseOption(value, part.key, keys);
  }
  if (entries.every(([key]) => key === 'port' || key === 'timeout'))
    part.wrong(say`must say what TCP must have done`, HINT);
  return part.problems.length === before ? draft : undefined;
}

/** What stands behind `tcp`, on one line. */
export function tcpText({ close, payload, ...others }: TcpExpectation): string {
  const ends = close && textOf(Object.entries(close).filter(([, value]) => value !== undefined));
  const sent = payload?.map(({ side, pattern }): [string, string] => [side, patternText(pattern)]);
  return textOf([
    ...Object.entries(others),
    ...(ends === undefined ? [] : [['close', ends] as const]),
    ...(sent ? [['payload', mapText(sent)] as const] : []),
  ]);
}

function textOf(entries: readonly (readonly [string, unknown])[]): string {
  return mapText(entries.map(([key, value]) => [key, String(value)]));
}

function isKey(key: string): key is keyof Checked {
  return Object.hasOwn(checks, key);
}

function readInto<K extends keyof Checked>(draft: { [N in K]?: Checked[N] | undefined }, key: K, part: StepPart): void {
  draft[key] = checks[key].parse(part);
}

function parsePort(part: StepPart): number | undefined {
  const { ports } = namesOf(part.lab);
  if (typeof part.value === 'number' && ports.has(part.value)) return part.value;
  return part.wrong(
    say`must be a port that a program of the lab listens on, not ${show(part.value)}`,
    ports.size === 0
      ? say`add "listens: PORT" to a program`
      : say`known: ${listed([...ports].slice(0, 100).map(String))}`,
  );
}

function parseCount(part: StepPart, hint: string): number | undefined {
  const { value } = part;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  return part.wrong(say`must be a number of 0 or more, not ${show(value)}`, hint);
}

function countOrSomeSchema(description: string): object {
  return { anyOf: [{ type: 'integer', minimum: 0 }, { const: 'some' }], description };
}

function parseCountOrSome(part: StepPart): number | 'some' | undefined {
  return part.value === 'some' ? 'some' : parseCount(part, say`for example 0; or "some"`);
}

function parseWord<T extends string>(part: StepPart, words: readonly T[]): T | undefined {
  const { value } = part;
  const word = words.find((known) => known === value);
  if (word !== undefined) return word;
  const hint = typeof value === 'string' ? suggestion(value, words) : undefined;
  return part.wrong(say`must be one of ${words.join(', ')}, not ${show(value)}`, hint);
}

function parseClose(part: StepPart): TcpExpectation['close'] {
  const entries = part.entries();
  if (!entries || entries.length === 0)
    return part.wrong(
      say`must say by whom and how, not ${show(part.value)}`,
      say`for example: close: { by: client, kind: fin }`,
    );
  refuseOthers(part, ['by', 'kind']);
  const given = new Map(entries);
  const [by, kind] = [given.get('by'), given.get('kind')];
  return { by: by && parseWord(by, closers), kind: kind && parseWord(kind, closeKinds) };
}
