import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { templateFiles } from '../../../src/lab/templates/template.ts';
import type { LabUser } from '../lab-command.ts';

/** The part of a lab file that says what there is: from its networks to its programs. */
const MACHINES = /^networks:[^]*?\n(?=programs:)/m;

/**
 * Plays all scenarios of a template on the machines of the user's lab file, which are the same; the file is then as
 * before. So templates cost no start of machines.
 */
export async function playOnSameMachines(user: LabUser, template: string): Promise<void> {
  const file = join(user.folder, 'lab.yaml');
  const own = readFileSync(file, 'utf8');
  const text = layTemplate(user, template)
    .replace(/^name: .*/m, /^name: .*/m.exec(own)![0])
    .replace(MACHINES, () => MACHINES.exec(own)![0]);
  writeFileSync(file, text);
  await playAll(user, text);
  writeFileSync(file, own);
}

/** Plays all scenarios of a template on virtual machines of its own; they are up then. */
export async function playOnOwnMachines(user: LabUser, template: string, image: string): Promise<void> {
  const text = onImage(layTemplate(user, template), image);
  writeFileSync(join(user.folder, 'lab.yaml'), text);
  await playAll(user, text);
}

/** Each machine of a lab file that is written in one line gets the image, and little memory. */
export function onImage(text: string, image: string): string {
  const [machines = ''] = /^machines:[^]*?\n(?=\w)/m.exec(text) ?? [];
  return text.replace(machines, () =>
    machines.replaceAll(/^( {2}[\w-]+: \{)/gm, (_, start: string) => `${start} image: ${image}, memory: 256M,`),
  );
}

/** Lays the programs of a template into the user's folder; gives its lab file, for virtual machines. */
function layTemplate({ folder }: LabUser, template: string): string {
  const files = templateFiles(template, { lang: 'en' });
  for (const { path, content } of files.filter((one) => one.path !== 'lab.yaml')) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  const text = String(files.find(({ path }) => path === 'lab.yaml')!.content);
  return text.replace('provider: netns', 'provider: qemu');
}

async function playAll(user: LabUser, text: string): Promise<void> {
  const { scenarios } = parse(text) as { readonly scenarios: object };
  const up = await user.lab('up');
  assert.equal(up.exitCode, 0, up.stderr);
  for (const name of Object.keys(scenarios)) {
    const run = await user.lab('run', name);
    assert.equal(run.exitCode, 0, run.stdout + run.stderr);
  }
}
