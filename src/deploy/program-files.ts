import { lstat, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { EnvironmentError, UsageError, systemCode } from '../core/errors.ts';
import { quoteCommand } from '../core/shell-quote.ts';
import { isProgram, slashed } from '../host/local-paths.ts';
import type { Program } from '../lab/types.ts';
import type { HashFile } from './file-hashes.ts';

/** What lands in a program's folder; `path` is relative to it, with `/`. */
export type Entry = FileEntry | LinkEntry;

export interface FileEntry {
  readonly kind: 'file';
  readonly path: string;
  /** Absolute path on the host. */
  readonly source: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly executable: boolean;
}

export interface LinkEntry {
  readonly kind: 'link';
  readonly path: string;
  /** As it stands in the link, relative. */
  readonly target: string;
}

/** Never sent with a folder: keys and runs of the lab itself, and the history of the student's work. */
const leftOut: ReadonlySet<string> = new Set(['.lab', '.git']);

/**
 * All files of a program, in the order of their paths. A folder is taken with all that is in it, empty folders and `.git` and `.lab` excepted. A
 * symbolic link within such a folder stays a link if it is relative and leads to something in the folder; what any other link leads to is sent in its place.
 *
 * @throws {UsageError} when a file is missing or of an odd kind, or two have the same name. @throws {EnvironmentError} when one cannot be read.
 */
export async function programEntries(program: Program, hashFile: HashFile): Promise<Entry[]> {
  refuseSameNames(program);
  const lists = await Promise.all(program.files.map((file) => new Collector(program, file, hashFile).collect()));
  return lists.flat().toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function refuseSameNames(program: Program): void {
  const seen = new Map<string, string>();
  for (const file of program.files) {
    const other = seen.get(basename(file));
    if (other !== undefined) {
      throw new UsageError(`program ${program.name}: two of its files have the name ${basename(file)}: ${other} and ${file}`, {
        code: 'program-files-clash',
        hint: 'They land in one folder on the machine. Rename one, or put them into folders of their own and list those.',
      });
    }
    seen.set(basename(file), file);
  }
}

/** Walks one item of `files`. */
class Collector {
  readonly #program: Program;
  readonly #root: string;
  readonly #hashFile: HashFile;
  #realRoot = '';

  constructor(program: Program, root: string, hashFile: HashFile) {
    this.#program = program;
    this.#root = root;
    this.#hashFile = hashFile;
  }

  async collect(): Promise<Entry[]> {
    this.#realRoot = await this.#guarded(this.#root, realpath(this.#root));
    return this.#follow(this.#root, basename(this.#root), []);
  }

  /** What `source` leads to; `ancestors` are the real paths of the folders that we are in, so that a circle of links ends. */
  async #follow(source: string, path: string, ancestors: readonly string[]): Promise<Entry[]> {
    if (/[\t\n]/.test(path)) throw this.#fault(`the name ${JSON.stringify(path)} holds a tab or a line break`, 'Rename it.');
    const info = await this.#guarded(source, stat(source));
    if (info.isDirectory()) return this.#folder(source, path, ancestors);
    if (!info.isFile()) throw this.#fault(`${source} is neither a file nor a folder`, 'Remove it from `files`.');
    const { sha256, sizeBytes } = await this.#guarded(source, this.#hashFile(source));
    return [{ kind: 'file', path, source, sha256, sizeBytes, executable: await this.#guarded(source, isProgram(source, info.mode)) }];
  }

  async #folder(source: string, path: string, ancestors: readonly string[]): Promise<Entry[]> {
    const real = await this.#guarded(source, realpath(source));
    if (ancestors.includes(real)) throw this.#fault(`the links at ${source} lead in a circle`, 'Remove the link that leads back up.');
    const names = (await this.#guarded(source, readdir(source))).filter((name) => !leftOut.has(name));
    const lists = await Promise.all(names.map((name) => this.#child(join(source, name), `${path}/${name}`, [...ancestors, real])));
    return lists.flat();
  }

  async #child(source: string, path: string, ancestors: readonly string[]): Promise<Entry[]> {
    const info = await this.#guarded(source, lstat(source));
    if (!info.isSymbolicLink()) return this.#follow(source, path, ancestors);
    const target = await readlink(source);
    return (await this.#staysInside(source, target)) ? [{ kind: 'link', path, target: slashed(target) }] : this.#follow(source, path, ancestors);
  }

  async #staysInside(link: string, target: string): Promise<boolean> {
    if (isAbsolute(target) || /[\t\n]/.test(target)) return false;
    await this.#guarded(link, stat(link));
    const folder = await realpath(dirname(link));
    const way = relative(this.#realRoot, resolve(folder, target));
    return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
  }

  async #guarded<T>(source: string, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (cause) {
      throw this.#explain(source, cause);
    }
  }

  #explain(source: string, cause: unknown): unknown {
    const { name, build } = this.#program;
    const code = systemCode(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      const made = build === undefined ? '' : `, although its build (${quoteCommand(build)}) succeeded`;
      const hint = build === undefined ? 'Correct `files` of the program, or give it a `build` that makes the file.' : 'Correct `files` or `build` of the program.';
      return new UsageError(`program ${name}: the file ${source} is missing${made}`, { code: 'program-file-missing', hint, cause });
    }
    if (code === 'ELOOP') return this.#fault(`the links at ${source} lead in a circle`, 'Remove one of them.');
    if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EIO') return cause;
    const hint = code === 'EIO' ? 'The disk may be broken; copy the file anew.' : `Give yourself the right: chmod u+r ${source}`;
    return new EnvironmentError(`program ${name}: the file ${source} cannot be read: ${code === 'EIO' ? 'input/output error' : 'permission denied'}`, {
      code: 'program-file-unreadable', hint, cause,
    });
  }

  #fault(message: string, hint: string): UsageError {
    return new UsageError(`program ${this.#program.name}: ${message}`, { code: 'program-files-wrong', hint });
  }
}
