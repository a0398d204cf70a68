import { suggestion } from '../core/text/suggest.ts';
import { formatPath, type Path } from '../lab/problem.ts';
import type { Problem } from '../lab/problem.ts';
import type { Lab, ScenarioSource, StepSource } from '../lab/types.ts';
import { parseDuration } from './duration.ts';
import { entriesOf, StepProblems, show } from './step-problems.ts';
import { OrderCheck } from './order.ts';
import { defaultTimeoutMs, stepText, type Scenario, type Step, type Verb } from './steps.ts';
import { longForm, verbParsers } from './verbs.ts';

export interface ParsedScenarios {
  /** Those without a fault. */
  readonly scenarios: ReadonlyMap<string, Scenario>;
  /** Every fault of every scenario, in the order of the file. */
  readonly problems: readonly Problem[];
}

const knownVerbs = Object.keys(verbParsers);

/** Gives every scenario of the lab its meaning. Nothing starts: a wrong last step is known before the first one is played. */
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

function parseScenario(lab: Lab, source: ScenarioSource): Scenario | Problem[] {
  const path = ['scenarios', source.name];
  if (source.steps.length === 0) {
    return [
      {
        position: source.position,
        length: 1,
        path: formatPath(path),
        message: 'has no steps',
        hint: 'add at least one: - start: PROGRAM',
      },
    ];
  }
  const order = new OrderCheck();
  const problems: Problem[] = [];
  const steps = source.steps.map((stepSource, index) => {
    const found = new StepProblems(stepSource, [...path, index]);
    const step = parseStep(lab, stepSource, index, found);
    if (step) order.check(step, found);
    problems.push(...found.problems);
    return step;
  });
  return problems.length > 0 ? problems : { name: source.name, steps: steps.filter((step) => step !== undefined) };
}

function parseStep(lab: Lab, source: StepSource, index: number, problems: StepProblems): Step | undefined {
  const verb = findVerb(source.value, problems);
  if (verb === undefined) return undefined;
  const options = new Map(entriesOf(source.value));
  const value = options.get(verb);
  const body = verbParsers[verb]({ lab, problems, value, path: [verb] });
  const isDefaultLimit = !options.has('timeout') && timeoutWithin(verb, value) === undefined;
  const timeoutMs = isDefaultLimit ? defaultTimeoutMs[verb] : parseTimeout(verb, options, value, problems);
  return body === undefined || timeoutMs === undefined
    ? undefined
    : { ...body, index, position: source.position, text: stepText(body), timeoutMs, isDefaultLimit };
}

/** The one verb of a step; every other key but `timeout` is a fault. */
function findVerb(value: unknown, problems: StepProblems): Verb | undefined {
  const entries = entriesOf(value);
  if (!entries) {
    if (typeof value === 'string' && isVerb(value))
      return problems.add([], `"${value}" says nothing to do it with`, `write ${value}: …`);
    return problems.add([], `a step must be a map of one verb, not ${show(value)}`, 'for example: - start: server');
  }
  const verbs = entries.map(([key]) => key).filter(isVerb);
  const others = entries.map(([key]) => key).filter((key) => !isVerb(key) && key !== 'timeout');
  const unknown = verbs.length > 0 ? 'a step has no option' : 'there is no step';
  for (const key of others) problems.addKey([key], `${unknown} "${key}"`, suggestion(key, [...knownVerbs, 'timeout']));
  if (verbs.length > 1)
    problems.addKey(
      [verbs[1]!],
      `a step does one thing; this one has ${verbs.join(' and ')}`,
      'make them two steps, each with its own "-"',
    );
  if (verbs.length === 0 && others.length === 0)
    problems.add([], 'a step needs a verb', `known: ${knownVerbs.join(', ')}`);
  return verbs[0];
}

function isVerb(word: string): word is Verb {
  return Object.hasOwn(verbParsers, word);
}

/** `timeout` stands beside the verb, or inside the value of a verb whose value is a map of options. */
function parseTimeout(
  verb: Verb,
  options: ReadonlyMap<string, unknown>,
  value: unknown,
  problems: StepProblems,
): number | undefined {
  const inner = timeoutWithin(verb, value);
  if (options.has('timeout') && inner)
    return problems.addKey(['timeout'], 'the time limit is given twice', 'leave out one of the two');
  const path = inner?.path ?? ['timeout'];
  const written = inner ? inner.written : options.get('timeout');
  const ms = parseDuration(written);
  return typeof ms === 'number' ? ms : problems.add(path, `must be ${ms.wrong}, not ${show(written)}`, ms.hint);
}

function timeoutWithin(verb: Verb, value: unknown): { path: Path; written: unknown } | undefined {
  const timeout = longForm(verb, value)?.find(([key]) => key === 'timeout');
  return timeout && { path: [verb, 'timeout'], written: timeout[1] };
}
