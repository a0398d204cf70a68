import { awakeNow } from '../../core/time/awake-clock.ts';
import type { Advice, Expectation } from '../../core/step-problem.ts';
import { TimeLimit } from '../../core/time/time-limit.ts';
import { quoteCommand } from '../../core/text/shell-quote.ts';
import { say } from '../../core/language/say.ts';
import { findPattern, patternText } from '../../lab/pattern.ts';
import { matchesName, numberOfName } from '../../lab/name-pattern.ts';
import type { Pattern } from '../../lab/types.ts';
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
import { parseRole, type RoleEntry } from '../reading/roles.ts';
import { endSchema, mapSchema, patternSchema, timeSchema } from '../reading/schema-parts.ts';
import { allOf, show, type StepPart } from '../reading/step-part.ts';
import { mapText } from '../reading/step-words.ts';
import { parseExpectation } from '../reading/texts.ts';
import { defineVerb } from './define-verb.ts';

/** A one-shot command on a machine. */
interface ScenarioCommand {
  readonly on: string;
  /** The pattern that stands for its machine. */
  readonly group?: string | undefined;
  /** It runs in the folder of this program; undefined: in the home folder. */
  readonly program?: string | undefined;
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
  text: (commands) => mapText(commands.flatMap(({ on, program, command }) => inWords(program ?? on, command, program))),
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

function inWords(place: string, command: readonly string[], program: string | undefined): [string, string][] {
  const words = `[${command.join(', ')}]`;
  return program === undefined
    ? [[place, words]]
    : [
        ['program', place],
        ['command', words],
      ];
}

function parseShort(machine: string, words: StepPart): ScenarioCommand[] | undefined {
  const machines = knownMachines(words, machine, 'key');
  return forEach(machines, machine, (on) => {
    const command = parseCommand(words.of(on, numberOfName(on)));
    return command && { on, command, status: 0, output: undefined };
  });
}

/** The same command for each machine that a pattern stands for; what is wrong with it is told of once. */
function forEach(
  machines: readonly string[] | undefined,
  written: unknown,
  commandFor: (on: string) => ScenarioCommand | undefined,
): ScenarioCommand[] | undefined {
  const commands: ScenarioCommand[] = [];
  for (const on of machines ?? []) {
    const command = commandFor(on);
    if (command === undefined) return undefined;
    const isPattern = typeof written === 'string' && written.includes('*');
    commands.push(isPattern ? { ...command, group: written } : command);
  }
  return machines && commands;
}

function parseLong(
  part: StepPart,
  given: ReadonlyMap<string, StepPart>,
  form: OptionsSchema,
): ScenarioCommand[] | undefined {
  checkOptions(part, form, form === programForm ? PROGRAM_HINT : HINT);
  const read = <T>(option: string, parse: (value: StepPart) => T, on?: string): T | undefined => {
    const value = given.get(option);
    return value && parse(on === undefined ? value : value.of(on, numberOfName(on)));
  };
  const program = read('program', (name) => parseRole(name, PROGRAM_HINT));
  const machine = program === undefined ? undefined : part.lab.programs.get(program)?.on;
  const machines =
    program === undefined
      ? read('on', (named) => knownMachines(named, named.value, 'value'))
      : machine === undefined
        ? undefined
        : [machine];
  const status = given.has('status') ? read('status', parseEnd) : 0;
  const commandFor = (on: string): ScenarioCommand | undefined => {
    const command = read('command', parseCommand, on);
    const output = read('output', parseExpectation, on);
    return command === undefined || status === undefined || (output === undefined && given.has('output'))
      ? undefined
      : { on, ...(program !== undefined && { program }), command, status, output };
  };
  // Without a machine, what else is wrong is told of all the same.
  if (machines === undefined) commandFor('');
  return forEach(machines, given.get('on')?.value, commandFor);
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
  return part.wrongAt(at, say`there is no machine "${name}"`, namesOf(part.lab).machines.suggestion(name));
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
  if (output && !findPattern(output, printed, 0))
    throw new StepFailure({
      expected: { kind: 'command-output', command: line, machine: on, pattern: patternText(output) },
      seen: { kind: 'printed-otherwise', printed: shown },
      nearest: nearestLine(output, plainLines(printed)),
      hint: await hint(),
    });
}

/** The end of what a command printed, short enough for a message; empty when that is blank. */
function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-5).join('\n').slice(-500);
}
