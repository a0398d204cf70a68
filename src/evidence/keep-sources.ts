import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { isInside } from '../core/files/inside.ts';
import type { DescribedFile, DescribedProgram } from '../core/lab-description.ts';
import { programEntries, type ProgramEntry, type FileEntry } from '../deploy/program-files.ts';
import { hashEachOnce, openSource, type HashFile } from '../deploy/source-file.ts';
import type { Lab, Program } from '../lab/types.ts';
import type { RunFolder } from '../state/runs/run-folder.ts';

/** A program that a person wrote for a practical is far smaller. */
const LARGEST_SOURCE_BYTES = 256 * 1024;
const MOST_FILES = 50;
/** What tells binary from text, as git does: a zero byte near the beginning. */
const LOOKED_AT_BYTES = 8000;

/**
 * What compiled programs are written in; a file next to a binary, of the same name and with one of these endings, is
 * taken for its source.
 */
const sourceEndings: ReadonlySet<string> = new Set(['.c', '.h', '.cc', '.cpp', '.hpp', '.java', '.ts', '.go', '.rs']);

/**
 * Copies the text files of a program, and what it was built from, into the run folder, `mostBytes` at most. Files that
 * cannot be read are left out.
 */
export async function keepSources(
  lab: Lab,
  program: Program,
  folder: RunFolder,
  mostBytes: number,
): Promise<Pick<DescribedProgram, 'files' | 'unlisted'>> {
  const hashFile = hashEachOnce();
  const entries = await programEntries(program, lab.folder, hashFile).catch((): ProgramEntry[] => []);
  const sent = entries.filter((entry) => entry.kind === 'file');
  // What a folder holds comes last: it may be much, and hide the program itself.
  const [inFolders = [], named = []] = [true, false].map((inside) =>
    sent.filter(({ path }) => path.includes('/') === inside),
  );
  const sources = await sourcesOf(lab, program, named, hashFile);
  const files = [
    ...named.map((file) => ({ file, kind: 'sent' as const })),
    ...sources.map((file) => ({ file, kind: 'source' as const })),
    ...inFolders.map((file) => ({ file, kind: 'sent' as const })),
  ];
  const unlisted = files.length - MOST_FILES;
  let room = mostBytes;
  const kept = await Promise.all(
    files.slice(0, MOST_FILES).map(async ({ file, kind }): Promise<DescribedFile> => {
      const { path, sha256, sizeBytes } = file;
      const fits = sizeBytes <= Math.min(room, LARGEST_SOURCE_BYTES);
      if (fits) room -= sizeBytes;
      return {
        path,
        sha256,
        sizeBytes,
        stored: fits ? await keepFile(folder, `sources/${program.name}/${path}`, file) : undefined,
        kind,
      };
    }),
  );
  return { files: kept, ...(unlisted > 0 && { unlisted }) };
}

async function keepFile(folder: RunFolder, name: string, file: KeptFile): Promise<string | undefined> {
  const content = await readSource(file).catch(() => undefined);
  if (content === undefined || content.subarray(0, LOOKED_AT_BYTES).includes(0)) return undefined;
  await folder.keep(name, content);
  return name;
}

type KeptFile = Pick<FileEntry, 'path' | 'source' | 'sha256' | 'sizeBytes' | 'within'>;

/**
 * The content of a file that may have changed since it was looked at: still from where it may be read, and no more than
 * what is kept.
 */
async function readSource({ source, within }: KeptFile): Promise<Buffer | undefined> {
  await using handle = await openSource({ path: source, within });
  const { size } = await handle.stat();
  return size > LARGEST_SOURCE_BYTES ? undefined : handle.readFile();
}

/**
 * What the sent files were built from: files that the build command names, and siblings of a sent file that have its
 * name and the ending of a source.
 */
async function sourcesOf(
  { folder, file }: Lab,
  program: Program,
  sent: readonly FileEntry[],
  hashFile: HashFile,
): Promise<KeptFile[]> {
  if (program.build === undefined || program.buildOn !== undefined) return [];
  const within = await realpath(folder);
  const named = program.build.filter((word) => !word.startsWith('-')).map((word) => resolve(folder, word));
  const siblings = await Promise.all(sent.map(({ source }) => siblingsOf(source)));
  const known = new Set([file, ...sent.map(({ source }) => source)]);
  const candidates = [...new Set([...named, ...siblings.flat()])].filter(
    (path) => !known.has(path) && isInside(folder, path),
  );
  const found = await Promise.all(
    candidates.map(async (source): Promise<KeptFile | undefined> => {
      const info = await stat(source).catch(() => undefined);
      const hash = info?.isFile() ? await hashFile({ path: source, within }).catch(() => undefined) : undefined;
      return hash && { path: relative(folder, source), source, sha256: hash.sha256, sizeBytes: hash.sizeBytes, within };
    }),
  );
  return found.filter((source) => source !== undefined);
}

async function siblingsOf(path: string): Promise<string[]> {
  const stem = basename(path, extname(path)).toLowerCase();
  const names = await readdir(dirname(path)).catch(() => []);
  return names
    .filter((name) => sourceEndings.has(extname(name)) && basename(name, extname(name)).toLowerCase() === stem)
    .map((name) => join(dirname(path), name));
}
