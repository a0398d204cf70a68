import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { parseDocument } from 'yaml';
import { templateFiles, templateVariants } from '../../../src/lab/templates/template.ts';
import { withBug, type Variant } from '../../../src/lab/templates/variants.ts';
import type { Played, ToPlay } from './played.ts';

/*
 * Plays templates as the user who runs this: `node play-templates.ts JSON`, a list of `ToPlay`. Writes a line of JSON, a
 * `Played`, for each scenario. A program of its own, so that an ordinary user plays all of them with one start of Node;
 * each template has one lab, in which the programs are replaced.
 */

const { openLab } = (await import(
  new URL('../../../dist/api/index.js', import.meta.url).href
)) as typeof import('../../../src/api/index.ts');

/** Labs at a time: while one waits, another one works. */
const AT_A_TIME = 4;
/** How long a step is waited for that a bug makes wait for ever. */
const PATIENCE = '3s';

const queue = JSON.parse(process.argv[2] ?? '[]') as ToPlay[];
await Promise.all(
  Array.from({ length: AT_A_TIME }, async () => {
    for (let next = queue.shift(); next; next = queue.shift())
      await playTemplate(next).catch((error: unknown) => process.stderr.write(`${inspect(error)}\n`.slice(-5000)));
  }),
);

async function playTemplate({ template, language, variants }: ToPlay): Promise<void> {
  const folder = join(homedir(), `${template}-${language}`);
  const files = templateFiles(template, { language, lang: 'en' });
  for (const { path, content } of files) write(join(folder, path), content);
  const labFile = join(folder, 'lab.yaml');
  const text = String(files.find(({ path }) => path === 'lab.yaml')?.content);
  await using lab = await openLab(labFile).up();
  const play = async (scenario: string, variant?: string, fresh = false): Promise<void> => {
    const { passed, explanation, steps } = await lab.run(scenario, { fresh });
    const failed = steps.find(({ result }) => result === 'failed');
    const failedStep = failed && failed.index + 1;
    const played: Played = { template, language, scenario, variant, passed, failedStep, explanation };
    process.stdout.write(`${JSON.stringify(played)}\n`);
  };
  const scenarios = scenariosOf(text);
  for (const scenario of scenarios) await play(scenario);
  if (!variants) return;
  let spoiled = false;
  for (const variant of templateVariants(template).filter((each) => each.language === language)) {
    const { file, scenario = scenarios[0]!, step, fresh = false } = variant;
    write(labFile, withPatience(text, scenario, step));
    write(join(folder, 'programs', file), withBug(right(files, variant), variant));
    await play(scenario, variant.name, fresh || spoiled);
    // What such a bug leaves on the machines is in the way of the next one, too.
    spoiled = fresh;
    write(join(folder, 'programs', file), right(files, variant));
  }
}

function right(files: ReturnType<typeof templateFiles>, { file }: Variant): string {
  return String(files.find(({ path }) => path === `programs/${file}`)?.content);
}

function scenariosOf(text: string): string[] {
  const { scenarios } = parseDocument(text).toJS() as { readonly scenarios: Readonly<Record<string, unknown>> };
  return Object.keys(scenarios);
}

/** The lab file, in which the step that the bug makes wait is waited for less. */
function withPatience(text: string, scenario: string, step: number): string {
  const file = parseDocument(text);
  const path = ['scenarios', scenario, ...(file.hasIn(['scenarios', scenario, 'steps']) ? ['steps'] : []), step - 1];
  if (['expect', 'all', 'exit'].some((verb) => file.hasIn([...path, verb]))) file.setIn([...path, 'timeout'], PATIENCE);
  return String(file);
}

function write(path: string, content: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
