import type { LanguageCode } from '../../core/lab-description.ts';
import type { Notation } from './wording.ts';

/** Words of a language that notation needs. */
interface NotationWords {
  readonly byte: string;
  readonly bytes: string;
  /** Before the last item of a list. */
  readonly and: string;
  /** Symbol of the byte in `kB`, `MB`. */
  readonly byteSymbol: string;
  /** With the blank that stands before it, if any. */
  readonly colon: string;
  readonly typeset: (prose: string) => string;
}

/**
 * A no-break space before `:` `;` `?` `!` and within « »; narrow before `;` `?` `!` (Lexique des règles typographiques
 * de l'Imprimerie nationale).
 */
function typesetFrench(prose: string): string {
  return prose.replaceAll(/ (?=[:»])|(?<=«) /g, '\u00a0').replaceAll(/ (?=[;?!])/g, '\u202f');
}

const locales: Readonly<Record<LanguageCode, string>> = { en: 'en-GB', fr: 'fr-FR' };

/** How each language of reports writes numbers and times. */
export const notations: Readonly<Record<LanguageCode, Notation>> = {
  en: notationOf('en', {
    byte: 'byte',
    bytes: 'bytes',
    and: 'and',
    byteSymbol: 'B',
    colon: ':',
    typeset: (prose) => prose,
  }),
  fr: notationOf('fr', {
    byte: 'octet',
    bytes: 'octets',
    and: 'et',
    byteSymbol: 'o',
    colon: ' :',
    typeset: typesetFrench,
  }),
};

/** The same with dates and times of another time zone, by its name in Intl. */
export function inTimeZone(notation: Notation, code: LanguageCode, timeZone: string): Notation {
  const dateTime = dateTimeFormat(code, timeZone);
  return { ...notation, dateTime: (wallMs) => dateTime.format(wallMs) };
}

function dateTimeFormat(code: LanguageCode, timeZone?: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(locales[code], { dateStyle: 'long', timeStyle: 'medium', timeZone });
}

/**
 * How a language writes numbers and times, by the data of ICU that Node carries. The first use of each format costs
 * milliseconds, and commands that show none must not wait for it.
 */
function notationOf(code: LanguageCode, words: NotationWords): Notation {
  const formats = new Map<number, Intl.NumberFormat>();
  const number = (value: number, digits = 0): string => {
    const format = formats.get(digits) ?? new Intl.NumberFormat(locales[code], { maximumFractionDigits: digits });
    formats.set(digits, format);
    return format.format(value);
  };
  let dates: Intl.DateTimeFormat | undefined;
  return {
    number,
    duration: (ms) => durationText(ms, number),
    bytes: (count) =>
      count < 1000
        ? `${number(count)}\u00a0${count === 1 ? words.byte : words.bytes}`
        : scaledBytes(count, number, words.byteSymbol),
    dateTime: (wallMs) => (dates ??= dateTimeFormat(code)).format(wallMs),
    typeset: words.typeset,
    colon: words.typeset(words.colon),
    list: (items) =>
      items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} ${words.and} ${items.at(-1)}`,
  };
}

/** Three digits are enough to compare, and a microsecond is the finest that captures tell. */
function durationText(ms: number, number: Notation['number']): string {
  if (ms < 1) return `${number(ms, 3)}\u00a0ms`;
  if (ms < 1000) return `${number(ms, ms < 10 ? 2 : ms < 100 ? 1 : 0)}\u00a0ms`;
  if (ms < 60_000) return `${number(ms / 1000, ms < 10_000 ? 2 : 1)}\u00a0s`;
  const seconds = Math.round(ms / 1000);
  return `${number(Math.floor(seconds / 60))}\u00a0min ${seconds % 60}\u00a0s`;
}

function scaledBytes(count: number, number: Notation['number'], symbol: string): string {
  const exponent = Math.min(4, Math.floor(Math.log10(count) / 3));
  return `${number(count / 1000 ** exponent, 1)}\u00a0${['', 'k', 'M', 'G', 'T'][exponent]}${symbol}`;
}
