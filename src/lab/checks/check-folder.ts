import type { Dirent } from 'node:fs';
import { readdir, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { systemCode } from '../../core/errors.ts';
import { isInside } from '../../core/files/inside.ts';
import { oddKind } from '../../core/files/ordinary-file.ts';
import { say } from '../../core/language/say.ts';
import { leftOut, MOST_FILES_OF_PROGRAM } from '../defaults.ts';
import type { DraftFile } from '../draft.ts';
import { quoted } from '../fields/text-rule.ts';
import type { PathProblem, ProblemText } from '../problem.ts';

/** Where the lab lies. */
interface Place {
  /** The folder of the lab file, without links. */
  readonly realFolder: string;
  /** The folder that is looked at, without links. */
  readonly realRoot: string;
  /** Links may lead out of the lab's folder. */
  readonly outside: boolean;
}

/**
 * The first thing in a folder of `files` that cannot be sent: a link that leads out of the lab's folder, to nowhere or
 * in a circle, something that is no ordinary file, an impossible name, more files than a program may have. What cannot
 * be read is left to the deployment, which looks at all of it again.
 */
export async function folderProblem(
  { value, path, outside }: DraftFile,
  whole: string,
  realFolder: string,
): Promise<PathProblem | undefined> {
  const look = new FolderLook({ realFolder, realRoot: await realpath(whole), outside });
  const found = await look.folder(value.replace(/\/+$/, ''), whole, []);
  return found && { path, ...found };
}

/** A walk through one folder that ends at the first problem. */
class FolderLook {
  readonly #place: Place;
  #files = 0;

  constructor(place: Place) {
    this.#place = place;
  }

  /** `name` as it is shown; `ancestors`: the real paths of the folders that we are in. */
  async folder(name: string, path: string, ancestors: readonly string[]): Promise<ProblemText | undefined> {
    const real = await realpath(path);
    const entries = await readdir(path, { withFileTypes: true }).catch((): Dirent[] => []);
    const taken = entries.filter((entry) => !leftOut.has(entry.name));
    for (const entry of taken.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const problem = await this.#entry(entry, { name, path, ancestors: [...ancestors, real] });
      if (problem) return problem;
    }
    return undefined;
  }

  async #entry(
    entry: Dirent,
    above: { readonly name: string; readonly path: string; readonly ancestors: readonly string[] },
  ): Promise<ProblemText | undefined> {
    const [name, path] = [`${above.name}/${entry.name}`, join(above.path, entry.name)];
    if (/[\t\n\r]/.test(entry.name))
      return { message: say`the name ${quoted(name)} holds a tab or a line break`, hint: say`rename the file` };
    if (entry.isSymbolicLink()) return this.#link(name, path, above.ancestors);
    if (entry.isDirectory()) return this.folder(name, path, above.ancestors);
    return entry.isFile() ? this.#count() : odd(name, oddKind(await stat(path)));
  }

  async #link(name: string, path: string, ancestors: readonly string[]): Promise<ProblemText | undefined> {
    const target = await readlink(path);
    const code = await stat(path).then(() => undefined, systemCode);
    if (code === 'ELOOP') return circle(name);
    if (code !== undefined)
      return {
        message: say`${quoted(name)} is a link to ${quoted(target)}, which is not there`,
        hint: say`remove the link, or replace it by the file itself`,
      };
    const stays = !isAbsolute(target) && isInside(this.#place.realRoot, resolve(await realpath(dirname(path)), target));
    if (stays) return this.#count();
    const real = await realpath(path);
    if (!this.#place.outside && isInside(join(this.#place.realFolder, '.lab'), real))
      return { message: say`${quoted(name)} leads into .lab, where lab keeps its keys`, hint: say`remove the link` };
    if (!this.#place.outside && !isInside(this.#place.realFolder, real))
      return {
        message: say`${quoted(name)} leads out of the folder of lab.yaml: it is a link to ${quoted(real)}`,
        hint: say`replace the link by the file itself`,
      };
    const found = await stat(path);
    if (found.isDirectory())
      return ancestors.some((above) => isInside(real, above)) ? circle(name) : this.folder(name, path, ancestors);
    return found.isFile() ? this.#count() : odd(name, oddKind(found));
  }

  #count(): ProblemText | undefined {
    this.#files++;
    if (this.#files <= MOST_FILES_OF_PROGRAM) return undefined;
    return {
      message: say`has more than ${MOST_FILES_OF_PROGRAM} files`,
      hint: say`name the files and folders that the program needs`,
    };
  }
}

function circle(name: string): ProblemText {
  return { message: say`${quoted(name)} is a link that leads in a circle`, hint: say`remove the link` };
}

function odd(name: string, kind = say`unknown`): ProblemText {
  return { message: say`${quoted(name)} is no ordinary file but ${kind}`, hint: say`remove it from the folder` };
}
