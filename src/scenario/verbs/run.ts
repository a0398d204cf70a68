import { awakeNow } from '../../core/time/awake-clock.ts';
import type { Advice, Expectation } from '../../core/step-problem.ts';
import { TimeLimit } from '../../core/time/time-limit.ts';
import { quoteCommand } from '../../core/text/shell-quote.ts';
import { say } from '../../core/language/say.ts';
import { findPattern, patternText } from '../../lab/pattern.ts';
import { allOfThem, matchesName, numberedNames, numberOfName } from '../../lab/name-pattern.ts';
import type { Lab, Pattern } from '../../lab/types.ts';
import { commandInFolder, wrongFolderHint } from '../advice/folder-command.ts';
import { nearestLine } from '../playing/nearest-line.ts';
import { plainLines } from '../../report/run/words.ts';
import { isEnd, type ExpectedEnd } from '../playing/exit-words.ts';
import type { Deadline, PlayContext } from '../playing/play-context.ts';
import { StepFailure } from '../playing/step-failure.ts';
import { parseEnd } from '../reading/ends.ts';
import { namesOf } from '../reading/known-names.ts';
import { checkOptions, inLongForm, options, type OptionsSchema } from '../reading/options.ts';
import { inGroups } from '../playing/in-groups.ts';
import { parseRoles, type RoleEntry } from '../reading/roles.ts';
import { endSchema, mapSchema, patternSchema, timeSchema } from '../reading/schema-parts.ts';
import { allOf, show, type StepPart } from '../reading/step-part.ts';
import { mapText } from '../reading/step-words.ts';
import { parseExpectation } from '../reading/texts.ts';
import { defineVerb } from './define-verb.ts';

/** Where a command runs. */
interface CommandPlace {
  readonly on: string;
  /** The pattern that stands for its machine or program. */
  readonly group?: string | undefined;
  /** It runs in the folder of this program; undefined: in the home folder. */
  readonly program?: string | undefined;
}

/** A one-shot command on a machine. */
interface ScenarioCommand extends CommandPlace {
  readonly command: readonly string[];
  /** Expected exit status. */
  readonly status: ExpectedEnd;
  /** Looked for in what it printed, standard output before standard error. */
  readonly output: Pattern | undefined;
}

const HINT = say`for example: run: { on: vm1, command: [ss, -ltn], status: 0, output: ":7999" }`;

const PROGRAM_HINT = 'run: { program: server, command: [ls, -l] }';

const commandSchema = {
  type: 'array',
  minItems: 1,
  items: { type: ['string', 'number'] },
  description: say`The command, word by word; no shell interprets it.`,
};

const details = { command: commandSchema, status: endSchema, output: patternSchema, timeout: timeSchema };

/** The short form maps machines to commands. */
const longForm = options({ on: { type: 'string', description: say`Name of a machine.` }, ...details }, [
  'on',
  'command',
]);

const programForm = options(
  {
    program: { type: 'string', description: say`Name of a program: the command runs on its machine, in its folder.` },
    ...details,
  },
  ['program', 'command'],
);

export const run = defineVerb<readonly ScenarioCommand[]>('run', {
  schema: { anyOf: [longForm, programForm, mapSchema(commandSchema)] },
  description: say`Runs a command on a machine, in the home folder, or with \`program: NAME\` in the folder of that program; it must end with \`status\` (default 0) and print \`output\`.`,
  example: { on: 'vm1', command: ['ss', '-ltn'], status: 0, output: ':7999' },
  timeoutMs: 30_000,
  longForm,
  takesValues: true,
  parse(part) {
    const entries = part.entries();
    if (!entries || entries.length === 0)
      return part.wrong(say`must say the machine and the command, not ${show(part.value)}`, HINT);
    const isOfProgram = entries.some(([key, { value }]) => key === 'program' && !Array.isArray(value));
    const form = isOfProgram ? programForm : longForm;
    const given = inLongForm(part, form);
    return allOf(
      given ? [parseLong(part, given, form)] : entries.map(([machine, words]) => parseShort(machine, words)),
    )?.flat();
  },
  text: (commands) => mapText(commands.some(({ program }) => program) ? inPrograms(commands) : onMachines(commands)),
  needs: (commands) => ({
    machines: commands.map(({ on }) => on),
    programs: commands.flatMap(({ program }) => program ?? []),
  }),
  async play(commands, limit, play) {
    const deadline = play.deadlineOf(limit);
    const entries = commands.map((command): RoleEntry<ScenarioCommand> => [command.on, command, command.group]);
    await inGroups(entries, (_on, command) => runCommand(command, deadline, play));
    return 'played';
  },
});

