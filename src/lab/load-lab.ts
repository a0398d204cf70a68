import { resolve } from 'node:path';
import { say } from '../core/language/say.ts';
import { buildLab, type LabOverrides } from './build-lab.ts';
import { composeLab, type ComposedLab } from './compose/compose.ts';
import type { LabTree } from './compose/lab-tree.ts';
import { checkParameters } from './compose/parameters.ts';
import { checkAddresses } from './checks/check-addresses.ts';
import { checkFiles } from './checks/check-files.ts';
import { checkNames } from './checks/check-names.ts';
import { checkNetworks } from './checks/check-networks.ts';
import { checkPrograms } from './checks/check-programs.ts';
import { checkRights } from './checks/check-rights.ts';
import { checkServices } from './checks/check-services.ts';
import { checkWays } from './checks/check-ways.ts';
import type { Draft } from './draft.ts';
import { explainIssues, wrongChoice } from './fields/explain-issues.ts';
import { kindsAt } from './fields/json-schema.ts';
import { labFields } from './fields/fields.ts';
import { comparePositions, type PathProblem, type Problem } from './problem.ts';
import { readDraft } from './read-draft.ts';
import { readLabFile } from './yaml/read-lab-file.ts';
import { checkLabName, checkProviderName } from './fields/rules.ts';
import type { Lab } from './types.ts';
import { YamlSource } from './yaml/yaml-source.ts';

/**
 * A lab without problems, or every problem of its file in the order of the text. `partial` is what could be read of a
 * file with problems: only for checking its scenarios, so that their problems are reported too; undefined when the
 * YAML itself is broken.
 */
export type LoadResult =
  | { readonly lab: Lab; readonly text: string; readonly included: IncludedTexts; readonly problemOf: ProblemPlacer }
  | {
      readonly problems: readonly Problem[];
      readonly partial: Lab | undefined;
      readonly text: string;
      readonly included: IncludedTexts;
      readonly problemOf?: ProblemPlacer;
    };

/** The texts of included files, by their names in positions. */
export type IncludedTexts = ReadonlyMap<string, string>;

/** Puts what others find wrong in its place of the file. */
export type ProblemPlacer = (problem: PathProblem) => Problem;

/**
 * Loads, completes and checks a lab file, whose provider has to be one of `providers`; changes nothing.
 *
 * @throws {UsageError} `lab-file-missing` when it does not exist or cannot be read; `wrong-name` when
 * `overrides.name` is no legal host name; `provider-unknown` when `overrides.provider` is none of `providers`;
 * `wrong-parameter` when `overrides.parameters` names one that the lab does not have.
 */
export async function loadLab(
  file: string,
  providers: readonly string[],
  overrides: LabOverrides = {},
): Promise<LoadResult> {
  if (overrides.name !== undefined) checkLabName(overrides.name);
  if (overrides.provider !== undefined) checkProviderName(overrides.provider, providers);
  const path = resolve(file);
  if (overrides.text !== undefined) return checkLabText(overrides.text, path, providers, overrides);
  const { text, problem } = await readLabFile(path);
  return problem
    ? { problems: [problem], partial: undefined, text, included: new Map() }
    : checkLabText(text, path, providers, overrides);
}

/** The same for a text that would stand in `file`, an absolute path, which need not exist. */
export async function checkLabText(
  text: string,
  file: string,
  providers: readonly string[],
  overrides: LabOverrides = {},
): Promise<LoadResult> {
  const source = new YamlSource(text);
  const broken = source.problems.some(({ breaks }) => breaks);
  const composed = await composeLab(source, text, {
    path: file,
    environment: overrides.environment ?? process.env,
    kindsAt,
    parameters: overrides.parameters,
  });
  const { tree } = composed;
  const included = new Map(composed.included.map(({ name, text: theirs }) => [name!, theirs]));
  const wrongRoot = rootProblem(source, broken);
  if (wrongRoot) return { problems: gather(source, composed, wrongRoot), partial: undefined, text, included };
  if (overrides.parameters) checkParameters(overrides.parameters, tree.parameters);

  const draft = readDraft(tree);
  const lab = buildLab(draft, tree, file, overrides);
  const found = [
    ...shapeProblems(tree.data),
    ...providerProblem(tree.data, providers),
    ...(broken || composed.isBroken ? [] : await crossChecks(draft, { source, tree }, lab)),
  ];
  const problems = gather(source, composed, found);
  const problemOf: ProblemPlacer = (problem) => tree.problemOf(problem);
  return problems.length === 0
    ? { lab, text, included, problemOf }
    : { problems, partial: broken ? undefined : lab, text, included, problemOf };
}

function shapeProblems(data: unknown): PathProblem[] {
  const shape = labFields.safeParse(data);
  const issues = shape.error?.issues.filter(({ path }) => path[0] !== 'provider') ?? [];
  return explainIssues(issues, data);
}

