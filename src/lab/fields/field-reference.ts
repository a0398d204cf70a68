import { flow } from '../yaml/flow.ts';
import { fieldsJsonSchema, type JsonSchema } from './json-schema.ts';
import { stepReference } from './steps-schema.ts';

/** The tables of the reference: their heading, and the path of the map whose fields they list. */
const referenceTables: readonly (readonly [heading: string, path: readonly string[]])[] = [
  ['lab.yaml', []],
  ['networks.NAME', ['networks', '*']],
  ['machines.NAME', ['machines', '*']],
  ['machines.NAME.interfaces.NAME', ['machines', '*', 'interfaces', '*']],
  ['machines.NAME.ssh', ['machines', '*', 'ssh']],
  ['programs.NAME', ['programs', '*']],
  ['report', ['report']],
];

/** The fields of `lab.yaml` and the steps of scenarios as Markdown tables, made from the schema; part of the README. Ends with a newline. */
export function labFieldReference(): string {
  const tables = referenceTables.map(([heading, path]) => fieldTable(heading, mapAt(fieldsJsonSchema(), path)));
  return [...tables, stepTable()].join('\n');
}

function fieldTable(heading: string, map: JsonSchema): string {
  const rows = Object.entries(map.properties ?? {}).map(([name, field]) => {
    const need = map.required?.includes(name) ? 'yes' : '';
    const [first] = field.examples ?? [];
    return row([`\`${name}\``, need, field.description ?? '', first === undefined ? '' : `\`${flow(first)}\``]);
  });
  return table(`\`${heading}\`: ${map.description ?? ''}`, ['field', 'needed', 'meaning', 'example'], rows);
}

function stepTable(): string {
  const rows = stepReference().map(({ verb, description, example }) =>
    row([`\`${verb}\``, description, `\`- ${flow(example).slice(2, -2)}\``]),
  );
  const title = '`scenarios.NAME`: a list of steps; any step may carry a time limit beside its verb: `timeout: 5s`.';
  return table(title, ['step', 'meaning', 'example'], rows);
}

function table(title: string, columns: readonly string[], rows: readonly string[]): string {
  return [title, '', row(columns), row(columns.map(() => '---')), ...rows, ''].join('\n');
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
}

/** The map at a path of names, where `*` stands for any name; of several forms the one that has fields. */
function mapAt(schema: JsonSchema, path: readonly string[]): JsonSchema {
  const [name, ...rest] = path;
  const forms = [schema, ...(schema.anyOf ?? [])];
  const children = forms.map((form) => (name === '*' ? form.additionalProperties : form.properties?.[name ?? '']));
  const next = children.find((child) => typeof child === 'object');
  if (name !== undefined && next) return mapAt(next, rest);
  return forms.find(({ properties }) => properties !== undefined) ?? schema;
}
