import { say } from '../../core/language/say.ts';
import { KnownWords } from '../../core/text/suggest.ts';
import { MOST_INSTANCES } from '../defaults.ts';
import { quoted } from '../fields/text-rule.ts';
import { matchesName } from '../name-pattern.ts';
import type { Path, PathProblem } from '../problem.ts';
import { fillPattern, fillText, type Meaning } from '../text-names.ts';
import { countedUp, countsUp, publishedUp } from './count-up.ts';
import { LinkPatterns } from './link-patterns.ts';
import { mapOf, valueAt, type LabTree } from './lab-tree.ts';

/** A map of the lab whose entries may stand for several, while it is read. */
type Entries = Readonly<Record<string, unknown>>;

/**
 * Replaces each machine that has a `count`, and each program or service that runs on several machines or several times,
 * by all that it stands for: `c` by `c-1` to `c-30`, each with its own address. In programs, names in braces are
 * replaced: `{n}`, `{machine}`, and what `parameter` knows.
 */
export function expandLab(tree: LabTree, parameter: Meaning): PathProblem[] {
  const lab = mapOf(tree.data);
  if (lab === undefined) return [];
  const expansion = new Expansion(tree, parameter);
  const data: Record<string, unknown> = { ...lab };
  const machines = mapOf(lab['machines']);
  if (machines) data['machines'] = expansion.machines(machines);
  const links = new LinkPatterns(tree, Object.keys(mapOf(data['machines']) ?? {}));
  if (lab['links'] !== undefined) data['links'] = links.expanded(lab['links']);
  for (const kind of ['programs', 'services']) {
    const programs = mapOf(lab[kind]);
    if (programs) data[kind] = expansion.programs(programs, kind);
  }
  tree.data = data;
  return [...expansion.problems, ...links.problems];
}

class Expansion {
  readonly problems: PathProblem[] = [];
  readonly #tree: LabTree;
  readonly #parameter: Meaning;
  #machineNames: readonly string[] = [];
  #made = 0;

  constructor(tree: LabTree, parameter: Meaning) {
    this.#tree = tree;
    this.#parameter = parameter;
  }

