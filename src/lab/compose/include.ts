import { realpath } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { messageOf, systemCode } from '../../core/errors.ts';
import { isInside, realPathSoFar } from '../../core/files/inside.ts';
import { say } from '../../core/language/say.ts';
import { quoted } from '../fields/text-rule.ts';
import type { Path, PathProblem, Problem } from '../problem.ts';
import { readLabFile } from '../yaml/read-lab-file.ts';
import { YamlSource } from '../yaml/yaml-source.ts';
import { LabTree, mapOf, valueAt, type LabFile } from './lab-tree.ts';
import { readLayer, type Environment, type KindsAt } from './variables.ts';

/** So often files may be included in one lab, each time counted, so that a mistake ends. */
const MOST_INCLUSIONS = 64;
/** Files that include each other may form a chain so long. */
const LONGEST_CHAIN = 8;

/** A lab file with all that it includes. */
export interface Composition {
  readonly tree: LabTree;
  readonly problems: readonly Problem[];
  /** The included files, in the order in which they were read. */
  readonly files: readonly LabFile[];
  /** The YAML of an included file is broken: nothing can be called missing. */
  readonly isBroken: boolean;
}

/**
 * Reads the files that a lab file includes, and those that they include. Maps are joined field by field; where both have
 * a value, that of the including file counts, and among included files that of the later one.
 */
export async function includeFiles(
  file: LabFile,
  path: string,
  variables: { readonly environment: Environment; readonly kindsAt: KindsAt },
): Promise<Composition> {
  const folder = resolve(path, '..');
  const realFolder = await realpath(folder).catch(() => folder);
  const reader = new IncludeReader({ folder, realFolder }, variables);
  const tree = await reader.layer(file, [await realpath(path).catch(() => path)]);
  return { tree, problems: reader.problems, files: reader.files, isBroken: reader.isBroken };
}

interface Folders {
  readonly folder: string;
  /** The same without links. */
  readonly realFolder: string;
}

class IncludeReader {
  readonly problems: Problem[] = [];
  readonly files: LabFile[] = [];
  isBroken = false;
  readonly #folders: Folders;
  readonly #variables: { readonly environment: Environment; readonly kindsAt: KindsAt };
  readonly #known = new Map<string, LabFile>();
  #inclusions = 0;

  constructor(folders: Folders, variables: { readonly environment: Environment; readonly kindsAt: KindsAt }) {
    this.#folders = folders;
    this.#variables = variables;
  }

