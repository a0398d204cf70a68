import assert from 'node:assert/strict';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { scriptFile } from '../../src/core/files/script-file.ts';

test('a script is read whole, but comments of shell stay here, where they fill a line', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-script-'));
  const place = (name: string, text: string): URL => {
    writeFileSync(join(folder.path, name), text);
    return pathToFileURL(join(folder.path, name));
  };
  const head = place('head.sh', '# What it does.\nname=${1#v}\n  # why\n');
  const tail = place('tail.sh', 'echo "$name" # said\n');

  assert.equal(scriptFile(head, tail)(), 'name=${1#v}\necho "$name" # said\n');
  assert.equal(scriptFile(place('try.py', '# coding: utf-8\nprint(1)\n'))(), '# coding: utf-8\nprint(1)\n');
});
