import type { CountRange } from '../../core/packet-problem.ts';
import { portsOf } from '../../core/listen-port.ts';
import { listed, suggestion } from '../../core/text/suggest.ts';
import { say } from '../../core/language/say.ts';
import { patternText } from '../../lab/pattern.ts';
import { options, refuseOption, refuseOthers, type OptionsSchema } from '../reading/options.ts';
import { payloadSchema, parsePayload } from '../reading/payload.ts';
import { timeSchema } from '../reading/schema-parts.ts';
import { show, type StepPart } from '../reading/step-part.ts';
import { mapText } from '../reading/step-words.ts';
import { rangeText } from './count-range.ts';
import { parseRange, rangeSchema } from './read-range.ts';
import type { UdpExpectation } from './udp-expectation.ts';

const HINT = say`for example: udp: { datagrams: { client: 10 }, answered: 8, unreachable: none }`;

/** Something that a `udp` step can look at. */
interface Check<T> {
  readonly schema: object;
  /** Gives undefined after it noted a problem. */
  readonly parse: (part: StepPart) => T | undefined;
}

type Checked = { -readonly [K in keyof UdpExpectation]-?: NonNullable<UdpExpectation[K]> };

const counted = (description: string): Check<CountRange> => ({ schema: rangeSchema(description), parse: parseRange });

const checks: { readonly [K in keyof Checked]: Check<Checked[K]> } = {
  port: {
    schema: {
      type: 'integer',
      minimum: 1,
      maximum: 65_535,
      description: say`Only datagrams to and from this port of a server.`,
    },
    parse: parsePort,
  },
  from: {
    schema: { type: 'string', description: say`Only what goes between servers and the clients on this machine.` },
    parse: parseMachine,
  },
  datagrams: {
    schema: {
      ...options({
        client: rangeSchema(say`Of the client, which sent the first one to the port of a server.`),
        server: rangeSchema(say`Of the server.`),
      }),
      minProperties: 1,
      description: say`How many each side sent: a number, \`none\`, \`some\`, \`8+\` (8 or more), \`8..10\`.`,
    },
    parse: parseDatagrams,
  },
  answered: counted(say`How many datagrams of the client were answered by one of the server.`),
  lost: counted(say`How many left one end and did not come to the other.`),
  duplicated: counted(say`How many came once more, though they were sent once.`),
  reordered: counted(say`How many came after one that was sent later.`),
  fragmented: counted(say`How many were larger than a packet may be, so that IP cut them in fragments.`),
  unreachable: counted(
    say`How many errors of ICMP said that a datagram did not arrive, such as that no program has the port.`,
  ),
  payload: {
    schema: payloadSchema(say`What one of the datagrams carried, in its first 200 characters.`),
    parse: parsePayload,
  },
};

const keys = Object.keys(checks);
/** They only choose what is looked at. */
const choosing: ReadonlySet<string> = new Set(['port', 'from', 'timeout']);

/** JSON Schema of what a `udp` step can look at. */
export const udpSchema: OptionsSchema & { readonly minProperties: number } = {
  ...options({
    ...Object.fromEntries(Object.entries(checks).map(([key, { schema }]) => [key, schema])),
    timeout: timeSchema,
  }),
  minProperties: 1,
};

/** Reads what a `udp` step expects; undefined after at least one problem was noted. */
export function parseUdp(part: StepPart): UdpExpectation | undefined {
  const entries = part.entries();
  if (!entries || entries.length === 0)
    return part.wrong(
      entries
        ? say`must be a map of what UDP must have done, not an empty one`
        : say`must be a map of what UDP must have done, not ${show(part.value)}`,
      HINT,
    );
  const draft: { [K in keyof Checked]?: Checked[K] | undefined } = {};
  const before = part.problems.length;
  for (const [key, value] of entries) {
    if (isKey(key)) readInto(draft, key, value);
    else if (key !== 'timeout') refuseOption(value, part.key, keys);
  }
  if (entries.every(([key]) => choosing.has(key))) part.wrong(say`must say what UDP must have done`, HINT);
  return part.problems.length === before ? draft : undefined;
}

/** What stands behind `udp`, on one line. */
export function udpText({ port, from, datagrams, payload, ...ranges }: UdpExpectation): string {
  const counts = Object.entries(datagrams ?? {}).flatMap(([side, range]): [string, string][] =>
    range === undefined ? [] : [[side, rangeText(range)]],
  );
  const sent = payload?.map(({ side, pattern }): [string, string] => [side, patternText(pattern)]);
  return mapText([
    ...(port === undefined ? [] : [['port', String(port)] as const]),
    ...(from === undefined ? [] : [['from', from] as const]),
    ...(counts.length === 0 ? [] : [['datagrams', mapText(counts)] as const]),
    ...Object.entries(ranges).flatMap(([key, range]): [string, string][] =>
      range === undefined ? [] : [[key, rangeText(range)]],
    ),
    ...(sent ? [['payload', mapText(sent)] as const] : []),
  ]);
}

function isKey(key: string): key is keyof Checked {
  return Object.hasOwn(checks, key);
}

function readInto<K extends keyof Checked>(draft: { [N in K]?: Checked[N] | undefined }, key: K, part: StepPart): void {
  draft[key] = checks[key].parse(part);
}

function parsePort(part: StepPart): number | undefined {
  const known = [...new Set([...part.lab.programs.values()].flatMap(({ listens }) => portsOf('udp', listens)))];
  if (typeof part.value === 'number' && known.includes(part.value)) return part.value;
  return part.wrong(
    say`must be a UDP port of a program of the lab, not ${show(part.value)}`,
    known.length === 0
      ? say`add "listens: PORT/udp" to a program`
      : say`known: ${listed(known.slice(0, 100).map(String))}`,
  );
}

function parseMachine(part: StepPart): string | undefined {
  const { value } = part;
  if (typeof value === 'string' && part.lab.machines.has(value)) return value;
  const program = typeof value === 'string' ? part.lab.programs.get(value) : undefined;
  if (program !== undefined) return program.on;
  return part.wrong(
    say`must be a machine or a program of the lab, not ${show(value)}`,
    typeof value === 'string'
      ? suggestion(value, [...part.lab.machines.keys(), ...part.lab.programs.keys()])
      : undefined,
  );
}

function parseDatagrams(part: StepPart): UdpExpectation['datagrams'] {
  const entries = part.entries();
  if (!entries || entries.length === 0)
    return part.wrong(
      say`must say how many client or server sent, not ${show(part.value)}`,
      say`for example: datagrams: { client: 10, server: 8+ }`,
    );
  refuseOthers(part, ['client', 'server']);
  const given = new Map(entries);
  const [client, server] = [given.get('client'), given.get('server')];
  return { client: client && parseRange(client), server: server && parseRange(server) };
}
