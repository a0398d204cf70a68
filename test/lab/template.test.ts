import assert from 'node:assert/strict';
import { mkdirSync, mkdtempDisposableSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { chosenLines } from '../../src/lab/templates/marked-lines.ts';
import { withBug, type Variant } from '../../src/lab/templates/variants.ts';
import { loadLab } from '../../src/lab/load-lab.ts';
import { schemaFile, schemaText } from '../../scripts/reference/main.ts';
import {
  labTemplates,
  languagesOf,
  templateFiles,
  templateSteps,
  templateTitle,
  templateVariants,
  type TemplateFile,
  type TemplateOptions,
} from '../../src/lab/templates/template.ts';
import { allProviders } from '../../src/providers/registry.ts';
import { parseScenarios } from '../../src/scenario/parse.ts';

const templatesFolder = resolve(import.meta.dirname, '../../templates');

/** What `lab validate` finds in the folder that the template makes. */
async function loadedLab(template: string, options: TemplateOptions): ReturnType<typeof loadLab> {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-template-'));
  for (const { path, content } of templateFiles(template, options)) {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true });
    writeFileSync(join(folder.path, path), content);
  }
  return await loadLab(join(folder.path, 'lab.yaml'), allProviders.names);
}

function textOf(files: readonly TemplateFile[], path: string): string {
  return String(files.find((file) => file.path === path)?.content);
}

/** Headings, numbers of questions, rows of tables and blocks of code of a handout. */
function shapeOf(text: string): string[] {
  return text.split('\n').flatMap((line) => /^(#+ |```|\d+\. |\|)/.exec(line)?.[0] ?? []);
}

describe('the templates of lab init', () => {
  for (const template of labTemplates)
    for (const lang of ['en', 'fr'] as const)
      for (const language of languagesOf(template))
        it(`"${template}" (${lang}, ${language}) has no problem, and its scenarios are understood`, async () => {
          const result = await loadedLab(template, { lang, language, name: 'mine', provider: 'qemu' });
          assert.ok('lab' in result, JSON.stringify(result));
          assert.deepEqual([result.lab.name, result.lab.provider], ['mine', 'qemu']);
          const { scenarios, problems } = parseScenarios(result.lab);
          assert.deepEqual(problems, []);
          assert.ok(scenarios.size > 0);
        });

  for (const template of labTemplates)
    it(`"${template}" needs no way to the Internet, unless its machines are elsewhere`, async () => {
      const result = await loadedLab(template, { lang: 'en' });
      assert.ok('lab' in result);
      if (templateSteps(template).length > 0) return;
      for (const { nat } of result.lab.networks.values()) assert.equal(nat, false);
    });

  for (const template of labTemplates)
    it(`"${template}" has the same parts in both languages of its handout`, () => {
      const [en = '', fr = ''] = (['en', 'fr'] as const).map((lang) =>
        textOf(templateFiles(template, { lang }), 'task.md'),
      );
      assert.deepEqual(shapeOf(en), shapeOf(fr));
      assert.notEqual(templateTitle(template, 'en'), template);
    });

  it('have their bugs in programs that are there, each text of an edit once', () => {
    for (const template of labTemplates)
      for (const language of languagesOf(template)) {
        const files = templateFiles(template, { lang: 'en', language, variants: true });
        for (const { name, file } of templateVariants(template).filter((variant) => variant.language === language))
          assert.notEqual(textOf(files, `variants/${name}/${file}`), textOf(files, `programs/${file}`));
      }
  });

  it('give students no program with a bug', () => {
    for (const template of labTemplates)
      assert.deepEqual(
        templateFiles(template, { lang: 'en' }).filter(({ path }) => path.startsWith('variants')),
        [],
      );
  });

  it('point editors at the schema in their first line', () => {
    for (const template of labTemplates)
      assert.match(
        textOf(templateFiles(template, { lang: 'en' }), 'lab.yaml'),
        /^# yaml-language-server: \$schema=\.\/lab\.schema\.json\n/,
      );
  });

  it('for VirtualBox comes with commands that make what it describes', async () => {
    const result = await loadedLab('virtualbox', { lang: 'en' });
    assert.ok('lab' in result);
    const steps = templateSteps('virtualbox');
    assert.equal(result.lab.provider, 'ssh');
    assert.ok(
      steps.includes('VBoxManage natnetwork add --netname natnet --network "192.168.100.0/24" --enable --dhcp on'),
    );
    for (const { name, user, ssh, interfaces } of result.lab.machines.values()) {
      assert.ok(
        steps.includes(
          `VBoxManage natnetwork modify --netname natnet --port-forward-4 "ssh-${name}:tcp:[${ssh?.host}]:${ssh?.port}:[${interfaces[0]?.address}]:22"`,
        ),
        name,
      );
      assert.ok(steps.includes(`VBoxManage modifyvm ${name} --nic1 natnetwork --nat-network1 natnet`), name);
      assert.ok(steps.includes(`ssh-copy-id -p ${ssh?.port} ${user}@${ssh?.host}`), name);
    }
    assert.deepEqual(templateSteps('tp1'), []);
  });

  it('have a folder for each row', () => {
    assert.deepEqual(readdirSync(templatesFolder).toSorted(), labTemplates.toSorted());
  });

  it('answer an unknown name, or language, with what they know', () => {
    assert.throws(() => templateFiles('tp', { lang: 'en' }), {
      name: 'UsageError',
      code: 'unknown-template',
      hint: 'did you mean "tp1"?',
    });
    assert.throws(() => templateFiles('webserver', { lang: 'en' }), { hint: `known: ${labTemplates.join(', ')}` });
    assert.throws(() => templateFiles('tp1', { lang: 'en', language: 'cobol' }), {
      code: 'unknown-language',
      hint: 'Known: python, c, java, typescript',
    });
  });

  it('refuse a name that is no host name', () => {
    assert.throws(() => templateFiles('tp1', { lang: 'en', name: 'a b' }), { code: 'wrong-name' });
  });
});

describe('marked lines', () => {
  const known = new Set(['c', 'python', 'fr', 'en']);
  it('stay without their tags when one of them is chosen, and go when none is', () => {
    const text = 'a\n  [c,python] b\n  [python] c\n[c] d\n[fr]\nend [c] x';
    assert.equal(chosenLines(text, new Set(['c', 'fr']), known), 'a\n  b\nd\n\nend [c] x');
  });
  it('are only those whose brackets hold known tags', () => {
    const text = '[gcc, -o] x\n[link](c)\n[java] y';
    assert.equal(chosenLines(text, new Set(['c']), known), text);
  });
});

it('an edit that does not fit the program is a fault of the template', () => {
  const variant: Variant = {
    name: 'x',
    language: 'c',
    file: 'a.c',
    bug: { en: '', fr: '' },
    edits: [{ replace: 'a', by: 'b' }],
    step: 1,
    says: '',
  };
  assert.equal(withBug('cad', variant), 'cbd');
  assert.throws(() => withBug('aa', variant), /variant x: "a" is there 2 times/);
  assert.throws(() => withBug('', variant), /is there 0 times/);
});

it('the schema of the lab.yaml of this repository is there in a clone that is not built', () => {
  assert.equal(readFileSync(schemaFile, 'utf8'), schemaText(), 'npm run reference');
  assert.equal(relative(resolve(import.meta.dirname, '../..'), schemaFile), 'src/lab/lab.schema.json');
});
