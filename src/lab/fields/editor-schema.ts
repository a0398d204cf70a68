import type { JsonSchema } from './schema-form.ts';

type Schema = JsonSchema & { readonly patternProperties?: Readonly<Record<string, object>> };

/** What may stand in place of any value: `${NAME}`. */
const VARIABLE = String.raw`\$\{`;
/** In entries that may stand for several: also `{n}`, and addresses that count up. */
const COUNTED = String.raw`\$\{|\{[A-Za-z_]|\+(?:/\w+|:\d+)?$`;
const many: ReadonlySet<string> = new Set(['machines', 'programs', 'services']);
const extensions = { '^x-': {} };

/**
 * The schema of `lab.yaml` as it is written, for editors, made of the one that holds when all is replaced that stands
 * for something else: variables, numbers of machines, included files, fields that start with `x-`.
 */
export function editorSchema({ required = [], ...schema }: JsonSchema): JsonSchema {
  const properties = Object.entries(schema.properties ?? {}).map(([name, field]) => {
    const written = name === 'scenarios' ? field : asWritten(field, many.has(name) ? COUNTED : VARIABLE);
    return [name, withExtensions(written, name === 'scenarios' ? ['steps'] : undefined)];
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

/** With more fields in each map of fields; `into`: only those fields are looked into. */
function withExtensions(schema: JsonSchema, into?: readonly string[]): JsonSchema {
  const { additionalProperties, anyOf, items, properties } = schema;
  const open: Schema = {
    ...schema,
    ...(properties && { patternProperties: extensions, properties: opened(properties, into) }),
    ...(typeof additionalProperties === 'object' && {
      additionalProperties: withExtensions(additionalProperties, into),
    }),
    ...(items && { items: withExtensions(items, into) }),
    ...(anyOf && { anyOf: anyOf.map((form) => withExtensions(form, into)) }),
  };
  return open;
}

function opened(
  properties: Readonly<Record<string, JsonSchema>>,
  into: readonly string[] | undefined,
): Readonly<Record<string, JsonSchema>> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, field]) => [
      name,
      into === undefined || into.includes(name) ? withExtensions(field, into) : field,
    ]),
  );
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