function onMachines(commands: readonly ScenarioCommand[]): [string, string][] {
  return commands.map(({ on, command }) => [on, wordsOf(command)]);
}

function inPrograms(commands: readonly ScenarioCommand[]): [string, string][] {
  const entries = commands.map(({ program = '', command }): [string, string] => [program, wordsOf(command)]);
  const [[program, words]] = entries as [[string, string]];
  if (entries.length > 1) return [['program', mapText(entries)]];
  return [
    ['program', program],
    ['command', words],
  ];
}

function wordsOf(command: readonly string[]): string {
  return `[${command.join(', ')}]`;
}

function parseShort(machine: string, words: StepPart): ScenarioCommand[] | undefined {
  return forEach(machinePlaces(words, machine, 'key'), (place) => {
    const command = parseCommand(words.of(place.on, numberOfName(place.on)));
    return command && { ...place, command, status: 0, output: undefined };
  });
}

/** The same command in each place that a pattern stands for; what is wrong with it is told of once. */
function forEach(
  places: readonly CommandPlace[] | undefined,
  commandFor: (place: CommandPlace) => ScenarioCommand | undefined,
): ScenarioCommand[] | undefined {
  const commands: ScenarioCommand[] = [];
  for (const place of places ?? []) {
    const command = commandFor(place);
    if (command === undefined) return undefined;
    commands.push(command);
  }
  return places && commands;
}

/** What `{n}` is for a program or a machine. */
function numberOf(owner: string, { programs }: Lab): number | undefined {
  return programs.get(owner)?.instance?.number ?? numberOfName(owner);
}

/** The folder of a program, or those of all that a pattern stands for. */
function programPlaces(part: StepPart): CommandPlace[] | undefined {
  if (typeof part.value !== 'string')
    return part.wrong(say`must be the name of a program, not ${show(part.value)}`, say`for example: ${PROGRAM_HINT}`);
  return parseRoles(part, PROGRAM_HINT)?.flatMap(([program, , group]) => {
    const on = part.lab.programs.get(program)?.on;
    return on === undefined ? [] : [{ on, program, ...(group !== undefined && { group }) }];
  });
}

function machinePlaces(part: StepPart, name: unknown, at: 'key' | 'value'): CommandPlace[] | undefined {
  const group = typeof name === 'string' && name.includes('*') ? name : undefined;
  return knownMachines(part, name, at)?.map((on) => (group === undefined ? { on } : { on, group }));
}

function parseLong(
  part: StepPart,
  given: ReadonlyMap<string, StepPart>,
  form: OptionsSchema,
): ScenarioCommand[] | undefined {
  checkOptions(part, form, form === programForm ? PROGRAM_HINT : HINT);
  const read = <T>(option: string, parse: (value: StepPart) => T, owner?: string): T | undefined => {
    const value = given.get(option);
    const number = owner === undefined ? undefined : numberOf(owner, part.lab);
    return value && parse(owner === undefined ? value : value.of(owner, number));
  };
  const named = given.get('program') ?? given.get('on');
  const places = named && (given.has('program') ? programPlaces(named) : machinePlaces(named, named.value, 'value'));
  const status = given.has('status') ? read('status', parseEnd) : 0;
  const commandFor = (place: CommandPlace): ScenarioCommand | undefined => {
    const owner = place.program ?? place.on;
    const command = read('command', parseCommand, owner);
    const output = read('output', parseExpectation, owner);
    return command === undefined || status === undefined || (output === undefined && given.has('output'))
      ? undefined
      : { ...place, command, status, output };
  };
  // Without a machine, what else is wrong is told of all the same.
  if (places === undefined) commandFor({ on: '' });
  return forEach(places, commandFor);
}

