import { appendFileSync } from 'node:fs';
import { messageOf } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';

/**
 * Adds Markdown to the summary of a job of GitHub Actions, where there is one. A summary that cannot be written changes
 * no result: why is returned, for a warning.
 */
export function addToSummary(markdown: string): string | undefined {
  const file = process.env['GITHUB_STEP_SUMMARY'];
  if (!file) return undefined;
  try {
    appendFileSync(file, `${markdown.trimEnd()}\n\n`);
    return undefined;
  } catch (error) {
    return say`the summary of the job cannot be written: ${messageOf(error)}`;
  }
}
