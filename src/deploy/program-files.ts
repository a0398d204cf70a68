import { lstat, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { EnvironmentError, UsageError, systemCode } from '../core/errors.ts';
import { isInside } from '../core/files/inside.ts';
import { NoOrdinaryFileError, oddKind } from '../core/files/ordinary-file.ts';
import { quoteCommand } from '../core/text/shell-quote.ts';
import { say } from '../core/language/say.ts';
import { isProgram, slashed } from '../host/files/local-paths.ts';
import { leftOut, MOST_FILES_OF_PROGRAM } from '../lab/defaults.ts';
import type { Program } from '../lab/types.ts';
import { requireInside, type HashFile } from './source-file.ts';

/** What lands in a program's folder; `path` is relative to it, with `/`. */
export type ProgramEntry = FileEntry | LinkEntry;

export interface FileEntry {
  readonly kind: 'file';
  readonly path: string;
  /** Absolute path on the host. */
  readonly source: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly executable: boolean;
  /** The folder that `source` must lie in when it is read again; undefined where the lab file allows any. */
  readonly within: string | undefined;
}

export interface LinkEntry {
  readonly kind: 'link';
  readonly path: string;
  /** As it stands in the link, relative. */
  readonly target: string;
}

/**
 * All files of a program, in the order of their paths. A folder is taken with all that is in it, empty folders and
 * `.git` and `.lab` excepted. A symbolic link within such a folder stays a link if it is relative and leads to
 * something in the folder; what any other link leads to is sent in its place.
 *
 * What leads out of `labFolder`, by links or by its path, is taken only where the lab file says so for that item: the
 * lab of someone else could send any file of this user to a machine, and into a report.
 *
 * @throws {UsageError} when a file is missing, of an odd kind or outside, two have the same name, or there are too many.
 * @throws {EnvironmentError} when one cannot be read.
 */
export async function programEntries(program: Program, labFolder: string, hashFile: HashFile): Promise<ProgramEntry[]> {
  refuseSameNames(program);
  const folder = await realpath(labFolder);
  const lists = await Promise.all(
    program.files.map((file) => {
      return new Collector({
        program,
        root: file,
        hashFile,
        within: program.outside?.includes(file) ? undefined : folder,
      }).collect();
    }),
  );
  const entries = lists.flat();
  if (entries.length > MOST_FILES_OF_PROGRAM)
    throw new UsageError(
      say`program ${program.name} has ${entries.length} files; a program may have ${MOST_FILES_OF_PROGRAM}`,
      { code: 'program-files-wrong', hint: say`Name the files and folders that it needs in "files".` },
    );
  return entries.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function refuseSameNames(program: Program): void {
  const seen = new Map<string, string>();
  for (const file of program.files) {
    const other = seen.get(basename(file));
    if (other !== undefined) {
      throw new UsageError(
        say`program ${program.name}: two of its files have the name ${basename(file)}: ${other} and ${file}`,
        {
          code: 'program-files-clash',
          hint: say`They land in one folder on the machine. Rename one, or put them into folders of their own and list those.`,
        },
      );
    }
    seen.set(basename(file), file);
  }
}

interface CollectorOptions {
  readonly program: Program;
  /** Absolute path of the item. */
  readonly root: string;
  readonly hashFile: HashFile;
  readonly within: string | undefined;
}

/** Walks one item of `files`. */
class Collector {
  readonly #program: Program;
  readonly #root: string;
  readonly #hashFile: HashFile;
  readonly #within: string | undefined;
  #realRoot = '';

  constructor({ program, root, hashFile, within }: CollectorOptions) {
    this.#program = program;
    this.#root = root;
    this.#hashFile = hashFile;
    this.#within = within;
  }

  async collect(): Promise<ProgramEntry[]> {
    this.#realRoot = await this.#guarded(this.#root, realpath(this.#root));
    return this.#follow(this.#root, basename(this.#root), []);
  }

  /**
   * What `source` leads to; `ancestors` are the real paths of the folders that we are in, so that a circle of links
   * ends.
   */
  async #follow(source: string, path: string, ancestors: readonly string[]): Promise<ProgramEntry[]> {
    if (/[\t\n]/.test(path))
      throw this.#fault(say`the name ${JSON.stringify(path)} holds a tab or a line break`, say`Rename it.`);
    const info = await this.#guarded(source, stat(source));
    if (info.isDirectory()) return this.#folder(source, path, ancestors);
    if (!info.isFile())
      throw this.#fault(
        say`${source} is neither a file nor a folder but ${oddKind(info) ?? ''}`,
        say`Remove it from "files".`,
      );
    const { sha256, sizeBytes } = await this.#guarded(source, this.#hashFile({ path: source, within: this.#within }));
    return [
      {
        kind: 'file',
        path,
        source,
        sha256,
        sizeBytes,
        executable: await this.#guarded(source, isProgram(source, info.mode)),
        within: this.#within,
      },
    ];
  }

  async #folder(source: string, path: string, ancestors: readonly string[]): Promise<ProgramEntry[]> {
    const real = await this.#guarded(source, this.#realFolder(source));
    if (ancestors.includes(real))
      throw this.#fault(say`the links at ${source} lead in a circle`, say`Remove the link that leads back up.`);
    const names = (await this.#guarded(source, readdir(source))).filter((name) => !leftOut.has(name));
    const lists = await Promise.all(
      names.map((name) => this.#child(join(source, name), `${path}/${name}`, [...ancestors, real])),
    );
    return lists.flat();
  }

  async #realFolder(source: string): Promise<string> {
    const real = await realpath(source);
    if (this.#within !== undefined) requireInside(source, this.#within, real);
    return real;
  }

  async #child(source: string, path: string, ancestors: readonly string[]): Promise<ProgramEntry[]> {
    const info = await this.#guarded(source, lstat(source));
    if (!info.isSymbolicLink()) return this.#follow(source, path, ancestors);
    const target = await readlink(source);
    return (await this.#staysInside(source, target))
      ? [{ kind: 'link', path, target: slashed(target) }]
      : this.#follow(source, path, ancestors);
  }

  async #staysInside(link: string, target: string): Promise<boolean> {
    if (isAbsolute(target) || /[\t\n]/.test(target)) return false;
    await this.#guarded(link, stat(link));
    const folder = await realpath(dirname(link));
    return isInside(this.#realRoot, resolve(folder, target));
  }

  async #guarded<T>(source: string, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (cause) {
      throw await this.#explain(source, cause);
    }
  }

  async #explain(source: string, cause: unknown): Promise<unknown> {
    const { name, buildOn } = this.#program;
    const build = buildOn === undefined ? this.#program.build : undefined;
    if (cause instanceof NoOrdinaryFileError)
      return this.#fault(say`${source} is neither a file nor a folder but ${cause.kind}`, say`Remove it from "files".`);
    if (cause instanceof UsageError)
      return new UsageError(say`program ${name}: ${cause.message}`, { code: cause.code, hint: cause.hint, cause });
    const code = systemCode(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      const missing =
        build === undefined
          ? {
              message: say`program ${name}: the file ${source} is missing`,
              hint: say`Correct "files" of the program, or give it a "build" that makes the file.`,
            }
          : {
              message: say`program ${name}: the file ${source} is missing, although its build (${quoteCommand(build)}) succeeded`,
              hint: say`Correct "files" or "build" of the program.`,
            };
      return new UsageError(missing.message, { code: 'program-file-missing', hint: missing.hint, cause });
    }
    if (code === 'ELOOP') return this.#fault(say`the links at ${source} lead in a circle`, say`Remove one of them.`);
    if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EIO') return cause;
    const hint = code === 'EIO' ? say`The disk may be broken; copy the file again.` : await rightToRead(source);
    const message =
      code === 'EIO'
        ? say`program ${name}: the file ${source} cannot be read: input/output error`
        : say`program ${name}: the file ${source} cannot be read: permission denied`;
    return new EnvironmentError(message, { code: 'program-file-unreadable', hint, cause });
  }

  #fault(message: string, hint: string): UsageError {
    return new UsageError(say`program ${this.#program.name}: ${message}`, { code: 'program-files-wrong', hint });
  }
}

/** Only the owner of a file may change its rights. */
async function rightToRead(source: string): Promise<string> {
  const owner = await stat(source).then(
    ({ uid }) => uid,
    () => undefined,
  );
  return owner === process.getuid?.()
    ? say`Give yourself the right: chmod u+r ${source}`
    : say`It belongs to another user: put a copy of your own into the folder of lab.yaml.`;
}
