import assert from 'node:assert/strict';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { scriptFile } from '../../src/core/files/script-file.ts';

function place(folder: string, name: string, text: string): URL {
  writeFileSync(join(folder, name), text);
  return pathToFileURL(join(folder, name));
}

test('a script is read whole, but comments of shell stay here, where they fill a line', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-script-'));
  const head = place(folder.path, 'head.sh', '# What it does.\nname=${1#v}\n  # why\n');
  const tail = place(folder.path, 'tail.sh', 'echo "$name" # said\n');

  assert.equal(scriptFile(head, tail)(), 'name=${1#v}\necho "$name" # said\n');
  assert.equal(
    scriptFile(place(folder.path, 'try.py', '# coding: utf-8\nprint(1)\n'))(),
    '# coding: utf-8\nprint(1)\n',
  );
});

test('a script has the line ends of machines, whatever Git on Windows gave the file', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-script-'));
  assert.equal(scriptFile(place(folder.path, 'a.sh', '# why\r\nset -f\r\necho\r\n'))(), 'set -f\necho\n');
  assert.equal(scriptFile(place(folder.path, 'a.py', 'if 1:\r\n    print(1)\r\n'))(), 'if 1:\n    print(1)\n');
});
