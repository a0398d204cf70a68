import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { graph } from '../../src/commands/lab/graph.ts';
import { runCli, smallLab, temporaryFolder } from '../helpers/cli.ts';
import { testContext } from '../helpers/command-context.ts';

describe('lab graph', () => {
  test('draws the lab file, whether or not anything is up', async () => {
    using folder = temporaryFolder({ 'lab.yaml': smallLab });
    const { stdout, exitCode } = await runCli(['graph'], { cwd: folder.path });
    assert.equal(exitCode, 0);
    assert.equal(
      stdout,
      'natnet  192.168.100.0/24, gateway 192.168.100.1, NAT\n├─ vm1  eth0 192.168.100.4  (ildvm1)  asker\n└─ vm2  eth0 192.168.100.5  (ildvm2)\n',
    );
  });

  test('writes a whole SVG file', async () => {
    using folder = temporaryFolder({ 'lab.yaml': smallLab });
    const { stdout } = await runCli(['graph', '--format', 'svg', '-o', 'lab.svg'], { cwd: folder.path });
    assert.equal(stdout, 'Wrote lab.svg.\n');
    assert.match(
      readFileSync(join(folder.path, 'lab.svg'), 'utf8'),
      /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^]*<style>[^]*192\.168\.100\.5[^]*<\/svg>\n$/,
    );
  });

  test('gives the picture to programs in its document', async () => {
    using folder = temporaryFolder({ 'lab.yaml': smallLab });
    const { stdout } = await runCli(['graph', '--format', 'mermaid', '--json'], { cwd: folder.path });
    const document = JSON.parse(stdout) as { format: string; graph: string };
    assert.equal(document.format, 'mermaid');
    assert.match(document.graph, /^flowchart TB\n/);
  });

  test('knows its formats, and does not draw a wrong lab file', async () => {
    using folder = temporaryFolder({ 'lab.yaml': smallLab });
    await assert.rejects(graph(testContext(folder.path).context, { format: 'svgg', output: undefined }), {
      code: 'unknown-format',
      hint: 'did you mean "svg"?',
    });
    using wrong = temporaryFolder({ 'lab.yaml': 'version: 2\n' });
    await assert.rejects(graph(testContext(wrong.path).context, { format: 'text', output: undefined }), {
      code: 'lab-file-wrong',
    });
  });
});
