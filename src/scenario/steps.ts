import type { Pattern, Position } from '../lab/types.ts';
import { patternText } from '../lab/pattern.ts';
import type { TcpExpectation } from './tcp-expectation.ts';

/** A scenario of `lab.yaml`, understood: nothing in it can be wrong any more but the programs themselves. */
export interface Scenario {
  readonly name: string;
  readonly steps: readonly Step[];
}

/** What each verb works on; `role` is always the name of a program, started before in the same scenario. */
export interface Verbs {
  readonly start: { readonly programs: readonly string[] };
  readonly send: { readonly lines: readonly { readonly role: string; readonly text: string }[] };
  readonly expect: { readonly patterns: readonly { readonly role: string; readonly pattern: Pattern }[] };
  readonly exit: { readonly ends: readonly { readonly role: string; readonly status: ExpectedEnd }[] };
  readonly close: { readonly roles: readonly string[] };
  readonly signal: { readonly signals: readonly { readonly role: string; readonly signal: string }[] };
  readonly wait: { readonly until: WaitGoal };
  readonly run: { readonly commands: readonly ScenarioCommand[] };
  readonly tcp: { readonly expectation: TcpExpectation };
}

export type Verb = keyof Verbs;

/** Union of the verbs, told apart by `verb`. */
export type StepBody<V extends Verb = Verb> = { [K in V]: { readonly verb: K } & Verbs[K] }[V];

export type Step<V extends Verb = Verb> = { [K in V]: StepPlace & { readonly verb: K } & Verbs[K] }[V];

export interface StepPlace {
  /** Counts from 0. */
  readonly index: number;
  /** Where it stands in `lab.yaml`. */
  readonly position: Position;
  /** The step in one line, as a person would write it: `send: { client: "Hello" }`. */
  readonly text: string;
  /** Time limit of the whole step. */
  readonly timeoutMs: number;
  /** Nobody wrote that limit: slow machines get more. */
  readonly isDefaultLimit: boolean;
}

/** An exit status from 0 to 255, or the name of a signal without `SIG`: `TERM`. */
export type ExpectedEnd = number | string;

export type WaitGoal =
  { readonly kind: 'time'; readonly ms: number } | { readonly kind: 'listens' | 'prompt'; readonly role: string };

/** A one-shot command on a machine. */
export interface ScenarioCommand {
  readonly on: string;
  readonly command: readonly string[];
  /** Expected exit status. */
  readonly status: ExpectedEnd;
  /** Looked for in what it printed, standard output before standard error. */
  readonly output: Pattern | undefined;
}

/** Time limits of steps that name none. */
export const defaultTimeoutMs: Readonly<Record<Verb, number>> = {
  start: 15_000,
  send: 10_000,
  expect: 10_000,
  exit: 10_000,
  close: 10_000,
  signal: 10_000,
  wait: 15_000,
  run: 30_000,
  tcp: 3000,
};

/** What stands behind each verb, in the form of `lab.yaml`. */
const argumentText: { readonly [V in Verb]: (body: StepBody<V>) => string } = {
  start: ({ programs }) => listText(programs),
  send: ({ lines }) => mapText(lines.map(({ role, text }) => [role, JSON.stringify(text)])),
  expect: ({ patterns }) => mapText(patterns.map(({ role, pattern }) => [role, patternText(pattern)])),
  exit: ({ ends }) => mapText(ends.map(({ role, status }) => [role, String(status)])),
  close: ({ roles }) => listText(roles),
  signal: ({ signals }) => mapText(signals.map(({ role, signal }) => [role, signal])),
  wait: ({ until }) => (until.kind === 'time' ? `${until.ms}ms` : mapText([[until.kind, until.role]])),
  run: ({ commands }) => mapText(commands.map(({ on, command }) => [on, `[${command.join(', ')}]`])),
  tcp: ({ expectation }) => tcpText(expectation),
};

/** The step in one line, in the form of `lab.yaml`. Control characters are escaped as in JSON. */
export function stepText<V extends Verb>(body: StepBody<V>): string {
  return `${body.verb}: ${argumentText[body.verb](body)}`;
}

function tcpText({ close, payload, ...others }: TcpExpectation): string {
  const plain = Object.entries(others).map(([key, value]) => [key, String(value)] as const);
  const ends = Object.entries(close ?? {})
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [key, String(value)] as const);
  const sent = payload?.map(({ side, pattern }) => [side, patternText(pattern)] as const);
  return mapText([
    ...plain,
    ...(close ? [['close', mapText(ends)] as const] : []),
    ...(sent ? [['payload', mapText(sent)] as const] : []),
  ]);
}

function mapText(entries: readonly (readonly [string, string])[]): string {
  return `{ ${entries.map(([key, value]) => `${key}: ${value}`).join(', ')} }`;
}

function listText(names: readonly string[]): string {
  return names.length === 1 ? names[0]! : `[${names.join(', ')}]`;
}
