import { languageNames, type LanguageCode } from '../lab-description.ts';

/**
 * The language of the messages of one command line: what `--lang` says, or else the locale of the environment (POSIX:
 * `LC_ALL`, `LC_MESSAGES`, `LANG`; before them GNU's list `LANGUAGE`, where a locale is set at all). Programs that read
 * `--json` get English, whoever runs them, unless `--lang` says otherwise. What comes behind `--` is not for lab.
 */
export function chooseLanguage(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): LanguageCode {
  const end = argv.indexOf('--');
  const words = end === -1 ? argv : argv.slice(0, end);
  const asked = words.map((word, index) => (word === '--lang' ? words[index + 1] : afterPrefix(word, '--lang=')));
  const stated = asked.findLast((word) => word !== undefined);
  if (stated !== undefined) return languageOf(stated) ?? 'en';
  if (words.includes('--json')) return 'en';
  const { LC_ALL, LC_MESSAGES, LANG, LANGUAGE } = environment;
  const locale = LC_ALL || LC_MESSAGES || LANG || 'C';
  if (/^(C|POSIX)\b/.test(locale)) return 'en';
  const wanted = [...(LANGUAGE || '').split(':').filter((name) => name !== ''), locale];
  return wanted.map(languageOf).find((code) => code !== undefined) ?? 'en';
}

function afterPrefix(word: string, prefix: string): string | undefined {
  return word.startsWith(prefix) ? word.slice(prefix.length) : undefined;
}

/** The language of a locale: `fr`, `fr_CA.UTF-8`, `fr-BE`. Undefined for one that there are no messages in. */
function languageOf(locale: string): LanguageCode | undefined {
  return languageNames.find((code) => new RegExp(`^${code}(?![a-z])`, 'i').test(locale));
}
