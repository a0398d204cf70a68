import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import packageJson from '../../package.json' with { type: 'json' };
import { labDataSchema, type JsonSchema } from '../../src/lab/fields/json-schema.ts';
import { allProviders } from '../../src/providers/registry.ts';
import { stepJsonSchema } from '../../src/scenario/step-schema.ts';

/**
 * Writes the types of `defineLab` from the JSON Schema of lab files, which is made from their fields and the verbs of
 * steps: there is one source of what a lab can say.
 */
const file = join(import.meta.dirname, '../../src/api/lab-definition.ts');

/** Maps with a name of their own, by their path in the schema; `*` is any name. */
const NAMES: Readonly<Record<string, string>> = {
  '': 'LabDefinition',
  'networks.*': 'NetworkDefinition',
  'machines.*': 'MachineDefinition',
  'machines.*.interfaces.*': 'InterfaceDefinition',
  'programs.*': 'ProgramDefinition',
  'services.*': 'ServiceDefinition',
  'scenarios.*': 'ScenarioDefinition',
};

/** In a text of this kind, a program writes a pattern as one. */
const PATTERN = '`/regular expression/`';

/** The whole file. */
export async function definitionTypes(): Promise<string> {
  const schema = labDataSchema({ providers: allProviders.names, step: stepJsonSchema() });
  const types = new Types();
  types.typeOf(schema, '');
  const parts = [
    '/* Written by "npm run reference" from the fields of lab.yaml: do not edit. */\n',
    ...types.texts.toReversed(),
    ...stepTypes(schema.$defs!['step']!),
  ];
  return format(parts.join('\n'), { ...(packageJson.prettier as object), parser: 'typescript' });
}

/** What this file holds now. */
export function writtenDefinitionTypes(): string {
  return readFileSync(file, 'utf8');
}

class Types {
  /** Of those with a name, inner ones first. */
  readonly texts: string[] = [];

  typeOf(schema: JsonSchema, path: string): string {
    const { $ref, type, anyOf, properties, additionalProperties, items } = schema as JsonSchema & { $ref?: string };
    if ($ref !== undefined) return 'Step';
    if (schema.const !== undefined) return JSON.stringify(schema.const).replaceAll('"', "'");
    if (schema.enum !== undefined) return schema.enum.map((value) => `'${String(value)}'`).join(' | ');
    if (anyOf !== undefined) return [...new Set(anyOf.map((one) => this.typeOf(one, path)))].join(' | ');
    if (items !== undefined) return listOf(this.typeOf(items, path));
    if (properties !== undefined) return this.#map(schema, path);
    if (typeof additionalProperties === 'object')
      return `{ readonly [name: string]: ${this.typeOf(additionalProperties, child(path, '*'))} }`;
    return scalar([type ?? 'unknown'].flat(), schema.description);
  }

  #map(schema: JsonSchema, path: string): string {
    const name = NAMES[path];
    const fields = this.fields(schema, path);
    if (name === undefined) return `{ ${fields.map(({ code }) => code).join(' ')} }`;
    const body = fields.map(({ doc, code }) => `${comment(doc, '  ')}  ${code}\n`).join('');
    this.texts.push(`${comment(schema.description)}export interface ${name} {\n${body}}\n`);
    return name;
  }

  fields({ properties = {}, required = [] }: JsonSchema, path: string): { doc: string | undefined; code: string }[] {
    return Object.entries(properties).map(([name, field]) => {
      const key = /^\w+$/.test(name) ? name : `'${name}'`;
      const type = this.typeOf(field, child(path, name));
      const code = required.includes(name) ? `readonly ${key}: ${type};` : `readonly ${key}?: ${type} | undefined;`;
      return { doc: field.description, code };
    });
  }
}

/** A step has one verb, and perhaps a time limit. */
function stepTypes({ properties = {} }: JsonSchema): string[] {
  const { timeout, ...verbs } = properties;
  const types = new Types();
  const texts = Object.entries(verbs).map(([verb, schema]) => {
    const fields = types.fields({ properties: { [verb]: schema, timeout: timeout! }, required: [verb] }, 'step');
    const body = fields.map(({ doc, code }) => `${comment(doc, '  ')}  ${code}\n`).join('');
    return `/** The step \`${verb}\`. */\nexport interface ${stepName(verb)} {\n${body}}\n`;
  });
  const union = Object.keys(verbs).map(stepName).join(' | ');
  return [`/** One step of a scenario. */\nexport type Step = ${union};\n`, ...texts];
}

function stepName(verb: string): string {
  return `${verb.charAt(0).toUpperCase()}${verb.slice(1)}Step`;
}

function scalar(kinds: readonly string[], description = ''): string {
  const names = kinds.map((kind) => (kind === 'integer' ? 'number' : kind));
  return [...names, ...(description.includes(PATTERN) ? ['RegExp'] : [])].join(' | ');
}

function listOf(type: string): string {
  return `readonly ${type.includes(' ') ? `(${type})` : type}[]`;
}

function child(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** Characters of a line of a comment. */
const WIDTH = 110;

function comment(text: string | undefined, indent = ''): string {
  if (text === undefined) return '';
  const lines = [''];
  for (const word of text.replaceAll('*/', '*\\/').split(' ')) {
    if (lines.at(-1)!.length + word.length > WIDTH) lines.push('');
    lines.push(`${lines.pop()!} ${word}`.trimStart());
  }
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`;
}

/** Writes it when it is not as it is to be. */
export async function writeDefinitionTypes(): Promise<void> {
  writeFileSync(file, await definitionTypes());
}
