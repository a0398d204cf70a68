import { say } from '../../core/language/say.ts';
import { flow } from '../yaml/flow.ts';
import { schemaAt, type JsonSchema } from './json-schema.ts';

/** The tables of the reference: their heading, and the path of the map whose fields they list. */
const referenceTables: readonly (readonly [heading: string, path: readonly string[]])[] = [
  ['lab.yaml', []],
  ['params.NAME', ['params', '*']],
  ['networks.NAME', ['networks', '*']],
  ['machines.NAME', ['machines', '*']],
  ['machines.NAME.interfaces.NAME', ['machines', '*', 'interfaces', '*']],
  ['machines.NAME.ssh', ['machines', '*', 'ssh']],
  ['programs.NAME', ['programs', '*']],
  ['services.NAME', ['services', '*']],
  ['scenarios.NAME', ['scenarios', '*']],
  ['report', ['report']],
  ['runs', ['runs']],
];

/** A kind of step, and an example of one. */
export interface StepRow {
  readonly verb: string;
  readonly description: string;
  readonly example: unknown;
}

/** The fields of `lab.yaml` as Markdown tables, made from the schema. Ends with a newline. */
export function labFieldReference(): string {
  return referenceTables.map(([heading, path]) => fieldTable(heading, mapAt(path))).join('\n');
}

function fieldTable(heading: string, map: JsonSchema): string {
  const rows = Object.entries(map.properties ?? {}).map(([name, field]) => {
    const need = map.required?.includes(name) ? say`yes` : '';
    const [first] = field.examples ?? [];
    return row([`\`${name}\``, need, field.description ?? '', first === undefined ? '' : `\`${flow(first)}\``]);
  });
  return table(
    `## ${heading}\n\n${map.description ?? ''}`,
    [say`field`, say`needed`, say`meaning`, say`example`],
    rows,
  );
}

/** The steps of scenarios as a Markdown table. Ends with a newline. */
export function stepTable(steps: readonly StepRow[]): string {
  const rows = steps.map(({ verb, description, example }) =>
    row([`\`${verb}\``, description, `\`- ${flow(example).slice(2, -2)}\``]),
  );
  const title = say`\`scenarios.NAME\`, or its \`steps\`: a list of steps; any step may carry a time limit next to its verb: \`timeout: 5s\`.`;
  return table(title, [say`step`, say`meaning`, say`example`], rows);
}

function table(title: string, columns: readonly string[], rows: readonly string[]): string {
  return [title, '', row(columns), row(columns.map(() => '---')), ...rows, ''].join('\n');
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
}

/** The map at a path of names, where `*` stands for any name; of several forms the one that has fields. */
function mapAt(path: readonly string[]): JsonSchema {
  const schema = schemaAt(path) ?? {};
  return [schema, ...(schema.anyOf ?? [])].find(({ properties }) => properties !== undefined) ?? schema;
}
