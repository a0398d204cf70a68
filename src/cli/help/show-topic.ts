import type { LanguageCode } from '../../core/lab-description.ts';
import { say } from '../../core/language/say.ts';
import { spokenLanguage } from '../../core/language/speak.ts';
import { findOnHost } from '../../host/tools.ts';
import { outcome, type Outcome } from '../outcome.ts';
import { styleFor, usesColor } from '../show/style.ts';
import { terminalPage } from './terminal-page.ts';
import { readTopic } from './topics.ts';

/** Columns of a page that is no terminal. */
const PAGE_WIDTH = 80;
/** Longer lines are hard to read. */
const WIDEST = 100;

/** Shows a topic of the manual: in pages on a terminal, as git and man do, else as plain text. */
export async function showTopic(name: string, { color, json }: { color: boolean; json: boolean }): Promise<Outcome> {
  const { markdown, summary, language } = readTopic(name);
  const { stdout } = process;
  const width = stdout.isTTY ? Math.min(stdout.columns, WIDEST) : PAGE_WIDTH;
  const style = usesColor(stdout, color) ? styleFor(stdout, color) : undefined;
  const text = terminalPage(`${untranslated(language)}${markdown}`, { width, style });
  const isShown = stdout.isTTY && !json && (await isPaged(text));
  return outcome({ topic: name, language, summary, markdown }, isShown ? '' : text);
}

function untranslated(language: LanguageCode): string {
  return language === spokenLanguage() ? '' : `${say`There is no French translation of this page yet.`}\n\n`;
}

/** `PAGER=cat`, or an empty one, switches pages off. */
async function isPaged(text: string): Promise<boolean> {
  const pager = process.env['PAGER'] ?? (findOnHost('less') === undefined ? '' : 'less');
  if (pager === '' || pager === 'cat' || process.env['TERM'] === 'dumb' || process.platform === 'win32') return false;
  const { showInPager } = await import('../../host/pager.ts');
  return showInPager(text, pager);
}
