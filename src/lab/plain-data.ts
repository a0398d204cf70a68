import type { Placed } from './draft.ts';
import type { Path } from './problem.ts';

/** What a value of the file is, if it is that at all: nothing here reports what is wrong, the validator does. */

export function placed<T>(value: T | undefined, path: Path): Placed<T> | undefined {
  return value === undefined ? undefined : { value, path };
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

export function entriesOf(value: unknown): [string, unknown][] {
  return Object.entries(fieldsOf(value));
}

/** Each text of one or of a list, with its place. */
export function textsAt(value: unknown, path: Path): Placed<string>[] {
  if (typeof value === 'string') return [{ value, path }];
  return listOf(value).flatMap((item, index) =>
    typeof item === 'string' ? [{ value: item, path: [...path, index] }] : [],
  );
}
