import { say } from '../../core/language/say.ts';

const unitMs: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['min', 60_000],
]);

/** Longer makes no sense in a scenario, and `setTimeout` fires at once beyond 2^31 ms. */
const LONGEST_MS = 24 * 60 * 60_000;

/** `500ms`, `5s`, `1.5 min` in milliseconds; otherwise what is wrong with it, as it follows "must be". */
export function parseDuration(value: unknown): number | { readonly wrong: string; readonly hint: string } {
  const form = {
    wrong: say`a time with its unit (ms, s or min)`,
    hint: typeof value === 'number' ? say`write ${value}s, or ${value}ms` : say`for example 500ms, 5s, 2min`,
  };
  const found = typeof value === 'string' ? /^(\d+(?:\.\d+)?) ?(ms|s|min)$/.exec(value.trim()) : null;
  if (!found) return form;
  const ms = Number(found[1]) * unitMs.get(found[2]!)!;
  if (ms <= 0 || ms > LONGEST_MS) return { wrong: say`more than 0 and at most 24 hours (1440min)`, hint: form.hint };
  return ms;
}