  /** `chain`: the real paths of the files that lead here, this one last. */
  async layer(file: LabFile, chain: readonly string[]): Promise<LabTree> {
    const { tree, problems } = readLayer(file, this.#variables);
    for (const problem of problems) this.problems.push(tree.problemOf(problem));
    const written = mapOf(tree.data)?.['include'];
    if (written === undefined || written === null) return tree;
    const isList = Array.isArray(written);
    const entries = isList ? (written as unknown[]) : [written];
    let below: LabTree | undefined;
    for (const [index, entry] of entries.entries()) {
      const at = isList ? ['include', index] : ['include'];
      // One after the other: problems come in the order of the files.
      const included = await this.#include(entry, { tree, at, chain });
      if (included && mapOf(included.data)) below = below ? joined(included, below) : included;
    }
    return below ? joined(tree, below) : tree;
  }

  async #include(
    entry: unknown,
    { tree, at, chain }: { readonly tree: LabTree; readonly at: Path; readonly chain: readonly string[] },
  ): Promise<LabTree | undefined> {
    const path = typeof entry === 'string' ? entry : valueAt(entry, ['path']);
    const wrong = (message: string, hint: string): undefined =>
      void this.problems.push(tree.problemOf({ path: at, message, hint } satisfies PathProblem));
    // In the lab file itself, the fields are checked with all others.
    if (typeof path !== 'string' || path.trim() === '')
      return chain.length === 1 ? undefined : wrong(say`must be the name of a file`, 'include: [common.yaml]');
    if (chain.length >= LONGEST_CHAIN)
      return wrong(
        say`more than ${LONGEST_CHAIN} files include each other in a row`,
        say`include it in the lab file itself`,
      );
    const whole = resolve(this.#folders.folder, path);
    const real = await realPathSoFar(whole).catch(() => whole);
    if (!isInside(this.#folders.realFolder, real) && valueAt(entry, ['outside']) !== true)
      return wrong(
        say`${quoted(path)} lies outside the folder of lab.yaml`,
        say`copy it into the folder; if it is meant, write { path: ${path}, outside: true }`,
      );
    if (chain.includes(real))
      return wrong(say`${quoted(path)} includes itself`, say`${this.#circle(chain, real)}: remove one of these lines`);
    this.#inclusions++;
    if (this.#inclusions > MOST_INCLUSIONS)
      return this.#inclusions > MOST_INCLUSIONS + 1
        ? undefined
        : wrong(say`is one file too many: a lab may include ${MOST_INCLUSIONS}`, say`put them together`);
    const file = this.#known.get(real) ?? (await this.#read(path, real, wrong));
    if (file === undefined) return undefined;
    this.#known.set(real, file);
    return this.layer(file, [...chain, real]);
  }

  /** `lab.yaml → a.yaml → lab.yaml`. */
  #circle(chain: readonly string[], real: string): string {
    const names = [...chain.slice(chain.indexOf(real)), real].map((each) => relative(this.#folders.realFolder, each));
    return names.join(' → ');
  }

  async #read(
    path: string,
    real: string,
    wrong: (message: string, hint: string) => undefined,
  ): Promise<LabFile | undefined> {
    const read = await readLabFile(real).catch((error: unknown) =>
      wrong(
        isMissing(error)
          ? say`there is no file ${quoted(path)}`
          : say`${quoted(path)} cannot be included: ${messageOf(error)}`,
        say`paths start at the folder of lab.yaml`,
      ),
    );
    if (read === undefined) return undefined;
    const source = new YamlSource(read.text);
    const file: LabFile = { source, text: read.text, name: nameOf(path) };
    this.files.push(file);
    const isWrongRoot = mapOf(source.data) === undefined && source.data !== null;
    const broken = source.problems.some(({ breaks }) => breaks) || read.problem !== undefined;
    this.isBroken ||= broken;
    const found = [
      ...(read.problem ? [read.problem] : []),
      ...source.problems.map((problem) => source.problemOfYaml(problem)),
    ];
    for (const problem of found)
      this.problems.push({ ...problem, position: { ...problem.position, file: nameOf(path) } });
    if (isWrongRoot && !broken && found.length === 0)
      return wrong(say`${quoted(path)} holds no "name: value" lines`, say`it is written as lab.yaml is`);
    return broken || isWrongRoot ? undefined : file;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && systemCode(error.cause) === 'ENOENT';
}

/** From the folder of the lab file, as it is shown. */
function nameOf(path: string): string {
  return join(path);
}

/** Both trees as one; where both have a value, that of `over` counts. */
function joined(over: LabTree, under: LabTree): LabTree {
  const tree = new LabTree(over.originOf([]).file, undefined);
  tree.adopt(over, [], []);
  const { include: _include, version, ...lower } = mapOf(under.data)!;
  const upper = mapOf(over.data) ?? {};
  const ownVersion = upper['version'] === undefined && version !== undefined ? { version } : {};
  tree.data = mergedMaps({ ...ownVersion, ...lower }, upper, { tree, under, path: [] });
  return tree;
}

/** The version of the lab file itself comes first, and its order is that of the names that both have. */
function mergedMaps(
  lower: Readonly<Record<string, unknown>>,
  upper: Readonly<Record<string, unknown>>,
  { tree, under, path }: { readonly tree: LabTree; readonly under: LabTree; readonly path: Path },
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  // An empty value says nothing: "programs:" with nothing behind it.
  const has = (key: string): boolean => Object.hasOwn(upper, key) && upper[key] !== null;
  for (const [key, value] of Object.entries(lower)) {
    const here = [...path, key];
    const [below, above] = [mapOf(value), has(key) ? mapOf(upper[key]) : undefined];
    if (!has(key)) {
      result[key] = value;
      tree.adopt(under, here, here);
    } else {
      result[key] = below && above ? mergedMaps(below, above, { tree, under, path: here }) : upper[key];
    }
  }
  for (const [key, value] of Object.entries(upper)) if (!Object.hasOwn(result, key)) result[key] = value;
  return result;
}
