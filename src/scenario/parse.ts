import { CheckError } from '../core/errors.ts';
import { listed, suggestion } from '../core/text/suggest.ts';
import { say } from '../core/language/say.ts';
import { formatPath, type Path, type Problem } from '../lab/problem.ts';
import type { Lab, ScenarioSource, StepSource } from '../lab/types.ts';
import type { RunningPrograms } from './order.ts';
import type { StepLimit } from './playing/play-context.ts';
import { valueName, type TakenValues } from './reading/taken-values.ts';
import { parseDuration } from './reading/duration.ts';
import { inLongForm } from './reading/options.ts';
import { NamesBeforePlay, takersOf, type Takers } from './reading/taken-names.ts';
import { show, StepPart } from './reading/step-part.ts';
import type { Scenario, Step } from './scenario.ts';
import type { Verb } from './verbs/define-verb.ts';
import { verbNamed, verbs } from './verbs/index.ts';

export interface ParsedScenarios {
  /** Those without a problem. */
  readonly scenarios: ReadonlyMap<string, Scenario>;
  /** Every problem of every scenario, in the order of the file. */
  readonly problems: readonly Problem[];
}

/** Parses every scenario of the lab, before anything starts: a wrong last step is known before the first is played. */
export function parseScenarios(lab: Lab): ParsedScenarios {
  const scenarios = new Map<string, Scenario>();
  const problems: Problem[] = [];
  for (const source of lab.scenarios.values()) {
    const parsed = parseScenario(lab, source);
    if ('steps' in parsed) scenarios.set(source.name, parsed);
    else problems.push(...parsed);
  }
  return { scenarios, problems };
}

/**
 * A scenario of steps that lab itself has made, as plain data. They stand in no file: their place is its first
 * character.
 */
export function scenarioOf(lab: Lab, name: string, steps: readonly object[]): Scenario {
  const position = { line: 1, column: 1 };
  const sources = steps.map((value): StepSource => ({
    value,
    position,
    positionOf: () => ({ ...position, length: 1 }),
  }));
  const parsed = parseScenario(lab, { name, position, steps: sources });
  if ('steps' in parsed) return parsed;
  throw new Error(`lab made a wrong step: ${parsed.map(({ path, message }) => `${path} ${message}`).join('; ')}`);
}

function parseScenario(lab: Lab, source: ScenarioSource): Scenario | Problem[] {
  const path = source.stepsPath ?? ['scenarios', source.name];
  if (source.steps.length === 0) {
    return [
      {
        position: source.position,
        length: 1,
        path: formatPath(path),
        message: say`has no steps`,
        hint: say`add at least one: - start: PROGRAM`,
      },
    ];
  }
  const programs: RunningPrograms = new Map();
  const problems: Problem[] = [];
  const takers = takersOf(source.steps, (verb) => verbNamed(verb)?.takesValues === true);
  const steps = source.steps.flatMap((stepSource, index) => {
    const names = new NamesBeforePlay(takers, index);
    const whole = StepPart.whole(lab, stepSource, [...path, index], names);
    const step = parseStep(whole, index);
    step?.follow(programs);
    problems.push(...whole.problems);
    if (step === undefined || !names.needsValues) return step ?? [];
    const place = { lab, stepSource, index, path, takers };
    return { ...step, withValues: (values: TakenValues) => stepWithValues(values, place) };
  });
  return problems.length > 0 ? problems : { name: source.name, steps };
}

/** A step in its scenario. */
interface StepPlace {
  readonly lab: Lab;
  readonly stepSource: StepSource;
  readonly index: number;
  readonly path: Path;
  readonly takers: Takers;
}

function notTaken(name: string): { readonly problem: string; readonly hint: string } {
  return {
    problem: say`has no value for {${name}}: no pattern that was found took one`,
    hint: say`let a step before it expect a pattern with that name: /(?<${valueName(name)}>…)/`,
  };
}

function takenOfSeveral(name: string, owners: readonly string[]): { readonly problem: string; readonly hint: string } {
  return {
    problem: say`{${name}} has several values, one of each of ${listed(owners)}`,
    hint: say`say whose it is: {${owners[0]!}.${name}}`,
  };
}

/** A step that uses values, once these are known. @throws {CheckError} when one is not, or cannot stand there. */
function stepWithValues(values: TakenValues, { lab, stepSource, index, path, takers }: StepPlace): Step {
  const whole = StepPart.whole(lab, stepSource, [...path, index], {
    isName: (name) => takers.has(valueName(name)),
    taken: (name, role) => {
      const value = values.get(name, role);
      if (typeof value === 'string') return value;
      if (value !== undefined) return takenOfSeveral(name, value);
      return takers.has(valueName(name)) ? notTaken(name) : undefined;
    },
  });
  const step = parseStep(whole, index);
  const [problem] = whole.problems;
  if (step !== undefined && problem === undefined) return step;
  throw new CheckError(
    say`with the values that were taken, the step cannot be played: ${problem?.path ?? ''} ${problem?.message ?? ''}`,
    { code: 'step-failed', hint: problem?.hint },
  );
}

function parseStep(whole: StepPart, index: number): Step | undefined {
  const verb = findVerb(whole);
  if (verb === undefined) return undefined;
  const options = new Map(whole.entries());
  const part = options.get(verb.name)!;
  if (verb.needsPackets && whole.lab.capture === false)
    part.wrongKey(say`there are no packets to look at: the lab says "capture: false"`, say`leave out one of the two`);
  const meaning = verb.read(part);
  const limit = parseLimit(verb, part, options.get('timeout'));
  return meaning && limit && { ...meaning, ...limit, index, position: whole.position };
}

/** The one verb of a step; every other key but `timeout` is a problem. */
function findVerb(whole: StepPart): Verb | undefined {
  const { value } = whole;
  const entries = whole.entries();
  if (!entries) {
    if (typeof value === 'string' && verbNamed(value))
      return whole.wrong(say`"${value}" says nothing to do it with`, say`write ${value}: …`);
    return whole.wrong(say`a step must be a map of one verb, not ${show(value)}`, say`for example: - start: server`);
  }
  const given = entries.filter(([key]) => verbNamed(key));
  const others = entries.filter(([key]) => !verbNamed(key) && key !== 'timeout');
  const known = verbs.map(({ name }) => name);
  for (const [key, other] of others) {
    const message = given.length > 0 ? say`a step has no option "${key}"` : say`there is no step "${key}"`;
    other.wrongKey(message, suggestion(key, [...known, 'timeout']));
  }
  const [first, second] = given;
  if (second)
    second[1].wrongKey(
      say`a step does one thing; this one has ${given.map(([key]) => key).join(say` and `)}`,
      say`make them two steps, each with its own "-"`,
    );
  if (!first && others.length === 0) whole.wrong(say`a step needs a verb`, say`known: ${known.join(', ')}`);
  return first && verbNamed(first[0]);
}

/** `timeout` stands next to the verb, or inside the value of a verb whose value is a map of options. */
function parseLimit(verb: Verb, part: StepPart, next: StepPart | undefined): StepLimit | undefined {
  const inside = verb.longForm && inLongForm(part, verb.longForm)?.get('timeout');
  if (next && inside) return next.wrongKey(say`the time limit is given twice`, say`leave out one of the two`);
  const written = inside ?? next;
  if (!written) return { timeoutMs: verb.timeoutMs, isDefaultLimit: true };
  const ms = parseDuration(written.value);
  if (typeof ms === 'number') return { timeoutMs: ms, isDefaultLimit: false };
  return written.wrong(say`must be ${ms.wrong}, not ${show(written.value)}`, ms.hint);
}
