import { formatBinarySize, formatBytes, formatDuration } from '../text/amounts.ts';
import { spokenLanguage } from './speak.ts';

/*
 * Amounts in messages. What is stored, and what is compared with it later, has them from `core/text/amounts.ts`, which
 * knows no languages.
 */

/** `850 ms`, `2.5 s` or `2,5 s`. */
export function sayDuration(ms: number): string {
  return withComma(formatDuration(ms));
}

/** `40 kB` or `40 ko`. */
export function sayBytes(bytes: number): string {
  return withOctets(formatBytes(bytes));
}

/** `1.5 MiB` or `1,5 Mio`. */
export function sayBinarySize(bytes: number): string {
  return withOctets(formatBinarySize(bytes));
}

/** `66.7` or `66,7`. */
export function sayNumber(number: number): string {
  return withComma(String(number));
}

function withComma(amount: string): string {
  return spokenLanguage() === 'fr' ? amount.replace('.', ',') : amount;
}

function withOctets(size: string): string {
  return spokenLanguage() === 'fr' ? withComma(size).replace(/B$/, 'o') : size;
}
