import type { JsonSchema } from './schema-form.ts';

type Schema = JsonSchema & { readonly patternProperties?: Readonly<Record<string, object>> };

/** What may stand in place of any value: `${NAME}`. */
const VARIABLE = String.raw`\$\{`;
/** In entries that may stand for several: also `{n}`, and addresses that count up. */
const COUNTED = String.raw`\$\{|\{[A-Za-z_]|\+(?:/\w+)?$`;
/** Maps whose entries may have fields that start with `x-`. */
const extended: ReadonlySet<string> = new Set(['networks', 'machines', 'programs', 'services', 'scenarios', 'params']);
const many: ReadonlySet<string> = new Set(['machines', 'programs', 'services']);
const extensions = { '^x-': {} };

/**
 * The schema of `lab.yaml` as it is written, for editors, made of the one that holds when all is replaced that stands
 * for something else: variables, numbers of machines, included files, fields that start with `x-`.
 */
export function editorSchema({ required = [], ...schema }: JsonSchema): JsonSchema {
  const properties = Object.entries(schema.properties ?? {}).map(([name, field]) => {
    const written = name === 'scenarios' ? field : asWritten(field, many.has(name) ? COUNTED : VARIABLE);
    return [name, extended.has(name) ? withExtensions(written) : written];
  });
  const written: Schema = {
    ...schema,
    properties: Object.fromEntries(properties) as Readonly<Record<string, JsonSchema>>,
    patternProperties: extensions,
    required: required.filter((name) => name !== 'machines'),
    anyOf: [{ required: ['machines'] }, { required: ['include'] }],
  };
  return written;
}

/** Where the values of a map of entries are maps, these may have more fields. */
function withExtensions(schema: JsonSchema): JsonSchema {
  const { additionalProperties: entry, anyOf } = schema;
  return {
    ...schema,
    ...(typeof entry === 'object' && { additionalProperties: openForms(entry) }),
    ...(anyOf && { anyOf: anyOf.map(withExtensions) }),
  };
}

function openForms(entry: JsonSchema): JsonSchema {
  const open: Schema = {
    ...entry,
    ...(entry.properties && { patternProperties: extensions }),
    ...(entry.anyOf && { anyOf: entry.anyOf.map(openForms) }),
  };
  return open;
}

function asWritten(schema: JsonSchema, also: string): JsonSchema {
  const { type, pattern, properties, additionalProperties, items, anyOf } = schema;
  const isNumber = type === 'integer' || type === 'number' || type === 'boolean';
  return {
    ...schema,
    ...(pattern !== undefined && { pattern: `${pattern}|${also}` }),
    ...(isNumber && schema.const === undefined && { type: [type, 'string'], pattern: also }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, asWritten(field, also)])),
    }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: asWritten(additionalProperties, also) }),
    ...(items && { items: asWritten(items, also) }),
    ...(anyOf && { anyOf: anyOf.map((form) => asWritten(form, also)) }),
  };
}
