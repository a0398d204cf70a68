/** A command that a line of a job's log gives to its runner. */
export interface WorkflowCommand {
  readonly command: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

const known = new Set([
  'add-mask',
  'add-matcher',
  'add-path',
  'debug',
  'echo',
  'endgroup',
  'error',
  'group',
  'notice',
  'remove-matcher',
  'save-state',
  'set-env',
  'set-output',
  'stop-commands',
  'warning',
]);

/** Characters that the collation of ICU, by which .NET compares texts, counts as nothing: controls (not tab) and formats. */
const NOTHING = /[[\p{Cc}--\t]\p{Cf}\u034f\ufe00-\ufe0f]/gv;

/** What the runner of GitHub Actions obeys in a log, as its ActionCommand.cs reads lines (both forms of commands). */
export function workflowCommands(log: string): WorkflowCommand[] {
  return log.split(/\r\n|\r|\n/).flatMap((line) => secondForm(line) ?? firstForm(line) ?? []);
}

function secondForm(line: string): WorkflowCommand | undefined {
  const text = line.trimStart().replaceAll(NOTHING, '').trimStart();
  if (!text.startsWith('::')) return undefined;
  const end = text.indexOf('::', 2);
  if (end < 0) return undefined;
  return command(text.slice(2, end), text.slice(end + 2), ',');
}

function firstForm(line: string): WorkflowCommand | undefined {
  const text = line.replaceAll(NOTHING, '');
  const start = text.indexOf('##[');
  const end = text.indexOf(']', start);
  return start < 0 || end < 0 ? undefined : command(text.slice(start + 3, end), text.slice(end + 1), ';');
}

function command(info: string, data: string, separator: string): WorkflowCommand | undefined {
  const space = info.indexOf(' ');
  const name = space < 0 ? info : info.slice(0, space);
  if (!known.has(name)) return undefined;
  const pairs = space < 0 ? [] : info.slice(space + 1).split(separator);
  const properties = pairs.map((pair) => pair.split(/=(.*)/s).slice(0, 2)).filter(({ length }) => length === 2);
  return {
    command: name,
    properties: Object.fromEntries(properties.map(([key = '', value = '']) => [key.trim(), unescaped(value, true)])),
    data: unescaped(data, false),
  };
}

function unescaped(text: string, isProperty: boolean): string {
  const plain = text.replaceAll('%0D', '\r').replaceAll('%0A', '\n');
  const more = isProperty ? plain.replaceAll('%3A', ':').replaceAll('%2C', ',') : plain;
  return more.replaceAll('%25', '%');
}
