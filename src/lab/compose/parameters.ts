import { UsageError } from '../../core/errors.ts';
import { KnownWords } from '../../core/text/suggest.ts';
import { say } from '../../core/language/say.ts';
import type { PathProblem } from '../problem.ts';
import type { LabParameter } from '../types.ts';
import { mapOf, type LabTree } from './lab-tree.ts';

/** What `{…}` means without being a parameter. */
export const ownNames: readonly string[] = ['n', 'machine'];

/** A name that can stand in braces. */
export const PARAMETER_NAME = /^[A-Za-z_][\w-]*$/;

/** The parameters of a lab, with the values that are given in place of their defaults. */
export function readParameters(
  tree: LabTree,
  given: Readonly<Record<string, string>> = {},
): ReadonlyMap<string, LabParameter> {
  const entries = Object.entries(mapOf(mapOf(tree.data)?.['params']) ?? {});
  return new Map(
    entries.map(([name, value]) => {
      const options = mapOf(value);
      const path = options === undefined ? ['params', name] : ['params', name, 'default'];
      const byDefault = tree.textAt(path);
      const description = options?.['description'];
      return [
        name,
        {
          name,
          value: Object.hasOwn(given, name) ? given[name] : byDefault,
          ...(byDefault !== undefined && { byDefault }),
          ...(typeof description === 'string' && { description }),
        },
      ];
    }),
  );
}

/** @throws {UsageError} `wrong-parameter` when a value is given for a parameter that there is not. */
export function checkParameters(
  given: Readonly<Record<string, string>>,
  known: ReadonlyMap<string, LabParameter>,
): void {
  const words = new KnownWords(known.keys());
  for (const name of Object.keys(given)) {
    if (known.has(name)) continue;
    throw new UsageError(say`the lab has no parameter "${name}"`, {
      code: 'wrong-parameter',
      hint:
        known.size === 0
          ? say`Add it to the lab file: params: { ${name}: VALUE }`
          : (words.suggestion(name) ?? say`Known: ${[...known.keys()].join(', ')}.`),
    });
  }
}

/** @throws {UsageError} `parameter-missing` when one has no value. */
export function requireParameters(params: ReadonlyMap<string, LabParameter> = new Map()): void {
  for (const { name, value, description } of params.values()) {
    if (value !== undefined) continue;
    throw new UsageError(
      description === undefined
        ? say`the parameter "${name}" has no value`
        : say`the parameter "${name}" has no value (${description})`,
      { code: 'parameter-missing', hint: say`Give it one: -p ${name}=VALUE; or a "default" in the lab file.` },
    );
  }
}

/** Names of parameters that mean something else, or cannot stand in braces. */
export function parameterProblems(tree: LabTree): PathProblem[] {
  return Object.keys(mapOf(mapOf(tree.data)?.['params']) ?? {}).flatMap((name): PathProblem[] => {
    const path = ['params', name];
    if (ownNames.includes(name))
      return [
        {
          path,
          at: 'key',
          message: say`{${name}} has a meaning of its own`,
          hint: say`give the parameter another name`,
        },
      ];
    if (PARAMETER_NAME.test(name)) return [];
    return [
      {
        path,
        at: 'key',
        message: say`is no name of a parameter`,
        hint: say`use letters, digits, "-" and "_", a letter first: params: { name: World }`,
      },
    ];
  });
}
