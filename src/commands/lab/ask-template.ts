import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import type { CommandContext } from '../../session/context.ts';
import { listTemplates, type ListedTemplate } from './init.ts';

export interface ChosenTemplate {
  readonly template: string;
  readonly language: string;
  /** Absolute path. */
  readonly folder: string;
}

/** How the names of languages are written. */
const languageTitles: Readonly<Record<ListedTemplate['languages'][number], string>> = {
  python: 'Python',
  c: 'C',
  java: 'Java',
  typescript: 'TypeScript',
};

/** What the command line says already is not asked for. */
type Known = { readonly [K in 'language' | 'folder']: string | undefined };

/**
 * Asks on the terminal which practical, in which language, and where. Enter takes the first, and the folder that the
 * user stands in if it is empty. Undefined when there is no terminal to ask on.
 *
 * @throws {UsageError} when the user ends the input instead of answering.
 */
export async function askTemplate(
  { cwd, terminal }: CommandContext,
  known: Known,
): Promise<ChosenTemplate | undefined> {
  if (terminal.answer === undefined) return undefined;
  const templates = listTemplates();
  const { name, languages } = await choose(
    terminal,
    say`Which practical?`,
    templates.map((value) => ({ value, word: value.name, text: `${value.name}: ${value.title}` })),
  );
  const language = known.language ?? (await chooseLanguage(terminal, languages));
  const folder = known.folder ?? (await askFolder(terminal, (await isEmpty(cwd)) ? '.' : name));
  return { template: name, language, folder: resolve(cwd, folder) };
}

async function chooseLanguage(
  terminal: CommandContext['terminal'],
  languages: ListedTemplate['languages'],
): Promise<string> {
  if (languages.length === 1) return languages[0]!;
  const choices = languages.map((value) => ({ value, word: value, text: languageTitles[value] }));
  return choose(terminal, say`Programs in which language?`, choices);
}

async function askFolder(terminal: CommandContext['terminal'], proposed: string): Promise<string> {
  const typed = await line(terminal, say`In which folder? [${proposed}] `);
  return typed === '' ? proposed : typed;
}

interface Choice<T> {
  readonly value: T;
  /** May be typed instead of the number. */
  readonly word: string;
  readonly text: string;
}

/** Asks until the answer is one of them. */
async function choose<T>(
  terminal: CommandContext['terminal'],
  question: string,
  choices: readonly Choice<T>[],
): Promise<T> {
  terminal.stderr.write(`${question}\n${choices.map(({ text }, at) => `  ${at + 1}  ${text}\n`).join('')}`);
  for (;;) {
    const typed = await line(terminal, say`Number or name [1] `);
    const found =
      typed === '' ? choices[0] : (choices[Number(typed) - 1] ?? choices.find(({ word }) => word === typed));
    if (found !== undefined) return found.value;
    terminal.stderr.write(say`There is no "${typed}" in the list.\n`);
  }
}

async function line(terminal: CommandContext['terminal'], question: string): Promise<string> {
  const typed = await terminal.answer?.(question, { visible: true });
  if (typed !== undefined) return typed.trim();
  throw new UsageError(say`nothing was chosen, and nothing was written`, {
    code: 'no-template',
    hint: say`Name it: lab init --template NAME; "lab init --list" shows all.`,
  });
}

async function isEmpty(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  return names.every((name) => name.startsWith('.'));
}
