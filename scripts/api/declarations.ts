import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { bundleOf, type ModuleText } from './bundle-declarations.ts';

const root = join(import.meta.dirname, '../..');

/**
 * The types of the library as one file, without anything that it does not show: who uses the package needs none of what
 * it is built with. `work` is an empty folder.
 */
export async function libraryDeclarations(work: string): Promise<string> {
  const config = join(work, 'tsconfig.json');
  const out = join(work, 'types');
  // Types are checked where the product is tested; here only their text is made.
  const options = {
    extends: relative(work, join(root, 'tsconfig.json')),
    compilerOptions: {
      noEmit: false,
      noCheck: true,
      declaration: true,
      emitDeclarationOnly: true,
      outDir: 'types',
      rootDir: root,
      typeRoots: [join(root, 'node_modules/@types')],
    },
    include: [],
    files: [relative(work, join(root, 'src/api/index.ts'))],
  };
  writeFileSync(config, JSON.stringify(options));
  await promisify(execFile)(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config]);
  const find = (from: string, specifier: string): ModuleText | undefined =>
    specifier.startsWith('.') ? read(resolve(dirname(from), specifier.replace(/\.ts$/, '.d.ts'))) : undefined;
  return bundleOf(read(join(out, 'src/api/index.d.ts')), find);
}

function read(path: string): ModuleText {
  return { path, text: readFileSync(path, 'utf8') };
}
