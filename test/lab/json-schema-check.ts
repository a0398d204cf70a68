import { isDeepStrictEqual } from 'node:util';
import type { JsonSchema } from '../../src/lab/fields/json-schema.ts';

/** What our schema uses of JSON Schema beyond `JsonSchema`. */
type Full = JsonSchema & {
  readonly $ref?: string;
  readonly oneOf?: Full[];
  readonly propertyNames?: Full;
  readonly patternProperties?: Readonly<Record<string, Full>>;
  readonly minItems?: number;
  readonly minProperties?: number;
  readonly minLength?: number;
};

/** A small validator for the part of JSON Schema that our schema uses, so that no library is needed to know what an editor would say. */
export function schemaFaults(schema: object, value: unknown, root: object = schema, path = '$'): string[] {
  const full = schema as Full;
  const check = (inner: object, part: unknown, at = path): string[] => schemaFaults(inner, part, root, at);
  const problems: string[] = [];
  const demand = (holds: boolean, what: string): void => void (holds || problems.push(`${path}: ${what}`));

  if (full.$ref !== undefined) problems.push(...check((root as Full).$defs![full.$ref.split('/').at(-1)!]!, value));
  if (full.type !== undefined)
    demand(
      [full.type].flat().some((type) => hasType(value, type)),
      `type ${String(full.type)}`,
    );
  if (full.const !== undefined) demand(isDeepStrictEqual(value, full.const), 'const');
  if (full.enum !== undefined) demand(full.enum.includes(value), 'enum');
  if (full.anyOf)
    demand(
      full.anyOf.some((form) => check(form, value).length === 0),
      'anyOf',
    );
  if (full.oneOf) demand(full.oneOf.filter((form) => check(form, value).length === 0).length === 1, 'oneOf');
  if (typeof value === 'string') {
    if (full.pattern !== undefined) demand(new RegExp(full.pattern, 'u').test(value), 'pattern');
    demand(value.length >= (full.minLength ?? 0), 'minLength');
  }
  if (typeof value === 'number')
    demand(value >= (full.minimum ?? -Infinity) && value <= (full.maximum ?? Infinity), 'range');
  if (Array.isArray(value)) {
    demand(value.length >= (full.minItems ?? 0), 'minItems');
    if (full.items) problems.push(...value.flatMap((item, index) => check(full.items!, item, `${path}[${index}]`)));
  } else if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    demand(entries.length >= (full.minProperties ?? 0), 'minProperties');
    for (const name of full.required ?? []) demand(Object.hasOwn(value, name), `required ${name}`);
    for (const [name, part] of entries) {
      if (full.propertyNames) problems.push(...check(full.propertyNames, name));
      const pattern = Object.keys(full.patternProperties ?? {}).find((each) => new RegExp(each, 'u').test(name));
      const known =
        full.properties && Object.hasOwn(full.properties, name)
          ? full.properties[name]
          : pattern === undefined
            ? full.additionalProperties
            : full.patternProperties![pattern];
      if (known === false) problems.push(`${path}.${name}: unknown`);
      else if (typeof known === 'object') problems.push(...check(known, part, `${path}.${name}`));
    }
  }
  return problems;
}

function hasType(value: unknown, type: string): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}
