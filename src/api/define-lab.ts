import type { LabDefinition } from './lab-definition.ts';

/**
 * A lab that is written in TypeScript instead of YAML: it may say what a `lab.yaml` may say, and a pattern may be a
 * regular expression. Returns what it is given, with its type checked; `openLab` checks all else, as for a file.
 */
export function defineLab(definition: LabDefinition): LabDefinition {
  return definition;
}

/** The same as the text of a lab file: JSON is YAML. */
export function textOfDefinition(definition: LabDefinition): string {
  return JSON.stringify(definition, (_key, value: unknown) => (value instanceof RegExp ? String(value) : value), 2);
}
