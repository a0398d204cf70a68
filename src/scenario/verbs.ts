import { constants } from 'node:os';
import { nearest, suggestion } from '../core/text/suggest.ts';
import { parsePattern } from '../lab/pattern.ts';
import type { Path } from '../lab/problem.ts';
import type { Lab, Pattern } from '../lab/types.ts';
import { parseDuration } from './duration.ts';
import { entriesOf, show, wordOf, type StepProblems } from './step-problems.ts';
import { namesOf } from './known-names.ts';
import type { ExpectedEnd, ScenarioCommand, StepBody, Verb, WaitGoal } from './steps.ts';
import { parseTcp } from './tcp-verb.ts';

/** Those that people mean; for suggestions. */
const commonSignals = ['INT', 'TERM', 'KILL', 'HUP', 'QUIT', 'STOP', 'CONT', 'USR1', 'USR2'];

/** What a verb's parser works with. `value` stands at `path` within the step. */
export interface VerbSource {
  readonly lab: Lab;
  readonly problems: StepProblems;
  readonly value: unknown;
  readonly path: Path;
}

type BodyParser = (source: VerbSource) => StepBody | undefined;

/** One parser per verb: gives the typed step, or undefined after it noted at least one fault. */
export const verbParsers: Readonly<Record<Verb, BodyParser>> = {
  start: (source) => {
    const programs = parseRoles(withoutProgramKey(source), 'start: server');
    return programs && { verb: 'start', programs };
  },
  send: (source) => {
    const lines = parseRoleMap(source, 'send: { client: "Hello" }', parseTyped);
    return lines && { verb: 'send', lines: lines.map(([role, text]) => ({ role, text })) };
  },
  expect: (source) => {
    const patterns = parseRoleMap(source, 'expect: { server: "Hello" }', parseExpectation);
    return patterns && { verb: 'expect', patterns: patterns.map(([role, pattern]) => ({ role, pattern })) };
  },
  exit: (source) => {
    const ends = parseRoleMap(source, 'exit: { client: 0 }', parseEnd);
    return ends && { verb: 'exit', ends: ends.map(([role, status]) => ({ role, status })) };
  },
  close: (source) => {
    const roles = parseRoles(source, 'close: client');
    return roles && { verb: 'close', roles };
  },
  signal: (source) => {
    const signals = parseRoleMap(source, 'signal: { server: INT }', parseSignal);
    return signals && { verb: 'signal', signals: signals.map(([role, signal]) => ({ role, signal })) };
  },
  wait: (source) => {
    const until = parseWait(source);
    return until && { verb: 'wait', until };
  },
  run: (source) => {
    const commands = parseRun(source);
    return commands && { verb: 'run', commands };
  },
  tcp: (source) => {
    const expectation = parseTcp({ ...source, parsePattern: parseExpectation });
    return expectation && { verb: 'tcp', expectation };
  },
};

/** Options of the verbs that may also be written as a map of options, and the keys by which that form is known. */
const longForms: Readonly<
  Partial<Record<Verb, { readonly known: readonly string[]; readonly needs: readonly string[] }>>
> = {
  start: { known: ['program', 'timeout'], needs: ['program'] },
  run: { known: ['on', 'command', 'status', 'output', 'timeout'], needs: ['on', 'command'] },
};

/** The options of a step in long form, `run: { on: vm1, command: […] }`; undefined for every other form. */
export function longForm(verb: Verb, value: unknown): [string, unknown][] | undefined {
  const entries = entriesOf(value);
  return entries?.some(([key]) => longForms[verb]?.needs.includes(key)) ? entries : undefined;
}

/** Notes the options that a long form does not have, and those that it lacks. */
function checkOptions(verb: Verb, entries: readonly [string, unknown][], { problems, path }: VerbSource): void {
  const { known = [], needs = [] } = longForms[verb] ?? {};
  for (const [key] of entries)
    if (!known.includes(key))
      problems.addKey([...path, key], `"${verb}" has no option "${key}"`, suggestion(key, known));
  for (const key of needs)
    if (!entries.some(([given]) => given === key)) problems.addKey(path, `"${verb}" needs "${key}"`, RUN_EXAMPLE);
}

/** `start: { program: server, timeout: 5s }` says the same as `start: server` with a timeout beside it. */
function withoutProgramKey(source: VerbSource): VerbSource {
  const entries = longForm('start', source.value);
  if (!entries) return source;
  checkOptions('start', entries, source);
  return { ...source, value: new Map(entries).get('program'), path: [...source.path, 'program'] };
}

