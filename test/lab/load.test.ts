import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposableSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { UsageError } from '../../src/core/errors.ts';
import { checkLabText, loadLab, type LoadResult } from '../../src/lab/load-lab.ts';
import type { Lab } from '../../src/lab/types.ts';
import { allProviders } from '../../src/providers/registry.ts';

const BASE = 'version: 1\nname: tp1\nnetworks: { natnet: 192.168.100.0/24 }\n';

function check(text: string): Promise<LoadResult> {
  return checkLabText(text, join(import.meta.dirname, 'lab.yaml'), allProviders.names);
}

async function good(text: string): Promise<Lab> {
  const result = await check(text);
  if ('problems' in result) assert.fail(result.problems.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  return result.lab;
}

describe('loading a lab file', () => {
  it('says how to get one when there is none', async () => {
    await assert.rejects(loadLab('/nowhere/lab.yaml', allProviders.names), (error) => {
      assert.ok(error instanceof UsageError);
      assert.equal(error.code, 'lab-file-missing');
      assert.match(error.message, /there is no file \/nowhere\/lab\.yaml/);
      assert.match(error.hint!, /lab init/);
      return true;
    });
  });

  it('refuses a folder', async () => {
    await assert.rejects(loadLab(import.meta.dirname, allProviders.names), {
      name: 'UsageError',
      code: 'lab-file-missing',
    });
  });

  it('reads ordinary files only: it would wait for ever at a pipe, and a device has no end', async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-load-'));
    const pipe = join(folder.path, 'lab.yaml');
    execFileSync('mkfifo', [pipe]);
    const toDevice = join(folder.path, 'zero.yaml');
    symlinkSync('/dev/zero', toDevice);
    const toItself = join(folder.path, 'itself.yaml');
    symlinkSync(toItself, toItself);
    for (const [file, message] of [
      [pipe, /lab\.yaml is no ordinary file but a named pipe/],
      [toDevice, /zero\.yaml is no ordinary file but a device/],
      [toItself, /is a link that leads to itself/],
    ] as const) {
      await assert.rejects(loadLab(file, allProviders.names), {
        name: 'UsageError',
        code: 'lab-file-missing',
        message,
      });
    }
  });

  it('refuses a socket', async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-load-'));
    const path = join(folder.path, 'lab.yaml');
    const server = createServer().listen(path);
    await once(server, 'listening');
    await assert.rejects(loadLab(path, allProviders.names), { code: 'lab-file-missing', message: /a socket/ });
    server.close();
  });

  it('takes a file of almost a mebibyte', async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-load-'));
    const file = join(folder.path, 'lab.yaml');
    writeFileSync(file, `${BASE}machines: { vm1: {} }\n# ${'x'.repeat(1024 * 1024 - 200)}\n`);
    assert.ok('lab' in (await loadLab(file, allProviders.names)));
    writeFileSync(file, `${BASE}machines: { vm1: {} }\n# ${'x'.repeat(10 * 1024 * 1024)}\n`);
    assert.ok('problems' in (await loadLab(file, allProviders.names)));
  });

  it('lets the command line choose provider and name', async () => {
    const result = await loadLab(join(import.meta.dirname, 'good', 'network-short.yaml'), allProviders.names, {
      provider: 'qemu',
      name: 'other',
    });
    assert.ok('lab' in result);
    assert.equal(result.lab.provider, 'qemu');
    assert.equal(result.lab.name, 'other');
  });

  it('refuses a provider on the command line that does not exist, with the known ones', async () => {
    await assert.rejects(loadLab('lab.yaml', allProviders.names, { provider: 'incus' }), {
      name: 'UsageError',
      code: 'provider-unknown',
      message: 'there is no provider "incus"',
      hint: 'known: netns, qemu, ssh',
    });
  });

  it('refuses an illegal name on the command line', async () => {
    await assert.rejects(loadLab('lab.yaml', allProviders.names, { name: 'my lab' }), {
      name: 'UsageError',
      code: 'wrong-name',
      hint: 'did you mean "my-lab"?',
    });
  });

  it('takes the name of the folder when the file has none', async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-Load-'));
    const text = 'version: 1\nmachines: { vm1: {} }\n';
    const named = await checkLabText(text, join(folder.path, 'My_Lab', 'lab.yaml'), allProviders.names);
    const legal = await checkLabText(text, join(folder.path, 'TP7', 'lab.yaml'), allProviders.names);
    assert.deepEqual(
      [named, legal].map((result) => 'lab' in result && result.lab.name),
      ['lab', 'tp7'],
    );
  });

  it('lets one anchor serve three hundred machines', async () => {
    const machines = Array.from({ length: 300 }, (_, i) => `  m${i}: *linux\n`).join('');
    const lab = await good(`${BASE}machines:\n  m: &linux { memory: 512M }\n${machines}`);
    assert.equal(lab.machines.get('m299')?.memoryMiB, 512);
  });

  it('finds the gateway of a machine that takes its address', async () => {
    const result = await check(`${BASE}machines: { vm1: { address: 192.168.100.1 } }\n`);
    assert.ok('problems' in result);
    assert.deepEqual(
      result.problems.map(({ path, message }) => [path, message]),
      [['machines.vm1.address', '192.168.100.1 is the gateway of network "natnet"']],
    );
  });
});

