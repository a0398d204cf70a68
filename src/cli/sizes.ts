import { UsageError } from '../core/errors.ts';
import { formatSize, LEAST_OUTPUT_LIMIT } from '../report/run/output-limit.ts';

const powers = { '': 0, K: 1, M: 2, G: 3, T: 4 } as const;

/**
 * A size as people write it, in bytes: `500000`, `64K`, `1.5M`, `2GiB`. Units are powers of 1024.
 *
 * @throws {UsageError} for anything else, and for less than the files of a run need.
 */
export function parseSize(text: string, option: string): number {
  const match = /^(\d{1,16}(?:\.\d{1,6})?) ?([kmgt]?)(?:i?b)?$/i.exec(text);
  const unit = match?.[2]!.toUpperCase() as keyof typeof powers;
  const bytes = match === null ? Number.NaN : Math.floor(Number(match[1]) * 1024 ** powers[unit]);
  if (bytes >= LEAST_OUTPUT_LIMIT && bytes <= Number.MAX_SAFE_INTEGER) return bytes;
  const wanted = Number.isNaN(bytes) ? 'a size' : `a size from ${formatSize(LEAST_OUTPUT_LIMIT)} on`;
  throw new UsageError(`${option} wants ${wanted}, not "${text}"`, {
    code: 'wrong-size',
    hint: `For example:  ${option} 64M`,
  });
}
