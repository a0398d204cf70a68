import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonText } from '../../core/json/json-text.ts';

const LINE_FEED = 0x0a;
/** Files that hold the text of steps, and how a line begins that does: an event, a marker of an asciicast. */
const places: readonly (readonly [file: string, line: RegExp])[] = [
  ['events.ndjson', /"kind":"(?:scenario-step-|run-started")/],
  ['session.cast', /^\[[\d.]+, ?"m",/],
];

/** The files that it changes. */
export const FILES_WITH_STEPS: readonly string[] = places.map(([file]) => file);

/**
 * Overwrites a text that steps of a scenario have in quotes, in the files of a run that are being written: byte by byte,
 * in place, so that what is appended to them meanwhile goes on, and nothing of the text is left should we be killed.
 *
 * @throws the system error.
 */
export async function overwriteInSteps(runFolder: string, secret: string): Promise<void> {
  // In quotes in the text of the step, which is text in JSON itself: \"secret\".
  const quoted = Buffer.from(jsonText(JSON.stringify(secret)).slice(1, -1));
  const length = quoted.length - 4;
  if (length === 0) return;
  for (const [name, isStep] of places) {
    await using file = await open(join(runFolder, name), 'r+');
    const content = await file.readFile();
    for (let at = content.indexOf(quoted); at >= 0; at = content.indexOf(quoted, at + quoted.length)) {
      const start = content.lastIndexOf(LINE_FEED, at) + 1;
      if (isStep.test(content.toString('utf8', start, at)))
        await file.write(Buffer.alloc(length, '*'), 0, length, at + 2);
    }
  }
}
