import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { spokenLanguage } from '../../core/language/speak.ts';
import type { LanguageCode } from '../../core/lab-description.ts';

/**
 * A page of the manual: `lab help NAME` shows it. It lies as `topics/LANGUAGE/NAME.md`; its first line is `# NAME:
 * summary`.
 */
export interface Topic {
  readonly name: string;
  /** That of the user, or English where the page is not translated. */
  readonly language: LanguageCode;
  /** One line, in lower case, without a full stop. */
  readonly summary: string;
  /** The whole page, in Markdown. */
  readonly markdown: string;
}

/** Next to this module in the source, and next to the compiled command line in the build. */
const folder = new URL('topics/', import.meta.url);
const FIRST_LINE = /^# (\S+?)\s?: (.*)/;

/** The names of all topics, in alphabetical order: those that there are in English. */
export function topicNames(): string[] {
  return readdirSync(new URL('en/', folder))
    .map((file) => file.replace(/\.md$/, ''))
    .toSorted();
}

/** @throws {Error} when there is no such topic. */
export function readTopic(name: string, wanted = spokenLanguage()): Topic {
  const language = existsSync(placeOf(name, wanted)) ? wanted : 'en';
  const markdown = readFileSync(placeOf(name, language), 'utf8').replaceAll('\r\n', '\n');
  const [, , summary = ''] = FIRST_LINE.exec(markdown) ?? [];
  return { name, language, summary, markdown };
}

function placeOf(name: string, language: LanguageCode): URL {
  return new URL(`${language}/${name}.md`, folder);
}