  machines(machines: Entries): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(machines)) {
      const path = ['machines', name];
      const count = valueAt(value, ['count']);
      if (count === undefined) this.#refusePlus(value, path);
      // A wrong count is told of with all other fields; what else is wrong there is looked for in one machine.
      const isRight = isCount(count) && this.#mayMake(count, [...path, 'count']);
      if (count === undefined) result[name] = value;
      else this.#addMachines(name, isRight ? count : 1, { machines, result });
    }
    this.#machineNames = Object.keys(result);
    return result;
  }

  #addMachines(
    name: string,
    count: number,
    { machines, result }: { readonly machines: Entries; readonly result: Record<string, unknown> },
  ): void {
    const { count: written, ...others } = mapOf(machines[name])!;
    const fields = isCount(written) ? others : { ...others, count: written };
    const path = ['machines', name];
    const origin = this.#tree.originOf(path);
    this.#refuseShared(fields, count, path);
    for (let number = 1; number <= count; number++) {
      const own = `${name}-${number}`;
      if (Object.hasOwn(machines, own)) this.#collides(own, path);
      this.#tree.place(['machines', own], origin);
      result[own] = this.#countedUp(fields, number, ['machines', own]);
    }
  }

  /** Addresses that no two machines can have. */
  #refuseShared(fields: Entries, count: number, path: Path): void {
    if (count === 1) return;
    const fixed = findText(fields, isFixedAddress, ['address', 'address6', 'interfaces', 'mac']);
    if (fixed !== undefined)
      this.problems.push({
        path: [...path, ...fixed.path],
        message: say`${count} machines cannot share ${fixed.text}`,
        hint: say`write ${fixed.text}+ : then each has the next one`,
      });
    for (const [index, published] of listOf(fields['publish']).entries()) {
      const [, hostPort, port] = /^(?:([^+]*):)?(\d+)$/.exec(String(published)) ?? [];
      if (port === undefined) continue;
      this.problems.push({
        path: [...path, 'publish', index],
        message: say`${count} machines cannot share one port of this host`,
        hint: say`write ${`"${hostPort ?? port}+:${port}"`} : then each has the next one`,
      });
    }
  }

  #refusePlus(value: unknown, path: Path): void {
    const found = findText(mapOf(value) ?? {}, countsUp, ['address', 'address6', 'interfaces', 'mac', 'ssh']);
    if (found === undefined) return;
    this.problems.push({
      path: [...path, ...found.path],
      message: say`${found.text} counts up, but there is one machine only`,
      hint: say`say how many there are: count: 3; or leave out the "+"`,
    });
  }

  #countedUp(value: unknown, number: number, path: Path): unknown {
    if (typeof value === 'string') return this.#countedText(value, number, path);
    if (Array.isArray(value)) return value.map((item, index) => this.#countedUp(item, number, [...path, index]));
    const map = mapOf(value);
    if (map === undefined) return value;
    return Object.fromEntries(
      Object.entries(map).map(([key, part]) => [key, this.#countedUp(part, number, [...path, key])]),
    );
  }

  #countedText(text: string, number: number, path: Path): unknown {
    const published = path[2] === 'publish' ? publishedUp(text, number - 1) : undefined;
    if (published !== undefined) return published;
    if (!countsUp(text)) return fillText(text, (name) => (name === 'n' ? String(number) : undefined));
    const value = countedUp(text, number - 1);
    if (value === undefined)
      this.problems.push({
        path,
        message: say`there is no address ${number - 1} after ${quoted(text.slice(0, -1))}`,
        hint: say`begin lower, or make fewer machines`,
      });
    if (typeof value === 'number') this.#tree.setText(path, String(value));
    return value ?? text.slice(0, -1);
  }

  programs(programs: Entries, kind: string): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(programs)) {
      const fields = mapOf(value);
      const homes = fields && this.#homesOf(fields, [kind, name]);
      if (fields === undefined) result[name] = value;
      else if (homes === undefined) result[name] = this.#filled(fields, { path: [kind, name], machine: fields['on'] });
      else this.#addPrograms({ name, kind, fields, homes }, programs, result);
    }
    return result;
  }

  #addPrograms({ name, kind, fields, homes }: ManyPrograms, programs: Entries, result: Record<string, unknown>): void {
    const { count: _count, ...others } = fields;
    const origin = this.#tree.originOf([kind, name]);
    for (const [index, { machine, at }] of homes.entries()) {
      const number = index + 1;
      const own = `${name}-${number}`;
      if (Object.hasOwn(programs, own)) this.#collides(own, [kind, name]);
      this.#tree.place([kind, own], origin);
      this.#tree.place([kind, own, 'on'], { ...origin, path: [...origin.path, ...at] });
      this.#tree.instances.set(own, { of: name, number });
      result[own] = this.#filled({ ...others, on: machine }, { path: [kind, own], machine, number });
    }
  }

  /** Where each of the programs runs that an entry stands for; undefined when it stands for one, or is wrong. */
  #homesOf(fields: Entries, path: Path): readonly Home[] | undefined {
    const { on, count } = fields;
    const patterns = Array.isArray(on)
      ? on.map((written: unknown, index) => ({ written, at: ['on', index] }))
      : [{ written: on, at: ['on'] }];
    const isMany = Array.isArray(on) || (typeof on === 'string' && on.includes('*')) || isCount(count);
    if (!isMany || patterns.some(({ written }) => typeof written !== 'string')) return undefined;
    if (count !== undefined && !isCount(count)) return undefined;
    const times = isCount(count) ? count : 1;
    const machines = patterns.flatMap(({ written, at }) => this.#machinesOf(written as string, path, at));
    if (machines.length === 0) return undefined;
    const perMachine = [...new Map(machines.map((home) => [home.machine, home])).values()];
    if (!this.#mayMake(times * perMachine.length, [...path, isCount(count) ? 'count' : 'on'])) return undefined;
    return perMachine.flatMap((home) => Array.from({ length: times }, () => home));
  }

  #machinesOf(written: string, path: Path, at: Path): Home[] {
    if (!written.includes('*')) return [{ machine: written, at }];
    const found = this.#machineNames.filter((name) => matchesName(written, name));
    if (found.length === 0) {
      const known = this.#machineNames.slice(0, 8).join(', ');
      this.problems.push({
        path: [...path, ...at],
        message: say`no machine has a name like ${quoted(written)}`,
        hint: new KnownWords(this.#machineNames).suggestion(written) ?? say`known machines: ${known}`,
      });
    }
    return found.map((machine) => ({ machine, at }));
  }

  #filled(fields: Entries, { path, machine, number }: Place): Record<string, unknown> {
    const meaning: Meaning = (name) => {
      if (name === 'n' && number !== undefined) return String(number);
      if (name === 'machine' && number !== undefined) return String(machine);
      return this.#parameter(name);
    };
    return Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [
        key,
        key === 'prompt' && typeof value === 'string'
          ? fillPattern(value, meaning)
          : this.#filledValue(value, { meaning, steps: (number ?? 1) - 1, isMany: number !== undefined }, [
              ...path,
              key,
            ]),
      ]),
    );
  }

  #filledValue(value: unknown, filling: Filling, path: Path): unknown {
    const { meaning, steps, isMany } = filling;
    if (typeof value === 'string') {
      const filled = fillText(value, meaning);
      if (path[2] !== 'listens') return filled;
      const port = (isMany ? portAfter(filled, steps) : undefined) ?? portIn(filled, value);
      if (typeof port === 'number') this.#tree.setText(path, String(port));
      return port;
    }
    if (Array.isArray(value)) return value.map((item, index) => this.#filledValue(item, filling, [...path, index]));
    const map = mapOf(value);
    if (map === undefined) return value;
    return Object.fromEntries(
      Object.entries(map).map(([key, part]) => [key, this.#filledValue(part, filling, [...path, key])]),
    );
  }

  #collides(own: string, path: Path): void {
    this.problems.push({
      path,
      at: 'key',
      message: say`${quoted(own)} is one of the names that it makes, and stands in this file, too`,
      hint: say`give one of the two another name`,
    });
  }

  /** A wrong number of zeros must not make a million machines. */
  #mayMake(count: number, path: Path): boolean {
    this.#made += count;
    if (this.#made <= MOST_INSTANCES) return true;
    this.problems.push({
      path,
      message: say`with these there are more than ${MOST_INSTANCES} machines and programs`,
      hint: say`make fewer`,
    });
    this.#made -= count;
    return false;
  }
}

