import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const BEGINNING =
  'The compiled files of lab hold parts of these packages. Their authors ask that these notices go with them.\n';

const RULE = '-'.repeat(80);

/** Folders below node_modules/ that hold these files: `node_modules/@scope/name`. */
export function packagesIn(files: readonly string[]): string[] {
  const folders = files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? []);
  return [...new Set(folders)];
}

/**
 * The licences of packages, each with its name and version.
 *
 * @throws when a package has no text of its licence: then it may not be given away.
 */
export function licenceNotices(root: string, folders: readonly string[]): string {
  const notices = folders.map((folder) => {
    const { name, version } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;
    const files = readdirSync(join(root, folder)).filter((file) => /^(?:licen[cs]e|copying|notice)\b/i.test(file));
    if (files.length === 0) throw new Error(`${folder} has no file with its licence`);
    const texts = files.toSorted().map((file) => readFileSync(join(root, folder, file), 'utf8').trim());
    return `${RULE}\n${name} ${version}\n\n${texts.join('\n\n').replaceAll('\r\n', '\n')}\n`;
  });
  return [BEGINNING, ...notices.toSorted()].join('\n');
}

/** The packages that a package of node_modules/ depends on, as folders. */
export function dependenciesOf(root: string, folder: string): string[] {
  const { dependencies = {} } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;
  return Object.keys(dependencies).map((name) => `node_modules/${name}`);
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}
