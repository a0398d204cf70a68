/** Whether a value of parsed JSON is what it should be; shape.ts rebuilds one, and says what is wrong. By hand, because a schema library would cost each command more time than all else that it does. */
export type Check = (value: unknown) => boolean;

export const isText: Check = (value) => typeof value === 'string';
export const isFlag: Check = (value) => typeof value === 'boolean';
export const isNumber: Check = (value) => typeof value === 'number';
export const isCount: Check = (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
/** Of TCP or UDP. */
export const isPort: Check = (value) => isCount(value) && Number(value) <= 65_535;
/** What may become part of a path: no `/`, no `..`, nothing that a tool reads as an option. */
export const isName: Check = (value) => typeof value === 'string' && /^\w[\w.-]*$/.test(value) && value.length <= 255;
/** As ISO 8601 or any other form that `Date.parse` knows. */
export const isTime: Check = (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value));

/** Any of these values. */
export const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
/** Nothing, or what the check takes. */
export const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
export const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every((item) => check(item));
/** An object that has these fields of its own; others may be there, too. */
export const recordOf =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isRecord(value) &&
    Object.entries(fields).every(([name, check]) => check(Object.hasOwn(value, name) ? value[name] : undefined));
/** An object with any names. */
export const mapOf =
  (check: Check): Check =>
  (value) =>
    isRecord(value) && Object.values(value).every((item) => check(item));

/** Whether a value is an object of JSON: no list, no `null`. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
