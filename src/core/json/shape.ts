import type { WrittenPort } from '../listen-port.ts';
import { say } from '../language/say.ts';

/**
 * Checks of data that comes from outside, by hand: a schema library would cost each command more time than all else
 * that it does. A shape returns the value, rebuilt from the fields that it knows, so nothing else gets in (a
 * `__proto__`, a depth without end).
 *
 * @throws {ShapeError} when the value is something else.
 */
export type Shape<T> = (value: unknown, where: string) => T;

/** Where a value is not what it has to be, what that is, and what was found. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';

  constructor(where: string, wanted: string, value: unknown) {
    super(
      where === ''
        ? say`it is ${described(value)}, not ${wanted}`
        : say`${where} is ${described(value)}, not ${wanted}`,
    );
  }
}

const LONGEST_SHOWN = 40;

function described(value: unknown): string {
  if (value === undefined) return say`missing`;
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? say`a list` : say`an object`;
  if (typeof value === 'number' && !Number.isFinite(value)) return say`a number without end`;
  const text = JSON.stringify(typeof value === 'string' ? value.slice(0, LONGEST_SHOWN + 1) : value);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

export const text: Shape<string> = (value, where) => {
  if (typeof value !== 'string') throw new ShapeError(where, say`text`, value);
  return value;
};

export const truth: Shape<boolean> = (value, where) => {
  if (typeof value !== 'boolean') throw new ShapeError(where, say`true or false`, value);
  return value;
};

/** What may become part of a path: no `/`, no `..`, nothing that a tool reads as an option. */
export const name: Shape<string> = (value, where) => {
  if (typeof value !== 'string' || value.length > 255 || !/^\w[\w.-]*$/.test(value))
    throw new ShapeError(where, say`a name`, value);
  return value;
};

/** A date and time as ISO 8601, or in any other form that `Date.parse` knows. */
export const time: Shape<string> = (value, where) => {
  if (typeof value !== 'string' || Number.isNaN(Date.parse(value))) throw new ShapeError(where, say`a time`, value);
  return value;
};

/** A finite number within these bounds. */
export function number(least: number, most: number): Shape<number> {
  return (value, where) => {
    if (typeof value !== 'number' || !(value >= least && value <= most))
      throw new ShapeError(where, say`a number from ${least} to ${most}`, value);
    return value;
  };
}

/** The same without fractions. */
export function whole(least: number, most: number): Shape<number> {
  const inBounds = number(least, most);
  return (value, where) => {
    if (!Number.isInteger(inBounds(value, where))) throw new ShapeError(where, say`a whole number`, value);
    return value as number;
  };
}

export const count = whole(0, Number.MAX_SAFE_INTEGER);
/** Of TCP or UDP. */
export const port = whole(0, 65_535);

/** A port of a program; that of TCP is a number. */
export const storedPort: Shape<WrittenPort> = (value, where) => {
  if (typeof value === 'number') return port(value, where);
  const digits = typeof value === 'string' ? /^(\d{1,5})\/udp$/.exec(value)?.[1] : undefined;
  if (digits === undefined) throw new ShapeError(where, say`a port`, value);
  return `${port(Number(digits), where)}/udp`;
};

export function oneOf<const T extends string | number | boolean>(...allowed: readonly T[]): Shape<T> {
  return (value, where) => {
    if (!allowed.includes(value as T))
      throw new ShapeError(where, allowed.length === 1 ? `${allowed[0]}` : say`one of ${allowed.join(', ')}`, value);
    return value as T;
  };
}

export function list<T>(item: Shape<T>): Shape<readonly T[]> {
  return (value, where) => {
    if (!Array.isArray(value)) throw new ShapeError(where, say`a list`, value);
    return value.map((part, index) => item(part, `${where}[${index}]`));
  };
}

/** Values by names that anybody may have chosen. */
export function record<T>(item: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value, where) =>
    Object.fromEntries(
      Object.entries(objectOf(value, where)).map(([key, part]) => [
        key,
        item(part, `${where}.${key.slice(0, LONGEST_SHOWN)}`),
      ]),
    );
}

/** May be left out. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value, where) => (value === undefined ? undefined : shape(value, where));
}

/** Or this word in its place. */
export function orWord<W extends string, T>(word: W, shape: Shape<T>): Shape<W | T> {
  return (value, where) => (value === word ? word : shape(value, where));
}

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value, where) => (value === null ? null : shape(value, where));
}

/** A shape for each field of `T`: one that is forgotten is an error of the compiler. */
export type FieldsOf<T> = { readonly [K in keyof T]-?: Shape<T[K] | (object extends Pick<T, K> ? undefined : never)> };

/** An object with these fields; others are left out, and so are optional ones that are not there. */
export function object<T extends object>(fields: FieldsOf<T>): Shape<T> {
  const shapes = Object.entries(fields) as [string, Shape<unknown>][];
  return (value, where) => {
    const given = objectOf(value, where);
    const found: Record<string, unknown> = {};
    for (const [key, shape] of shapes) {
      const part = shape(Object.hasOwn(given, key) ? given[key] : undefined, where === '' ? key : `${where}.${key}`);
      if (part !== undefined) found[key] = part;
    }
    return found as T;
  };
}

/** An object with any content, as it is. */
export function objectOf(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ShapeError(where, say`an object`, value);
  return value as Readonly<Record<string, unknown>>;
}

/** The value in its shape; undefined when it is something else. */
export function fitting<T>(shape: Shape<T>, value: unknown): T | undefined {
  try {
    return shape(value, '');
  } catch (error) {
    if (error instanceof ShapeError) return undefined;
    throw error;
  }
}