describe('the provider of a lab file', () => {
  for (const provider of allProviders.names) {
    it(`may be ${provider}, which the registry has`, async () => {
      assert.equal((await good(`${BASE}provider: ${provider}\nmachines: { vm1: {} }\n`)).provider, provider);
    });
  }

  for (const provider of ['incus', 'docker', 'kvm']) {
    it(`may not be ${provider}: the problem shows where it stands, and names those that there are`, async () => {
      const result = await check(`${BASE}machines: { vm1: {} }\nprovider: ${provider}\n`);
      assert.ok('problems' in result);
      assert.deepEqual(
        result.problems.map(({ position: { line, column }, message }) => ({ line, column, message })),
        [{ line: 5, column: 11, message: `must be netns, qemu or ssh, not "${provider}"` }],
      );
    });
  }
});

describe('what a file with problems still shows', () => {
  it('is a partial lab with its programs and scenarios, so that the scenarios can be checked too', async () => {
    const result = await check(
      `${BASE}machines: { vm1: { usr: a } }\nprograms: { p: { on: vm2 } }\nscenarios: { s: [{ start: q }] }\n`,
    );
    assert.ok('problems' in result && result.partial);
    assert.ok(result.partial.programs.has('p'));
    assert.deepEqual(result.partial.scenarios.get('s')?.steps[0]?.value, { start: 'q' });
  });

  it('is nothing when the YAML is broken', async () => {
    const result = await check(`${BASE}machines: [\n`);
    assert.ok('problems' in result);
    assert.equal(result.partial, undefined);
  });
});

describe('the place of a scenario step', () => {
  const text = `${BASE}machines: { vm1: {} }
programs: { p: { on: vm1, command: [x] } }
scenarios:
  one:
    - start: p
    - &hello { send: { p: "Hello" }, timeout: 5s }
    - run: { on: vm1, command: [ls, -l] }
    - *hello
`;

  it('is where it starts in the file', async () => {
    const scenario = (await good(text)).scenarios.get('one')!;
    assert.deepEqual(scenario.position, { line: 7, column: 3, length: 3 });
    assert.deepEqual(
      scenario.steps.map(({ position }) => position.line),
      [8, 9, 10, 11],
    );
    assert.deepEqual(scenario.steps[0]!.position, { line: 8, column: 7, length: 8 });
  });

  it('is known for each of its parts, by value and by key', async () => {
    const [start, send, run] = (await good(text)).scenarios.get('one')!.steps;
    assert.deepEqual(start!.positionOf(['start']), { line: 8, column: 14, length: 1 });
    assert.deepEqual(start!.positionOf(['start'], 'key'), { line: 8, column: 7, length: 5 });
    assert.deepEqual(send!.positionOf(['send', 'p']), { line: 9, column: 27, length: 7 });
    assert.deepEqual(send!.positionOf(['send']), { line: 9, column: 16, length: 4 });
    assert.deepEqual(run!.positionOf(['run', 'command', 1]), { line: 10, column: 37, length: 2 });
  });

  it('is that of the nearest part when there is no such part', async () => {
    const [, , run] = (await good(text)).scenarios.get('one')!.steps;
    assert.deepEqual(run!.positionOf(['run', 'status']), { line: 10, column: 7, length: 3 });
  });

  it('leads through an alias to what it stands for', async () => {
    const step = (await good(text)).scenarios.get('one')!.steps[3]!;
    assert.deepEqual(step.positionOf(['send', 'p']), { line: 9, column: 27, length: 7 });
  });
});
