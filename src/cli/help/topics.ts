import { readdirSync, readFileSync } from 'node:fs';

/** A page of the manual: `lab help NAME` shows it. It lies as `topics/LANGUAGE/NAME.md`; its first line is `# NAME: summary`. */
export interface Topic {
  readonly name: string;
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
export function readTopic(name: string): Topic {
  const markdown = readFileSync(new URL(`en/${name}.md`, folder), 'utf8').replaceAll('\r\n', '\n');
  const [, , summary = ''] = FIRST_LINE.exec(markdown) ?? [];
  return { name, summary, markdown };
}
