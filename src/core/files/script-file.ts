import { readFileSync } from 'node:fs';

/**
 * The text of a program for machines that lies as a file of its own next to the module that uses it: `scriptFile(new URL('inspect.sh', import.meta.url))`.
 * The build puts all such files beside the compiled command line, so their names are unique in the whole source. Several
 * are one program, in this order. Read when it is first called for, once.
 */
export function scriptFile(...places: readonly URL[]): () => string {
  let text: string | undefined;
  return () => (text ??= places.map((place) => readFileSync(place, 'utf8')).join(''));
}
