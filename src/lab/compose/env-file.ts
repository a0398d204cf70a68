import { resolve } from 'node:path';
import { realpath } from 'node:fs/promises';
import { messageOf, systemCode } from '../../core/errors.ts';
import { isInside, realPathSoFar } from '../../core/files/inside.ts';
import { readOrdinary } from '../../core/files/ordinary-file.ts';
import { say } from '../../core/language/say.ts';
import { ENVIRONMENT_NAME } from '../fields/rules.ts';
import { quoted } from '../fields/text-rule.ts';
import type { Path, PathProblem } from '../problem.ts';
import { mapOf, valueAt, type LabTree } from './lab-tree.ts';

const MOST_BYTES = 256 * 1024;
/** `NAME=value`, `export NAME=value`. */
const LINE = /^(?:export\s+)?([^=\s]+)\s*=\s*(.*)$/;

/** A line of an environment file that cannot be read, from 1. */
export interface WrongLine {
  readonly line: number;
  readonly text: string;
}

/**
 * Reads the form that Docker and dotenv have: `NAME=value` lines, `#` comments, blank lines, `export` before a name,
 * values in single quotes (as they stand) or double quotes (with `\n`, `\t`, `\"`, `\\`). Nothing in them is replaced.
 */
export function parseEnvFile(text: string): { readonly values: Map<string, string>; readonly wrong: WrongLine[] } {
  const values = new Map<string, string>();
  const wrong: WrongLine[] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [, name, written = ''] = LINE.exec(line) ?? [];
    const value = valueOf(written);
    if (name === undefined || !ENVIRONMENT_NAME.test(name) || value === undefined)
      wrong.push({ line: index + 1, text: line });
    else values.set(name, value);
  }
  return { values, wrong };
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** Undefined when a quote is not closed, or something stands behind it. */
function valueOf(written: string): string | undefined {
  const single = /^'([^']*)'\s*(?:#.*)?$/.exec(written);
  if (single) return single[1]!;
  const double = /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/.exec(written);
  if (double) return double[1]!.replaceAll(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter);
  if (/^['"]/.test(written)) return undefined;
  return written.replace(/\s+#.*$/, '').trimEnd();
}

/** Puts what stands in the `env_file` of programs into their `env`, where that does not say otherwise. */
export async function readEnvFiles(tree: LabTree, folder: string): Promise<PathProblem[]> {
  const lab = mapOf(tree.data);
  const problems: PathProblem[] = [];
  for (const kind of ['programs', 'services']) {
    for (const [name, value] of Object.entries(mapOf(lab?.[kind]) ?? {})) {
      const program = mapOf(value);
      if (program?.['env_file'] === undefined) continue;
      const path = [kind, name];
      const found = await filesOf(program['env_file'], { path: [...path, 'env_file'], folder, problems });
      const env = mapOf(program['env']) ?? {};
      const added = Object.fromEntries([...found].map(([key, { value: text }]) => [key, text]));
      tree.data = withValue(tree.data, path, { ...program, env: { ...added, ...env } });
      for (const [key, { path: from }] of found)
        if (!Object.hasOwn(env, key)) tree.place([...path, 'env', key], tree.originOf(from));
    }
  }
  return problems;
}

interface FileValue {
  readonly value: string;
  /** The name of the file in the lab file. */
  readonly path: Path;
}

async function filesOf(
  written: unknown,
  { path, folder, problems }: { readonly path: Path; readonly folder: string; readonly problems: PathProblem[] },
): Promise<Map<string, FileValue>> {
  const entries = Array.isArray(written) ? written.map((file: unknown, i) => ({ file, at: [...path, i] })) : [];
  const files = Array.isArray(written) ? entries : [{ file: written, at: path }];
  const values = new Map<string, FileValue>();
  for (const { file, at } of files) {
    const name = typeof file === 'string' ? file : valueAt(file, ['path']);
    if (typeof name !== 'string' || name.trim() === '') continue;
    const outside = valueAt(file, ['outside']) === true;
    const read = await readEnvFile(name, { folder, outside });
    if ('problem' in read) problems.push({ path: at, ...read.problem });
    else for (const [key, value] of read.values) values.set(key, { value, path: at });
  }
  return values;
}

async function readEnvFile(
  name: string,
  { folder, outside }: { readonly folder: string; readonly outside: boolean },
): Promise<{ readonly values: Map<string, string> } | { readonly problem: { message: string; hint: string } }> {
  const whole = resolve(folder, name);
  try {
    const real = await realPathSoFar(whole);
    if (!outside && !isInside(await realpath(folder), real))
      return {
        problem: {
          message: say`${quoted(name)} lies outside the folder of lab.yaml`,
          hint: say`copy it into the folder; if it is meant, write { path: ${name}, outside: true }`,
        },
      };
    const bytes = await readOrdinary(real, MOST_BYTES);
    if (bytes === undefined)
      return { problem: { message: say`${quoted(name)} is too large`, hint: say`name a file of NAME=value lines` } };
    const { values, wrong } = parseEnvFile(bytes.toString());
    const [first] = wrong;
    if (first === undefined) return { values };
    return {
      problem: {
        message: say`line ${first.line} of ${quoted(name)} is no NAME=value: ${quoted(first.text)}`,
        hint: say`a value with blanks at its ends stands in quotes; a comment begins with #`,
      },
    };
  } catch (error) {
    return {
      problem: {
        message:
          systemCode(error) === 'ENOENT'
            ? say`there is no file ${quoted(name)}`
            : say`${quoted(name)} cannot be read (${systemCode(error) ?? messageOf(error)})`,
        hint: say`paths start at the folder of lab.yaml`,
      },
    };
  }
}

/** Plain data with another value at a path of names. */
export function withValue(data: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const map = mapOf(data) ?? {};
  return { ...map, [key]: withValue(map[key], rest, value) };
}
