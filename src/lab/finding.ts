/** Where a value stands: the keys of maps and the indexes of lists that lead to it. */
export type Path = readonly (string | number)[];

/** A fault by its path; `YamlSource` turns it into a `Problem` with its place in the text. */
export interface Finding {
  readonly path: Path;
  /** Whether the value is wrong, or the name that it has. Default: the value. */
  readonly at?: 'key' | 'value' | undefined;
  readonly message: string;
  readonly hint?: string | undefined;
  /** The value is not there at all; the finding shows where it belongs. */
  readonly missing?: boolean | undefined;
}

/** `programs.server.command[2]`; a name with other characters is quoted. */
export function formatPath(path: Path): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${formatName(part)}`)).join('');
}

function formatName(name: string): string {
  return /^[\w@-]+$/.test(name) ? name : JSON.stringify(name);
}
