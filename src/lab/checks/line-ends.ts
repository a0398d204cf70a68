import { stat } from 'node:fs/promises';
import { basename, join, normalize } from 'node:path';
import { openOrdinary } from '../../core/files/ordinary-file.ts';
import { say } from '../../core/language/say.ts';
import type { DraftFile } from '../draft.ts';
import type { Program } from '../types.ts';
import type { PathProblem } from '../problem.ts';
import { quoted } from '../fields/text-rule.ts';

/** Shells, which take the carriage return at the end of a line as part of its last word. */
const SHELL = /^(?:ba|da|k|z|a)?sh$/;
const FIRST_BYTES = 256;

/**
 * A script with the line ends of Windows that cannot run: the kernel takes the carriage return as part of the
 * interpreter's name (execve(2)), a shell as part of each command. Interpreters of other languages that are named in
 * `command` do not mind.
 *
 * @throws system errors when it cannot be read
 */
export async function windowsLineEnds(
  { command }: Program,
  { value, path }: DraftFile,
  whole: string,
): Promise<PathProblem | undefined> {
  const [first = '', ...words] = command;
  const run = first.includes('/') ? partNamed(first, value) : undefined;
  const isRun = run !== undefined;
  const read = SHELL.test(basename(first)) ? words.map((word) => partNamed(word, value)) : [];
  const part = run ?? read.find((found) => found !== undefined);
  if (part === undefined) return undefined;
  const name = join(value, part);
  const file = join(whole, part);
  // A word may name a folder, or what the program will make in one.
  if (!(await stat(file).catch(() => undefined))?.isFile()) return undefined;
  const start = await firstBytes(file);
  const [line, ended] = [start.split('\n', 1)[0] ?? '', start.includes('\n')];
  if (!ended || !line.endsWith('\r') || (isRun && !line.startsWith('#!'))) return undefined;
  const reason = isRun
    ? say`its first line asks for ${quoted(`${line.slice(2).trim()}\r`)}, which is not there`
    : say`${basename(first)} takes the CR for a part of each command`;
  return {
    path,
    message: say`${quoted(name)} has Windows line ends (CR LF): ${reason}`,
    hint: say`save it with Unix line ends (LF) in your editor, or run: sed -i 's/\\r$//' ${name}`,
  };
}

/**
 * The part of an item of `files` that a word of the command names, which is a path in the program's folder: empty for
 * the item itself, `tools/run.sh` of a folder. Undefined when it names something else.
 */
function partNamed(word: string, item: string): string | undefined {
  const [top, ...below] = normalize(word).split('/');
  return top === basename(item) ? below.join('/') : undefined;
}

async function firstBytes(file: string): Promise<string> {
  await using handle = await openOrdinary(file);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(FIRST_BYTES), 0, FIRST_BYTES, 0);
  return buffer.toString('latin1', 0, bytesRead);
}
