import { readFileSync } from 'node:fs';

/**
 * The text of a program for machines that lies as a file of its own next to the module that uses it: `scriptFile(new URL('inspect.sh', import.meta.url))`.
 * The build puts all such files beside the compiled command line, so their names are unique in the whole source. Read when it is first called for, once.
 */
export function scriptFile(place: URL): () => string {
  let text: string | undefined;
  return () => (text ??= readFileSync(place, 'utf8'));
}
