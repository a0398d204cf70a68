import { say } from '../../core/language/say.ts';

/** Parts of the JSON Schema of steps that several verbs share. */

export const roleSchema = { type: 'string', description: say`Name of a program.` };
export const textSchema = { type: 'string', description: say`Text.` };
export const patternSchema = {
  type: 'string',
  description: say`Text that must be contained, or \`/regular expression/\`.`,
  minLength: 1,
};
export const timeSchema = {
  type: 'string',
  pattern: String.raw`^\d+(\.\d+)? ?(ms|s|min)$`,
  description: say`A time with its unit.`,
  examples: ['5s', '500ms', '2min'],
};
export const signalSchema = { type: 'string', description: say`Name of a signal.`, examples: ['INT', 'TERM', 'KILL'] };
export const endSchema = { anyOf: [{ type: 'integer', minimum: 0, maximum: 255 }, signalSchema] };
export const rolesSchema = { anyOf: [roleSchema, { type: 'array', minItems: 1, items: roleSchema }] };

/** A map from names, of programs or machines, to values of this schema. */
export function mapSchema(value: object): object {
  return { type: 'object', minProperties: 1, additionalProperties: value };
}
