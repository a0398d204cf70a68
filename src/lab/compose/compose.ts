import { dirname } from 'node:path';
import type { PathProblem, Problem } from '../problem.ts';
import type { YamlSource } from '../yaml/yaml-source.ts';
import { readEnvFiles } from './env-file.ts';
import { expandLab } from './expand.ts';
import { includeFiles } from './include.ts';
import type { LabFile, LabTree } from './lab-tree.ts';
import { parameterProblems, readParameters } from './parameters.ts';
import type { Environment, KindsAt } from './variables.ts';

/** A lab file with all that it stands for. */
export interface ComposedLab {
  readonly tree: LabTree;
  /** Of included files and variables; those of the YAML of the lab file itself are not among them. */
  readonly problems: readonly Problem[];
  readonly pathProblems: readonly PathProblem[];
  readonly included: readonly LabFile[];
  /** The YAML of an included file is broken. */
  readonly isBroken: boolean;
}

/** What the text of a lab file is put together with. */
export interface Surroundings {
  /** Absolute path of the lab file. */
  readonly path: string;
  readonly environment: Environment;
  readonly kindsAt: KindsAt;
  /** Values of parameters in place of their defaults. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

/**
 * Puts the data of a lab together from its file: variables of the environment, the files that it includes, environment
 * files, parameters; then replaces each entry that stands for several by all of them.
 */
export async function composeLab(
  source: YamlSource,
  text: string,
  { path, parameters: given, ...variables }: Surroundings,
): Promise<ComposedLab> {
  const { tree, problems, files, isBroken } = await includeFiles({ source, text }, path, variables);
  const inFiles = await readEnvFiles(tree, dirname(path));
  const parameters = readParameters(tree, given);
  tree.parameters = parameters;
  const wrongNames = parameterProblems(tree);
  const many = expandLab(tree, (name) => parameters.get(name)?.value);
  return { tree, problems, pathProblems: [...inFiles, ...wrongNames, ...many], included: files, isBroken };
}