/** One name of a program, or a list of them. */
function parseRoles({ lab, problems, value, path }: VerbSource, example: string): string[] | undefined {
  const names: unknown[] = Array.isArray(value) ? value : [value];
  if (names.length === 0) return problems.add(path, 'needs at least one program', `for example: ${example}`);
  const at = (i: number): Path => (Array.isArray(value) ? [...path, i] : path);
  const roles = names.map((name, i) => {
    if (typeof name !== 'string')
      return problems.add(at(i), `must be the name of a program, not ${show(name)}`, `for example: ${example}`);
    return knownRole(lab, problems, name, at(i));
  });
  return allOf(roles);
}

/** A map from programs to something; `parse` reads each value. */
function parseRoleMap<T>(
  source: VerbSource,
  example: string,
  parse: (value: unknown, path: Path, problems: StepProblems) => T | undefined,
): [string, T][] | undefined {
  const { lab, problems, value, path } = source;
  const entries = entriesOf(value);
  if (!entries || entries.length === 0)
    return problems.add(
      path,
      `must be a map from programs, not ${entries ? 'an empty one' : show(value)}`,
      `for example: ${example}`,
    );
  const parsed = entries.map(([name, part]): [string, T] | undefined => {
    const role = knownRole(lab, problems, name, [...path, name], 'key');
    const result = parse(part, [...path, name], problems);
    return role === undefined || result === undefined ? undefined : [role, result];
  });
  return allOf(parsed);
}

function knownRole(
  lab: Lab,
  problems: StepProblems,
  name: string,
  path: Path,
  at: 'key' | 'value' = 'value',
): string | undefined {
  if (lab.programs.has(name)) return name;
  return problems.addAt(
    at,
    path,
    `there is no program "${name}"`,
    namesOf(lab).programs.suggestion(name) ?? 'add it under programs:',
  );
}

function parseText(value: unknown, path: Path, problems: StepProblems): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'object')
    return problems.add(
      path,
      `must be one text, not ${show(value)}`,
      'a text may hold several lines; other texts are steps of their own',
    );
  return problems.add(path, `must be text, not ${show(value)}`, `put it in quotes: "${wordOf(value)}"`);
}

/** Bytes of one line that a terminal takes while it collects lines (termios(3), canonical mode); it drops the rest without a word. */
const LONGEST_LINE = 4095;

/** Text that is typed: no line of it may be cut on its way. */
function parseTyped(value: unknown, path: Path, problems: StepProblems): string | undefined {
  const text = parseText(value, path, problems);
  const lengths = text?.split(/[\r\n]/).map((line) => Buffer.byteLength(line)) ?? [];
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  if (longest <= LONGEST_LINE) return text;
  const message = `has a line of ${longest} bytes; a terminal takes ${LONGEST_LINE} of a line and drops the rest, so the program would not get it whole`;
  return problems.add(path, message, 'make it several lines; let the program read long data from a file of `files`');
}

function parseExpectation(value: unknown, path: Path, problems: StepProblems): Pattern | undefined {
  const text = parseText(value, path, problems);
  if (text === undefined) return undefined;
  if (text === '')
    return problems.add(
      path,
      'must not be empty',
      'an empty text is found everywhere; give a part of the line that must come',
    );
  const pattern = parsePattern(text);
  if ('problem' in pattern)
    return problems.add(
      path,
      `is not a regular expression: ${pattern.problem}`,
      'for plain text leave out the slashes',
    );
  return pattern;
}

function parseEnd(value: unknown, path: Path, problems: StepProblems): ExpectedEnd | undefined {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255) return value;
  const signal = typeof value === 'string' ? signalName(value) : undefined;
  return (
    signal ??
    problems.add(
      path,
      `must be an exit status from 0 to 255 or a signal, not ${show(value)}`,
      'for example 0, or SIGTERM',
    )
  );
}

function parseSignal(value: unknown, path: Path, problems: StepProblems): string | undefined {
  const signal = typeof value === 'string' ? signalName(value) : undefined;
  if (signal !== undefined) return signal;
  const near = typeof value === 'string' ? nearest(value.replace(/^SIG/i, ''), commonSignals) : undefined;
  return problems.add(
    path,
    `must be the name of a signal, not ${show(value)}`,
    near === undefined ? `for example ${commonSignals.join(', ')}` : `did you mean "${near}"?`,
  );
}

/** `TERM` for `TERM`, `term` and `SIGTERM`; undefined when there is no such signal (signal(7)). */
function signalName(text: string): string | undefined {
  const name = text.toUpperCase().replace(/^SIG/, '');
  return `SIG${name}` in constants.signals ? name : undefined;
}