/** What a parameter stands for is a port like one that is written; a number in quotes stays text. */
function portIn(filled: string, written: string): string | number {
  return filled !== written && /^\d{1,9}$/.test(filled) ? Number(filled) : filled;
}

/** `8000+`, `8000+/udp`. */
function portAfter(written: string, steps: number): string | number | undefined {
  const [, port, protocol = ''] = /^(\d+\+)(\/\w+)?$/.exec(written) ?? [];
  const number = port === undefined ? undefined : countedUp(port, steps);
  return protocol === '' || number === undefined ? number : `${number}${protocol}`;
}

interface ManyPrograms {
  readonly name: string;
  readonly kind: string;
  readonly fields: Entries;
  readonly homes: readonly Home[];
}

/** A machine, and where its name or pattern stands within the program. */
interface Home {
  readonly machine: string;
  readonly at: Path;
}

interface Place {
  readonly path: Path;
  readonly machine: unknown;
  /** Undefined when the entry stands for one program. */
  readonly number?: number;
}

interface Filling {
  readonly meaning: Meaning;
  readonly steps: number;
  readonly isMany: boolean;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MOST_INSTANCES;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isFixedAddress(text: string): boolean {
  return countsUp(`${text}+`) && /[.:]/.test(text);
}

/** The first text in some fields of a map for which `is` holds. */
function findText(
  fields: Entries,
  is: (text: string) => boolean,
  names: readonly string[],
): { readonly text: string; readonly path: Path } | undefined {
  const search = (value: unknown, path: Path): { readonly text: string; readonly path: Path } | undefined => {
    if (typeof value === 'string') return is(value) ? { text: value, path } : undefined;
    const parts: [string | number, unknown][] = Array.isArray(value)
      ? [...value.entries()]
      : Object.entries(mapOf(value) ?? {});
    for (const [key, part] of parts) {
      const found = search(part, [...path, key]);
      if (found) return found;
    }
    return undefined;
  };
  for (const name of names) {
    const found = search(fields[name], [name]);
    if (found) return found;
  }
  return undefined;
}
