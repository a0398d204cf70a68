/** `1 problem`, `3 problems`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `812 B`, `40 kB`, `121 MB`: a size as a person reads it, in powers of 1000. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [value, unit] = bytes < 1e6 ? [bytes / 1e3, 'kB'] : bytes < 1e9 ? [bytes / 1e6, 'MB'] : [bytes / 1e9, 'GB'];
  return `${Number(value.toPrecision(3))} ${unit}`;
}

/** `850 ms`, `2.5 s`, `3 min 5 s`: a duration as a person reads it. */
export function formatDuration(ms: number): string {
  if (Math.round(ms) < 1000) return `${Math.round(ms)} ms`;
  const seconds = Number((ms / 1000).toFixed(1));
  if (seconds < 60) return `${seconds} s`;
  const wholeSeconds = Math.round(ms / 1000);
  const minutes = Math.floor(wholeSeconds / 60);
  return wholeSeconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${wholeSeconds % 60} s`;
}

const binaryUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `16 MiB`, `1.5 MiB`: a size in powers of 1024, as limits are written. */
export function formatBinarySize(bytes: number): string {
  const power = Math.max(0, Math.min(binaryUnits.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  return `${Number((bytes / 1024 ** power).toFixed(1))} ${binaryUnits[power]}`;
}

/**
 * A size as people write it, in bytes: `500000`, `64K`, `1.5M`, `2GiB`. Units are powers of 1024. Undefined for
 * anything else, and for more than a number holds exactly.
 */
export function parseBinarySize(text: string): number | undefined {
  const match = /^(\d{1,16}(?:\.\d{1,6})?) ?([kmgt]?)(?:i?b)?$/i.exec(text);
  if (match === null) return undefined;
  const [, digits, unit = ''] = match;
  const bytes = Math.floor(Number(digits) * 1024 ** ' KMGT'.indexOf(unit.toUpperCase() || ' '));
  return bytes <= Number.MAX_SAFE_INTEGER ? bytes : undefined;
}

/** An age as people write it: `12h`, `30d`, `2w`. */
export const AGE = /^([1-9]\d{0,4})([hdw])$/;

const hoursOf: Readonly<Record<string, number>> = { h: 1, d: 24, w: 7 * 24 };

/** An age in milliseconds; undefined for what is none. */
export function parseAge(text: string): number | undefined {
  const [, amount, unit = ''] = AGE.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * hoursOf[unit]! * 3_600_000;
}