/** A machine by its name, or those that a pattern stands for. */
function knownMachines(part: StepPart, name: unknown, at: 'key' | 'value'): readonly string[] | undefined {
  if (typeof name !== 'string' || !name.includes('*')) {
    const machine = knownMachine(part, name, at);
    return machine === undefined ? undefined : [machine];
  }
  const found = [...part.lab.machines.keys()].filter((machine) => matchesName(name, machine));
  if (found.length > 0) return found;
  return part.wrongAt(
    at,
    say`no machine has a name like ${JSON.stringify(name)}`,
    namesOf(part.lab).machines.suggestion(name),
  );
}

function knownMachine(part: StepPart, name: unknown, at: 'key' | 'value'): string | undefined {
  if (typeof name !== 'string') return part.wrong(say`must be the name of a machine, not ${show(name)}`, HINT);
  if (part.lab.machines.has(name)) return name;
  const numbered = numberedNames(name, part.lab.machines.keys());
  const hint = numbered.length > 1 ? allOfThem(name, numbered) : namesOf(part.lab).machines.suggestion(name);
  return part.wrongAt(at, say`there is no machine "${name}"`, hint);
}

/** A list of words; numbers in it are taken as they are written, as in a program's `command`. */
function parseCommand(part: StepPart): string[] | undefined {
  const words = part.items();
  if (words && words.length > 0) return allOf(words.map(parseWord));
  return part.wrong(
    words ? say`must be a list of words, not an empty one` : say`must be a list of words, not ${show(part.value)}`,
    typeof part.value === 'string' ? say`a command is a list of words; for a shell line write [sh, -c, "…"]` : HINT,
  );
}

function parseWord(part: StepPart): string | undefined {
  const { value } = part;
  if (typeof value === 'string' || typeof value === 'number') return part.filled(String(value));
  return part.wrong(say`must be a word, not ${show(value)}`, say`put it in quotes`);
}

/**
 * Runs a one-shot command and checks how it ended and what it printed.
 *
 * @throws {StepFailure} when that is not what the scenario wants, or the deadline passes.
 */
async function runCommand(wanted: ScenarioCommand, deadline: Deadline, play: PlayContext): Promise<void> {
  const { on, program, command, status, output } = wanted;
  const line = quoteCommand(command);
  const expected: Expectation = { kind: 'command-end', command: line, machine: on, end: status };
  const folder = program === undefined ? undefined : play.stage.programs.get(program)!;
  await play.stage.attempts?.ready();
  using limit = new TimeLimit(Math.max(1, Math.ceil(deadline.at - awakeNow())));
  const result = await play
    .shell(on)
    .exec(folder === undefined ? command : commandInFolder(command, folder), {
      signal: AbortSignal.any([limit.signal, play.signal]),
    })
    .catch((error: unknown) => {
      if (limit.signal.aborted && !play.signal.aborted)
        throw new StepFailure({ expected, seen: { kind: 'nothing-in-time' }, limitMs: deadline.timeoutMs });
      throw error;
    });
  const printed = result.stdout + result.stderr;
  const { exitCode } = result;
  await play.stage.events.emit({ kind: 'command-finished', machine: on, command: line, exitCode, output: printed });
  const shown = lastLines(printed);
  const hint = async (): Promise<Advice | undefined> =>
    program === undefined ? wrongFolderHint({ on, command, printed }, play) : undefined;
  if (!isEnd(result, status)) {
    const end = { exitCode, signal: result.signal };
    throw new StepFailure({ expected, seen: { kind: 'ended-otherwise', end, printed: shown }, hint: await hint() });
  }
  const found = output && findPattern(output, printed, 0);
  if (output && !found)
    throw new StepFailure({
      expected: { kind: 'command-output', command: line, machine: on, pattern: patternText(output) },
      seen: { kind: 'printed-otherwise', printed: shown },
      nearest: nearestLine(output, plainLines(printed)),
      hint: await hint(),
    });
  play.values.take(found?.groups, program ?? on);
}

/** The end of what a command printed, short enough for a message; empty when that is blank. */
function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-5).join('\n').slice(-500);
}
