import assert from 'node:assert/strict';
import { globSync, mkdirSync, mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { loadLab } from '../../src/lab/load-lab.ts';
import { schemaFile, schemaText } from '../../scripts/reference/main.ts';
import { labTemplate, labTemplates, templateSteps } from '../../src/lab/templates/template.ts';
import { allProviders } from '../../src/providers/registry.ts';
import { parseScenarios } from '../../src/scenario/parse.ts';

describe('the template of lab init', () => {
  for (const template of labTemplates) {
    it(`"${template}" has no problem once its programs are there, and its scenarios are understood`, async () => {
      using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-template-'));
      mkdirSync(join(folder.path, 'my programs'));
      for (const program of ['server.js', 'client.js']) writeFileSync(join(folder.path, 'my programs', program), '');
      const file = join(folder.path, 'lab.yaml');
      writeFileSync(file, labTemplate(template, { name: 'mine', provider: 'qemu', programsFolder: 'my programs' }));
      const result = await loadLab(file, allProviders.names);
      assert.ok('lab' in result);
      assert.equal(result.lab.name, 'mine');
      assert.equal(result.lab.provider, 'qemu');
      const { scenarios, problems } = parseScenarios(result.lab);
      assert.deepEqual(problems, []);
      assert.ok(scenarios.size > 0);
    });
  }

  it('points editors at the schema in its first line', () => {
    assert.match(labTemplate('tp1'), /^# yaml-language-server: \$schema=\.\/lab\.schema\.json\n/);
    assert.match(labTemplate('tp1', { schemaPath: '/x/y.json' }), /^# yaml-language-server: \$schema=\/x\/y\.json\n/);
  });

  it('finds programs that lie next to it', () => {
    assert.match(labTemplate('tp1', { programsFolder: '' }), /files: \[server\.js\]/);
    assert.match(labTemplate('tp1', { programsFolder: '../x' }), /files: \[\.\.\/x\/client\.js\]/);
  });

  it('for VirtualBox comes with commands that make what it describes', async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-template-'));
    for (const program of ['server.js', 'client.js']) writeFileSync(join(folder.path, program), '');
    writeFileSync(join(folder.path, 'lab.yaml'), labTemplate('virtualbox', { programsFolder: '' }));
    const result = await loadLab(join(folder.path, 'lab.yaml'), allProviders.names);
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

  it('has a row for each file', () => {
    const files = globSync('*.yaml', { cwd: resolve(import.meta.dirname, '../../src/lab/templates') });
    assert.deepEqual(files.map((file) => basename(file, '.yaml')).toSorted(), labTemplates.toSorted());
  });

  it('names the programs of this repository in its own lab.yaml', () => {
    const text = readFileSync(resolve(import.meta.dirname, '../../lab.yaml'), 'utf8');
    assert.equal(text, labTemplate('tp1', { schemaPath: './src/lab/lab.schema.json' }));
  });

  it('is the lab.yaml of this repository, whose schema is there in a clone that is not built', () => {
    assert.equal(readFileSync(schemaFile, 'utf8'), schemaText(), 'npm run reference');
    assert.equal(relative(resolve(import.meta.dirname, '../..'), schemaFile), 'src/lab/lab.schema.json');
  });

  it('answers an unknown name with what it knows', () => {
    assert.throws(() => labTemplate('tp2'), {
      name: 'UsageError',
      code: 'unknown-template',
      hint: 'did you mean "tp1"?',
    });
    assert.throws(() => labTemplate('web'), { hint: `known: ${labTemplates.join(', ')}` });
  });

  it('refuses a name that is no host name', () => {
    assert.throws(() => labTemplate('tp1', { name: 'a b' }), { code: 'wrong-name' });
  });
});