/** This room does not know which providers there are, so the field is not judged with the others. */
function providerProblem(data: unknown, providers: readonly string[]): PathProblem[] {
  const { provider } = data as { readonly provider?: unknown };
  const isRight = provider === undefined || (typeof provider === 'string' && providers.includes(provider));
  return isRight ? [] : [wrongChoice(providers, data, ['provider'])];
}

/**
 * Checks that need more than one field, or the folder of the file. A separate pass, because the validator would skip
 * them when a field is wrong.
 */
async function crossChecks(
  draft: Draft,
  { source, tree }: { readonly source: YamlSource; readonly tree: LabTree },
  lab: Lab,
): Promise<PathProblem[]> {
  const files = await checkFiles(draft, lab.folder);
  const machines = source.problems.length === 0 ? noMachines(tree.data) : [];
  return [
    ...machines,
    ...checkNames(draft),
    ...checkNetworks(draft),
    ...checkAddresses(draft),
    ...checkWays(draft, lab),
    ...checkPrograms(draft),
    ...checkRights(draft),
    ...checkServices(draft),
    ...files,
  ];
}

/** A file that holds anything but a map has one problem, not one for each field that is missing. */
function rootProblem({ data }: YamlSource, broken: boolean): PathProblem[] | undefined {
  if (typeof data === 'object' && data !== null && !Array.isArray(data)) return undefined;
  if (broken) return [];
  const found = Array.isArray(data) ? say`a list` : say`a single value`;
  const message = data === null ? say`the file is empty` : say`the file holds ${found}, not "name: value" lines`;
  return [{ path: [], message, hint: say`lab init writes a complete example` }];
}

function noMachines(data: unknown): PathProblem[] {
  const { machines } = data as { readonly machines?: unknown };
  const none = typeof machines === 'object' && machines !== null && Object.keys(machines).length === 0;
  return none
    ? [
        {
          path: ['machines'],
          message: say`has no machine`,
          hint: say`add at least one: vm1: { address: 192.168.100.4 }`,
        },
      ]
    : [];
}

/**
 * All problems in the order of the file. On a line whose YAML is wrong, only that is reported; where the YAML is
 * broken, only what stands before the break, and nothing is called missing.
 */
function gather(
  source: YamlSource,
  { tree, problems, pathProblems, isBroken }: ComposedLab,
  found: readonly PathProblem[],
): Problem[] {
  const ofYaml = source.problems.map((problem) => ({ problem: source.problemOfYaml(problem), breaks: problem.breaks }));
  const wrongLines = new Set(ofYaml.map(({ problem }) => problem.position.line));
  const breakLine = Math.min(...ofYaml.filter(({ breaks }) => breaks).map(({ problem }) => problem.position.line));
  const firstAt = new Set(pathProblems.map((problem) => placeOf(tree.problemOf(problem))));
  for (const problem of problems) firstAt.add(placeOf(problem));
  const kept = found
    .filter(({ missing }) => !missing || (breakLine === Infinity && !isBroken))
    .map((problem) => tree.problemOf(problem))
    // What could not be put together is told of once, not what follows from it.
    .filter((problem) => !firstAt.has(placeOf(problem)));
  const shown = [
    ...problems,
    ...onceForAll([...pathProblems.map((problem) => tree.problemOf(problem)), ...kept]),
  ].filter(({ position: { line, file } }) => file !== undefined || (!wrongLines.has(line) && line < breakLine));
  return inOrder([...ofYaml.map(({ problem }) => problem), ...shown]);
}

/**
 * What is wrong with an entry that stands for many is said of the first of them, and of how many others: thirty clients
 * have one line in the file.
 */
function onceForAll(problems: readonly Problem[]): Problem[] {
  const groups = Map.groupBy(problems, ({ position: { file, line, column }, path }) => {
    const [, entry = ''] = /^(?:machines|programs|services)\.(.+?)-\d+(?:\.|$)/.exec(path) ?? [];
    return entry === '' ? path : `${entry} ${file} ${line}:${column} ${path.slice(path.lastIndexOf('.'))}`;
  });
  return [...groups.values()].flatMap((alike) => {
    const names = new Set(alike.map(({ path }) => path.split('.')[1]));
    if (names.size < 2) return alike;
    const [first] = alike as [Problem, ...Problem[]];
    return [{ ...first, message: say`${first.message} (and ${names.size - 1} more of these)` }];
  });
}

function placeOf({ position: { file, line, column } }: Problem): string {
  return `${file ?? ''} ${line}:${column}`;
}

/** Sorted by place; the same problem of a value that several aliases share is reported once. */
function inOrder(problems: readonly Problem[]): Problem[] {
  const unique = new Map<string, Problem>();
  for (const problem of problems) {
    const field = problem.path.slice(problem.path.lastIndexOf('.'));
    const key = `${problem.position.file ?? ''} ${problem.position.line}:${problem.position.column} ${field} ${problem.message}`;
    if (!unique.has(key)) unique.set(key, problem);
  }
  return [...unique.values()].toSorted(({ position: a }, { position: b }) => comparePositions(a, b));
}
