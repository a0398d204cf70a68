import { readFileSync } from 'node:fs';

/** A whole line of shell. In a here-document or a string it would be something else; our scripts have it in none. */
const COMMENT_LINE = /^[ \t]*#.*\n/gm;

/**
 * The text of a program for machines that lies as a file of its own next to the module that uses it: `scriptFile(new
 * URL('inspect.sh', import.meta.url))`. The build puts all such files next to the compiled command line, so their names
 * are unique in the whole source. Several are one program, in this order. Read when it is first called for, once; lines
 * of shell that are only a comment stay here, since the text travels to the machine each time. So do the carriage
 * returns that Git puts into the files of a Windows host: for a shell they would be part of the last word of each line.
 */
export function scriptFile(...places: readonly URL[]): () => string {
  let text: string | undefined;
  return () => (text ??= places.map(textOf).join(''));
}

function textOf(place: URL): string {
  const text = readFileSync(place, 'utf8').replaceAll('\r\n', '\n');
  return place.pathname.endsWith('.sh') ? text.replace(COMMENT_LINE, '') : text;
}
