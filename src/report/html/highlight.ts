import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import c from 'highlight.js/lib/languages/c';
import java from 'highlight.js/lib/languages/java';
import javascript from 'highlight.js/lib/languages/javascript';
import python from 'highlight.js/lib/languages/python';
import typescript from 'highlight.js/lib/languages/typescript';
import yaml from 'highlight.js/lib/languages/yaml';
import { sanitize } from '../../core/text/sanitize.ts';
import { html, trusted, type Markup } from './markup.ts';

const languages = { bash, c, java, javascript, python, typescript, yaml } as const;

for (const [name, language] of Object.entries(languages)) hljs.registerLanguage(name, language);

/** By ending of the file's name. */
const byEnding: Readonly<Record<string, keyof typeof languages>> = {
  sh: 'bash',
  c: 'c',
  h: 'c',
  cc: 'c',
  cpp: 'c',
  hpp: 'c',
  java: 'java',
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  py: 'python',
  ts: 'typescript',
  mts: 'typescript',
  yaml: 'yaml',
  yml: 'yaml',
};

/**
 * Longer text, and lines that no person wrote, stand as they are: regular expressions of a highlighter may take long on
 * them. UTF-16 units.
 */
const LONGEST = 200_000;
const LONGEST_LINE = 1000;

/** Source as HTML with a class for each kind of word; plain where the language is not known. */
export function highlight(source: string, ending: string): Markup {
  const language = Object.hasOwn(byEnding, ending) ? byEnding[ending] : undefined;
  const text = sanitize(source);
  if (language === undefined || text.length > LONGEST || text.split('\n').some((line) => line.length > LONGEST_LINE))
    return html`${text}`;
  return trusted(hljs.highlight(text, { language, ignoreIllegals: true }).value);
}
