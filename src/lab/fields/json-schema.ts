import * as z from 'zod';
import { editorSchema } from './editor-schema.ts';
import { labFields } from './fields.ts';
import type { Path } from '../problem.ts';
import type { JsonSchema } from './schema-form.ts';

export type { JsonSchema } from './schema-form.ts';

/** What other rooms know of lab files. */
export interface KnownElsewhere {
  /** What `provider` may be. */
  readonly providers: readonly string[];
  /** The JSON Schema of a step of a scenario. */
  readonly step: JsonSchema;
}

/** The JSON Schema of `lab.yaml`, draft 2020-12, with descriptions and examples for editors. */
export function labJsonSchema(known: KnownElsewhere): JsonSchema {
  return completed(editorSchema(fieldsSchema()), known);
}

/** The same for who makes a lab in a program: nothing in it stands for something else. */
export function labDataSchema(known: KnownElsewhere): JsonSchema {
  return completed(fieldsSchema(), known);
}

function completed({ properties, ...rest }: JsonSchema, { providers, step }: KnownElsewhere): JsonSchema {
  return {
    ...rest,
    properties: { ...properties, provider: { ...properties?.['provider'], enum: providers } },
    title: 'lab.yaml',
    $defs: { step },
  };
}

let fields: JsonSchema | undefined;

/** The part of it that this room knows by itself. */
function fieldsSchema(): JsonSchema {
  fields ??= z.toJSONSchema(labFields, { io: 'input', override: keepExamples }) as JsonSchema;
  return fields;
}

/** The library drops examples where a text is read into something else; ours show what is written. */
function keepExamples({ zodSchema, jsonSchema }: Place): void {
  const examples = z.globalRegistry.get(zodSchema)?.examples;
  if (Array.isArray(examples)) jsonSchema.examples = examples as unknown[];
}

interface Place {
  readonly zodSchema: z.core.$ZodType;
  readonly jsonSchema: z.core.JSONSchema.BaseSchema;
}

/**
 * What the schema says about the value at a path, outside of steps: its description, its examples, its fields.
 * Undefined where no field can be.
 */
export function schemaAt(path: Path): JsonSchema | undefined {
  let here: JsonSchema | undefined = fieldsSchema();
  for (const part of path) here = here && childOf(here, part);
  return here;
}

function childOf(parent: JsonSchema, part: string | number): JsonSchema | undefined {
  const { properties = {}, additionalProperties, items, anyOf = [] } = parent;
  if (typeof part === 'number') {
    if (items) return items;
  } else if (Object.hasOwn(properties, part)) {
    return properties[part];
  } else if (typeof additionalProperties === 'object') {
    return additionalProperties;
  }
  return anyOf.map((branch) => childOf(branch, part)).find((found) => found !== undefined);
}

/** The names of the fields that a map described by this schema can have. */
export function fieldNames(parent: JsonSchema): string[] {
  return [...Object.keys(parent.properties ?? {}), ...(parent.anyOf ?? []).flatMap(fieldNames)];
}

/** What the field at a path may be: `number`, `boolean`, `string`, `object`, `array`; empty where no field can be. */
export function kindsAt(path: Path): ReadonlySet<string> {
  return new Set(kindsOf(schemaAt(path) ?? {}));
}

function kindsOf({ type = [], anyOf = [] }: JsonSchema): string[] {
  return [...[type].flat().map((kind) => (kind === 'integer' ? 'number' : kind)), ...anyOf.flatMap(kindsOf)];
}