function parseWait({ lab, problems, value, path }: VerbSource): WaitGoal | undefined {
  const entries = entriesOf(value);
  if (!entries) {
    const ms = parseDuration(value);
    if (typeof ms === 'number') return { kind: 'time', ms };
    return problems.add(
      path,
      `must be ${ms.wrong}, or { listens: PROGRAM }, or { prompt: PROGRAM }, not ${show(value)}`,
      ms.hint,
    );
  }
  const [kind, name] = entries[0] ?? [];
  if (entries.length !== 1 || (kind !== 'listens' && kind !== 'prompt')) {
    return problems.add(
      path,
      'must be a time, { listens: PROGRAM } or { prompt: PROGRAM }',
      'for example: wait: { listens: server }',
    );
  }
  const at = [...path, kind];
  if (typeof name !== 'string')
    return problems.add(
      at,
      `must be the name of a program, not ${show(name)}`,
      `for example: wait: { ${kind}: server }`,
    );
  const role = knownRole(lab, problems, name, at);
  const program = lab.programs.get(name);
  if (role === undefined || !program) return undefined;
  if (kind === 'listens' && program.listens.length === 0)
    return problems.add(
      at,
      `the program "${name}" has no port to listen on`,
      `add "listens: PORT" to programs.${name}`,
    );
  if (kind === 'prompt' && !program.prompt)
    return problems.add(at, `the program "${name}" has no prompt`, `add "prompt: TEXT" to programs.${name}`);
  return { kind, role };
}

const RUN_EXAMPLE = 'for example: run: { on: vm1, command: [ss, -ltn], status: 0, output: ":7999" }';

/** The long form has the keys `on` and `command`; the short form maps machines to commands. */
function parseRun(source: VerbSource): ScenarioCommand[] | undefined {
  const { problems, value, path } = source;
  const entries = entriesOf(value);
  if (!entries || entries.length === 0)
    return problems.add(path, `must say the machine and the command, not ${show(value)}`, RUN_EXAMPLE);
  if (longForm('run', value)) {
    const command = parseLongRun(source, entries);
    return command && [command];
  }
  const commands = entries.map(([machine, words]): ScenarioCommand | undefined => {
    const on = knownMachine(source, machine, [...path, machine], 'key');
    const command = parseCommand(words, [...path, machine], problems);
    return on === undefined || command === undefined ? undefined : { on, command, status: 0, output: undefined };
  });
  return allOf(commands);
}

function parseLongRun(source: VerbSource, entries: readonly [string, unknown][]): ScenarioCommand | undefined {
  const { problems, path } = source;
  checkOptions('run', entries, source);
  const given = new Map(entries);
  const machine = given.get('on');
  const on = given.has('on') ? knownMachine(source, machine, [...path, 'on']) : undefined;
  const command = given.has('command') ? parseCommand(given.get('command'), [...path, 'command'], problems) : undefined;
  const status = given.has('status') ? parseEnd(given.get('status'), [...path, 'status'], problems) : 0;
  const output = given.has('output') ? parseExpectation(given.get('output'), [...path, 'output'], problems) : undefined;
  return on === undefined || command === undefined || status === undefined
    ? undefined
    : { on, command, status, output };
}

function knownMachine(
  { lab, problems }: VerbSource,
  name: unknown,
  path: Path,
  at: 'key' | 'value' = 'value',
): string | undefined {
  if (typeof name === 'string' && lab.machines.has(name)) return name;
  if (typeof name !== 'string')
    return problems.add(path, `must be the name of a machine, not ${show(name)}`, RUN_EXAMPLE);
  return problems.addAt(at, path, `there is no machine "${name}"`, namesOf(lab).machines.suggestion(name));
}

/** A list of words; numbers in it are taken as they are written, as in a program's `command`. */
function parseCommand(value: unknown, path: Path, problems: StepProblems): string[] | undefined {
  if (!Array.isArray(value) || value.length === 0) {
    const hint =
      typeof value === 'string' ? 'a command is a list of words; for a shell line write [sh, -c, "…"]' : RUN_EXAMPLE;
    return problems.add(
      path,
      `must be a list of words, not ${Array.isArray(value) ? 'an empty one' : show(value)}`,
      hint,
    );
  }
  const words: unknown[] = value;
  return allOf(
    words.map((word, i) => {
      if (typeof word === 'string' || typeof word === 'number') return String(word);
      return problems.add([...path, i], `must be a word, not ${show(word)}`, 'put it in quotes');
    }),
  );
}

/** The list when nothing in it is undefined. */
function allOf<T>(parts: readonly (T | undefined)[]): T[] | undefined {
  return parts.every((part) => part !== undefined) ? [...parts] : undefined;
}
