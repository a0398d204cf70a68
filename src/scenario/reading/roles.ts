import { say } from '../../core/language/say.ts';
import { matchesName, numberOfName } from '../../lab/name-pattern.ts';
import { namesOf } from './known-names.ts';
import { allOf, show, type StepPart } from './step-part.ts';

/**
 * What a step says of one program. `group`: the pattern (`client-*`) that stands for it; those of one pattern are played
 * at once.
 */
export type RoleEntry<T> = readonly [role: string, value: T, group?: string | undefined];

/** The name of a program. */
export function parseRole(part: StepPart, example: string): string | undefined {
  if (typeof part.value === 'string') return knownRole(part, part.value, 'value');
  return part.wrong(say`must be the name of a program, not ${show(part.value)}`, say`for example: ${example}`);
}

/** One name of a program, or a list of them; each may be a pattern. */
export function parseRoles(part: StepPart, example: string): RoleEntry<undefined>[] | undefined {
  const names = part.items() ?? [part];
  if (names.length === 0) return part.wrong(say`needs at least one program`, say`for example: ${example}`);
  const exact = new Set(names.map(({ value }) => value));
  return allOf(
    names.map((name): RoleEntry<undefined>[] | undefined => {
      const { value } = name;
      if (typeof value === 'string' && value.includes('*'))
        return rolesLike(name, value, 'value')
          ?.filter((role) => !exact.has(role))
          .map((role) => [role, undefined, value]);
      const role = parseRole(name, example);
      return role === undefined ? undefined : [[role, undefined]];
    }),
  )?.flat();
}

/** A map from programs, or patterns of their names, to something; `parse` reads each value, for each program anew. */
export function parseRoleMap<T>(
  part: StepPart,
  example: string,
  parse: (part: StepPart) => T | undefined,
): RoleEntry<T>[] | undefined {
  const entries = part.entries();
  if (!entries || entries.length === 0)
    return part.wrong(
      entries
        ? say`must be a map from programs, not an empty one`
        : say`must be a map from programs, not ${show(part.value)}`,
      say`for example: ${example}`,
    );
  const exact = new Set(entries.map(([name]) => name));
  const parsed = entries.map(([name, value]): RoleEntry<T>[] | undefined => {
    if (name.includes('*')) return parseForAll(name, value, { exact, parse });
    const role = knownRole(value, name, 'key');
    const result = parse(role === undefined ? value : value.of(role, part.lab.programs.get(role)?.instance?.number));
    return role === undefined || result === undefined ? undefined : [[role, result]];
  });
  return allOf(parsed)?.flat();
}

/** What is said of a program by its name counts before what is said of all. */
function parseForAll<T>(
  pattern: string,
  value: StepPart,
  { exact, parse }: { readonly exact: ReadonlySet<string>; readonly parse: (part: StepPart) => T | undefined },
): RoleEntry<T>[] | undefined {
  const roles = rolesLike(value, pattern, 'key');
  const results: RoleEntry<T>[] = [];
  for (const role of roles ?? []) {
    if (exact.has(role)) continue;
    const result = parse(value.of(role, value.lab.programs.get(role)?.instance?.number ?? numberOfName(role)));
    // What is wrong for one is mostly wrong for all, and told of once.
    if (result === undefined) return undefined;
    results.push([role, result, pattern]);
  }
  return roles && results;
}

/** The programs whose names a pattern means, in the order of the lab file; services are no parts of scenarios. */
function rolesLike(part: StepPart, pattern: string, at: 'key' | 'value'): readonly string[] | undefined {
  const { programs } = part.lab;
  const found = [...programs.values()].filter(
    ({ name, service }) => service === undefined && matchesName(pattern, name),
  );
  if (found.length > 0) return found.map(({ name }) => name);
  return part.wrongAt(
    at,
    say`no program has a name like "${pattern}"`,
    namesOf(part.lab).programs.suggestion(pattern) ?? say`add it under programs:`,
  );
}

function knownRole(part: StepPart, name: string, at: 'key' | 'value'): string | undefined {
  const { programs } = part.lab;
  const found = programs.get(name);
  if (found?.service !== undefined)
    return part.wrongAt(
      at,
      say`"${name}" is a service, which "lab up" starts and nobody types to`,
      say`programs of a scenario may talk to it as it is; for the scenario to start it, move it under programs:`,
    );
  if (found !== undefined) return name;
  const many = [...programs.values()].filter(({ instance }) => instance?.of === name);
  if (many.length > 0)
    return part.wrongAt(
      at,
      say`"${name}" is ${many.length} programs`,
      say`${name}-* stands for all of them; one of them is ${many[0]!.name}`,
    );
  const hint = namesOf(part.lab).programs.suggestion(name) ?? say`add it under programs:`;
  return part.wrongAt(at, say`there is no program "${name}"`, hint);
}
