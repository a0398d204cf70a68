import { didYouMean, nearest } from '../../core/text/suggest.ts';
import { holdsSecret } from '../../core/text/secret-variable.ts';
import { say } from '../../core/language/say.ts';
import type { Path, PathProblem } from '../problem.ts';
import { LabTree, mapOf, type LabFile } from './lab-tree.ts';

/** `${NAME}`, with `:-default`, `-default`, `:?message` or `?message`; after another `$` it stands for itself. */
const VARIABLE = /\$(\$?)\{([A-Za-z_]\w*)(?:(:?)([-?])([^{}]*))?\}/g;

/** What programs and their shells read themselves, and texts of scenarios, keep their `${…}`. */
const keptFields: ReadonlySet<string> = new Set(['command', 'build', 'setup', 'prompt']);

/** What the field at a path may be: `number`, `boolean`, `string`, `object`, `array`. */
export type KindsAt = (path: Path) => ReadonlySet<string>;

/** Variables of the environment, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The data of a file with `${NAME}` in its values replaced by variables of the environment, and without the fields that
 * start with `x-`. Scenarios keep theirs, as do commands, builds, set-ups and prompts: `${…}` in them belongs to shells
 * and patterns.
 */
export function readLayer(
  file: LabFile,
  { environment, kindsAt }: { readonly environment: Environment; readonly kindsAt: KindsAt },
): { tree: LabTree; problems: PathProblem[] } {
  const data = file.text.includes('x-') ? withoutExtensions(file.source.data) : file.source.data;
  const tree = new LabTree(file, data);
  if (!file.text.includes('${')) return { tree, problems: [] };
  const reader = new VariableReader(tree, environment, kindsAt);
  tree.data = reader.read(data, []);
  return { tree, problems: reader.problems };
}

class VariableReader {
  readonly problems: PathProblem[] = [];
  readonly #tree: LabTree;
  readonly #environment: Environment;
  readonly #kindsAt: KindsAt;

  constructor(tree: LabTree, environment: Environment, kindsAt: KindsAt) {
    this.#tree = tree;
    this.#kindsAt = kindsAt;
    this.#environment = environment;
  }

  read(value: unknown, path: Path): unknown {
    if (typeof value === 'string') return value.includes('${') ? this.#text(value, path) : value;
    if (Array.isArray(value)) return value.map((item: unknown, index) => this.read(item, [...path, index]));
    const map = mapOf(value);
    if (map === undefined) return value;
    return Object.fromEntries(
      Object.entries(map).map(([key, part]) => [key, isKept(path, key) ? part : this.read(part, [...path, key])]),
    );
  }

  /** Where the field may be a number or true and false, what comes out is read as such: `count: "${COUNT:-3}"`. */
  #text(written: string, path: Path): unknown {
    const text = written.replaceAll(VARIABLE, (...match: (string | undefined)[]) => this.#variable(match, path));
    if (text === written) return text;
    const value = plainValue(text);
    if (typeof value === 'string' || !this.#kindsAt(path).has(typeof value)) return text;
    this.#tree.setText(path, text);
    return value;
  }

  #variable([whole, literal, name = '', colon, sign, rest = '']: readonly (string | undefined)[], path: Path): string {
    if (literal !== '') return whole!.slice(1);
    if (holdsSecret(name)) return this.#secret(name, path);
    const value = this.#environment[name];
    if (value !== undefined && (colon !== ':' || value !== '')) return value;
    if (sign !== '-') this.#missing(name, path, sign === '?' ? rest : undefined);
    return sign === '-' ? rest : '';
  }

  /** What stands in a lab file stands in records and reports. */
  #secret(name: string, path: Path): string {
    this.problems.push({
      path,
      message: say`${name} holds a secret, which cannot stand in a lab file`,
      hint: say`lab reads it by itself where it is asked for; leave it out here`,
    });
    return '';
  }

  #missing(name: string, path: Path, message: string | undefined): void {
    const near = nearest(name, Object.keys(this.#environment));
    this.problems.push({
      path,
      message:
        message === undefined || message === ''
          ? say`the variable ${name} of the environment is not set`
          : say`the variable ${name} of the environment is not set: ${message}`,
      hint:
        near === undefined
          ? say`set it: ${name}=… lab …; or give it a value here: \${${name}:-VALUE}; for the text itself write $\${${name}}`
          : didYouMean(near),
    });
  }
}

function isKept(path: Path, key: string): boolean {
  if (path.length === 0) return key === 'scenarios';
  return path.length === 2 && keptFields.has(key);
}

/** A number, `true` or `false`, as the core schema of YAML reads them (YAML 1.2.2, 10.3.2); otherwise the text. */
function plainValue(text: string): unknown {
  if (/^(?:true|True|TRUE)$/.test(text)) return true;
  if (/^(?:false|False|FALSE)$/.test(text)) return false;
  return /^[-+]?(?:\d+|(?:\.\d+|\d+\.\d*)(?:[eE][-+]?\d+)?)$/.test(text) ? Number(text) : text;
}

/** Maps of the lab whose keys are names, and no fields. */
const named: ReadonlySet<string> = new Set(['networks', 'machines', 'programs', 'services', 'scenarios', 'params']);
/** The same further below. */
const namedBelow: ReadonlySet<string> = new Set(['interfaces', 'env', 'sysctls', 'dns']);

/** Without the fields that start with `x-`: everywhere but in what a step says. */
function withoutExtensions(value: unknown, path: Path = []): unknown {
  if (isInStep(path)) return value;
  if (Array.isArray(value)) return value.map((item: unknown, index) => withoutExtensions(item, [...path, index]));
  const map = mapOf(value);
  if (map === undefined) return value;
  const [key] = path.slice(-1);
  const hasNames = typeof key === 'string' && (path.length === 1 ? named.has(key) : namedBelow.has(key));
  const fields = Object.entries(map).filter(([name]) => hasNames || !name.startsWith('x-'));
  return Object.fromEntries(fields.map(([name, part]) => [name, withoutExtensions(part, [...path, name])]));
}

/** `scenarios.tp1[2].send`, `scenarios.tp1.steps[2].send`, and what is below. */
function isInStep([first, , ...rest]: Path): boolean {
  return first === 'scenarios' && rest.length === (rest[0] === 'steps' ? 3 : 2);
}
