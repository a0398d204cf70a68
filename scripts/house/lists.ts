import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { sourceFiles, sourceRoot, type Import } from './imports.ts';

/** Things that are added as a file (or folder) of their own and a row in one list. */
interface Kind {
  readonly name: string;
  /** The things there are: files, or folders with a slash at their end. */
  readonly members: () => string[];
}

const kinds: readonly Kind[] = [
  { name: 'step', members: () => importedBy('scenario/verbs/index.ts', 'scenario/verbs/') },
  { name: 'command', members: () => importedBy('cli/commands/index.ts', 'cli/commands/') },
  {
    name: 'provider',
    members: () => globSync('providers/*/', { cwd: sourceRoot }).map((path) => `${path.replace(/\/$/, '')}/`),
  },
];

/** How many places each kind of thing is in: its own file or folder, and every file elsewhere that names it. */
export function placesOfKinds(imports: readonly Import[]): { name: string; places: number; evidence: string[] }[] {
  const references = [...imports, ...filesNamedByUrl()];
  return kinds.map(({ name, members }) => {
    const named = members().map((member) => {
      const inside = (file: string): boolean => file.startsWith(member);
      const rows = references.filter(({ from, target }) => inside(target) && !inside(from)).map(({ from }) => from);
      return { member, rows: [...new Set(rows)] };
    });
    if (named.length === 0) throw new Error(`no ${name} was found: the check itself is broken`);
    const most = named.toSorted((a, b) => b.rows.length - a.rows.length)[0]!;
    return { name, places: 1 + most.rows.length, evidence: [most.member, ...most.rows] };
  });
}

function importedBy(list: string, folder: string): string[] {
  const text = readFileSync(join(sourceRoot, list), 'utf8');
  return [...text.matchAll(/^import \{ .* from '\.\/([^']+)'/gm)].map(([, path]) => `${folder}${path}`);
}

/** Files that are not TypeScript are named as `new URL('name', import.meta.url)`; their names are unique. */
function filesNamedByUrl(): Import[] {
  const others = globSync('**/*.{sh,pl,py,yaml}', { cwd: sourceRoot });
  return sourceFiles().flatMap((from) =>
    [...readFileSync(join(sourceRoot, from), 'utf8').matchAll(/new URL\('([^']+)'/g)].flatMap(([, name]) =>
      others.filter((path) => basename(path) === basename(name!)).map((target) => ({ from, target })),
    ),
  );
}
