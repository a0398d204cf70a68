import { say } from '../../core/language/say.ts';
import { namesOf } from './known-names.ts';
import { allOf, show, type StepPart } from './step-part.ts';

/** The name of a program. */
export function parseRole(part: StepPart, example: string): string | undefined {
  if (typeof part.value === 'string') return knownRole(part, part.value, 'value');
  return part.wrong(say`must be the name of a program, not ${show(part.value)}`, say`for example: ${example}`);
}

/** One name of a program, or a list of them. */
export function parseRoles(part: StepPart, example: string): string[] | undefined {
  const names = part.items() ?? [part];
  if (names.length === 0) return part.wrong(say`needs at least one program`, say`for example: ${example}`);
  return allOf(names.map((name) => parseRole(name, example)));
}

/** A map from programs to something; `parse` reads each value. */
export function parseRoleMap<T>(
  part: StepPart,
  example: string,
  parse: (part: StepPart) => T | undefined,
): [string, T][] | undefined {
  const entries = part.entries();
  if (!entries || entries.length === 0)
    return part.wrong(
      entries
        ? say`must be a map from programs, not an empty one`
        : say`must be a map from programs, not ${show(part.value)}`,
      say`for example: ${example}`,
    );
  const parsed = entries.map(([name, value]): [string, T] | undefined => {
    const role = knownRole(value, name, 'key');
    const result = parse(value);
    return role === undefined || result === undefined ? undefined : [role, result];
  });
  return allOf(parsed);
}

function knownRole(part: StepPart, name: string, at: 'key' | 'value'): string | undefined {
  const found = part.lab.programs.get(name);
  if (found?.service !== undefined)
    return part.wrongAt(
      at,
      say`"${name}" is a service, which "lab up" starts and nobody types to`,
      say`programs of a scenario may talk to it as it is; for the scenario to start it, move it under programs:`,
    );
  if (found !== undefined) return name;
  const hint = namesOf(part.lab).programs.suggestion(name) ?? say`add it under programs:`;
  return part.wrongAt(at, say`there is no program "${name}"`, hint);
}
