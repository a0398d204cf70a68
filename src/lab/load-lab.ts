import { resolve } from 'node:path';
import { say } from '../core/language/say.ts';
import { buildLab, type LabOverrides } from './build-lab.ts';
import { checkAddresses } from './checks/check-addresses.ts';
import { checkFiles } from './checks/check-files.ts';
import { checkNames } from './checks/check-names.ts';
import { checkNetworks } from './checks/check-networks.ts';
import { checkPrograms } from './checks/check-programs.ts';
import { checkRights } from './checks/check-rights.ts';
import type { Draft } from './draft.ts';
import { explainIssues, wrongChoice } from './fields/explain-issues.ts';
import { labFields } from './fields/fields.ts';
import type { PathProblem, Problem } from './problem.ts';
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
  | { readonly lab: Lab; readonly text: string; readonly problemOf: ProblemPlacer }
  | {
      readonly problems: readonly Problem[];
      readonly partial: Lab | undefined;
      readonly text: string;
      readonly problemOf?: ProblemPlacer;
    };

/** Puts what others find wrong in its place of the file. */
export type ProblemPlacer = (problem: PathProblem) => Problem;

/**
 * Loads, completes and checks a lab file, whose provider has to be one of `providers`; changes nothing.
 *
 * @throws {UsageError} `lab-file-missing` when it does not exist or cannot be read; `wrong-name` when
 * `overrides.name` is no legal host name; `provider-unknown` when `overrides.provider` is none of `providers`.
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
  return problem ? { problems: [problem], partial: undefined, text } : checkLabText(text, path, providers, overrides);
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
  const wrongRoot = rootProblem(source, broken);
  if (wrongRoot) return { problems: gather(source, wrongRoot), partial: undefined, text };

  const draft = readDraft(source);
  const lab = buildLab(draft, source, file, overrides);
  const found = [
    ...shapeProblems(source.data),
    ...providerProblem(source.data, providers),
    ...(broken ? [] : await crossChecks(draft, source, lab.folder)),
  ];
  const problems = gather(source, found);
  const problemOf: ProblemPlacer = (problem) => source.problemOf(problem);
  return problems.length === 0
    ? { lab, text, problemOf }
    : { problems, partial: broken ? undefined : lab, text, problemOf };
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
async function crossChecks(draft: Draft, source: YamlSource, folder: string): Promise<PathProblem[]> {
  const files = await checkFiles(draft, folder);
  const machines = source.problems.length === 0 ? noMachines(source.data) : [];
  return [
    ...machines,
    ...checkNames(draft),
    ...checkNetworks(draft),
    ...checkAddresses(draft),
    ...checkPrograms(draft),
    ...checkRights(draft),
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
function gather(source: YamlSource, found: readonly PathProblem[]): Problem[] {
  const ofYaml = source.problems.map((problem) => ({ problem: source.problemOfYaml(problem), breaks: problem.breaks }));
  const wrongLines = new Set(ofYaml.map(({ problem }) => problem.position.line));
  const breakLine = Math.min(...ofYaml.filter(({ breaks }) => breaks).map(({ problem }) => problem.position.line));
  const kept = found
    .filter(({ missing }) => !missing || breakLine === Infinity)
    .map((problem) => source.problemOf(problem))
    .filter(({ position: { line } }) => !wrongLines.has(line) && line < breakLine);
  return inOrder([...ofYaml.map(({ problem }) => problem), ...kept]);
}

/** Sorted by place; the same problem of a value that several aliases share is reported once. */
function inOrder(problems: readonly Problem[]): Problem[] {
  const unique = new Map<string, Problem>();
  for (const problem of problems) {
    const field = problem.path.slice(problem.path.lastIndexOf('.'));
    const key = `${problem.position.line}:${problem.position.column} ${field} ${problem.message}`;
    if (!unique.has(key)) unique.set(key, problem);
  }
  return [...unique.values()].toSorted(
    (a, b) => a.position.line - b.position.line || a.position.column - b.position.column,
  );
}
