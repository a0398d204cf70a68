import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder } from './cli.ts';
import { repository } from './lab-command.ts';

/** Somebody's project, which has lab among its packages. */
export interface LibraryUser extends Disposable {
  readonly path: string;
  /** Puts a package from elsewhere among those of the project. */
  add(name: string, place: string): void;
}

/** A project with these files, in which lab is installed as it is built now. With `typesOnly`, it has no file of lab but its types. */
export function libraryUser(
  files: Readonly<Record<string, string>>,
  { typesOnly = false }: { readonly typesOnly?: boolean } = {},
): LibraryUser {
  const folder = temporaryFolder({ 'package.json': '{"type":"module","private":true}', ...files });
  const installed = join(folder.path, 'node_modules/lab');
  mkdirSync(join(installed, 'dist'), { recursive: true });
  cpSync(join(repository, 'package.json'), join(installed, 'package.json'));
  const part = typesOnly ? 'dist/api/index.d.ts' : 'dist';
  cpSync(join(repository, part), join(installed, part), { recursive: true });
  return {
    path: folder.path,
    add(name, place) {
      const target = join(folder.path, 'node_modules', name);
      mkdirSync(dirname(target), { recursive: true });
      symlinkSync(place, target);
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

/** The text of an example that people read. */
export function exampleText(name: string): string {
  return readFileSync(join(repository, 'test/examples', name), 'utf8');
}
