import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempDisposableSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { checkLabText } from '../../src/lab/load-lab.ts';
import { allProviders } from '../../src/providers/registry.ts';

/** A folder with `lab/`, the folder of a lab, and `private/key` beside it. A value that begins with `→` is the target of a link. */
function folders(files: Readonly<Record<string, string>> = {}) {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'lab-outside-'));
  for (const [name, content] of Object.entries({ 'private/key': 'SECRET', 'lab/own.py': 'x', ...files })) {
    const path = join(folder.path, name);
    mkdirSync(dirname(path), { recursive: true });
    if (content.startsWith('→')) symlinkSync(content.slice(1), path);
    else writeFileSync(path, content);
  }
  return folder;
}

/** The problems of a lab in `lab/` whose one program has this list of files; `line:column message`. */
async function problems(
  folder: string,
  files: string,
  { command = '[python3, own.py]', more = '' } = {},
): Promise<string[]> {
  const text = `version: 1\nname: x\nmachines: { vm1: {} }\nprograms:\n  p:\n    on: vm1\n    command: ${command}\n${more}    files: ${files}\n`;
  const result = await checkLabText(text, join(folder, 'lab', 'lab.yaml'), allProviders.names);
  return 'lab' in result
    ? []
    : result.problems.map(
        ({ position: { line, column }, message, hint }) =>
          `${line}:${column} ${message.replaceAll(folder, '')} → ${hint}`,
      );
}

describe('a file of a program that leads out of the folder of lab.yaml', () => {
  it('is refused at its place, whichever way it leads out', async () => {
    using folder = folders({
      'lab/client.py': '→../private/key',
      'lab/absolute.py': '→/etc/hostname',
      'lab/sub': '→../private',
      'lab/twice.py': '→client.py',
    });
    symlinkSync(join(folder.path, 'private/key'), join(folder.path, 'lab/full.py'));
    const list =
      '[own.py, client.py, absolute.py, sub/key, ../private/key, /etc/hosts, ./../lab/../private/key, twice.py, full.py]';
    const found = await problems(folder.path, list);
    assert.equal(found.length, 8 + 2, 'and three of them have one name');
    const [client, ...rest] = found.filter((line) => /leads out of|lies outside/.test(line));
    assert.equal(
      client,
      '8:21 "client.py" leads out of the folder of lab.yaml: it is a link to "/private/key" → copy it into the folder; if it is meant, write { path: client.py, outside: true }',
    );
    assert.deepEqual(
      rest.map((line) => /"(.*?)"/.exec(line)?.[1]),
      ['absolute.py', 'sub/key', '../private/key', '/etc/hosts', './../lab/../private/key', 'twice.py', 'full.py'],
    );
  });

  it('is taken where the lab file says so for that path, and only there', async () => {
    using folder = folders({ 'lab/client.py': '→../private/key', 'lab/other.py': '→../private/key' });
    assert.deepEqual(
      await problems(
        folder.path,
        '[own.py, { path: client.py, outside: true }, { path: own2/../other.py, outside: true }]',
      ),
      [],
    );
    const refused = await problems(
      folder.path,
      '[{ path: client.py, outside: true }, { path: other.py, outside: false }, { path: ../private/key }]',
    );
    assert.deepEqual(
      refused.map((line) => line.slice(0, 20)),
      ['8:57 "other.py" lead', '8:93 "../private/key'],
    );
  });

  it('may be a link when it stays inside, also where the folder itself is reached by a link', async () => {
    using folder = folders({
      'lab/inner/real.py': 'x',
      'lab/a.py': '→inner/real.py',
      'lab/b.py': '→../lab/own.py',
      named: '→lab',
    });
    assert.deepEqual(await problems(folder.path, '[a.py, b.py, inner/real.py]'), []);
    const text =
      'version: 1\nname: x\nmachines: { vm1: {} }\nprograms: { p: { on: vm1, command: [x], files: [a.py, b.py] } }\n';
    assert.ok('lab' in (await checkLabText(text, join(folder.path, 'named', 'lab.yaml'), allProviders.names)));
  });

  it('is refused for a program that is built, too, as far as it can be told before', async () => {
    using folder = folders({ 'lab/out': '→../private' });
    const found = await problems(folder.path, '[own.py, not/yet, out/not-yet, ../private/later]', {
      more: '    build: [make]\n',
    });
    assert.deepEqual(
      found.map((line) => /"(.*?)"/.exec(line)?.[1]),
      ['out/not-yet', '../private/later'],
    );
  });

  it('cannot be a key of the lab itself', async () => {
    using folder = folders({ 'lab/.lab/keys/vm1': 'KEY', 'lab/innocent.py': '→.lab/keys/vm1' });
    assert.match(
      (await problems(folder.path, '[innocent.py]')).join('\n'),
      /"innocent\.py" leads into \.lab, where lab keeps its keys/,
    );
  });
});

describe('what is wrong with a file of a program is said', () => {
  const cases: readonly (readonly [name: string, target: string, message: RegExp])[] = [
    ['a link to nowhere', '→nowhere.py', /"server\.py" is a link to "nowhere\.py", which is not there/],
    ['a link to itself', '→server.py', /"server\.py" is a link that leads in a circle/],
    ['a device', '→/dev/zero', /"server\.py" is no ordinary file but a device/],
  ];
  for (const [name, target, message] of cases) {
    it(name, async () => {
      using folder = folders({ 'lab/server.py': target });
      const [problem, ...others] = await problems(folder.path, '[server.py]');
      assert.match(problem!, message);
      assert.doesNotMatch(problem!, /did you mean/);
      assert.deepEqual(others, []);
    });
  }

  it('a named pipe, without waiting for somebody who writes to it', async () => {
    using folder = folders();
    execFileSync('mkfifo', [join(folder.path, 'lab/server.py')]);
    assert.match(
      (await problems(folder.path, '[server.py]')).join(),
      /"server\.py" is no ordinary file but a named pipe/,
    );
  });

  it('a line break in its name', async () => {
    using folder = folders({ 'lab/two\nlines.py': 'x' });
    assert.match(
      (await problems(folder.path, '["two\\nlines.py"]')).join(),
      /the name "two\\nlines\.py" holds a tab or a line break → rename the file/,
    );
  });

  it('Windows line ends of a script that cannot run with them', async () => {
    using folder = folders({
      'lab/own.py': '#!/usr/bin/env python3\r\nprint(1)\r\n',
      'lab/run.sh': 'echo\r\n',
      'lab/sub/tool': '#!/bin/sh\r\ntrue\r\n',
    });
    chmodSync(join(folder.path, 'lab/own.py'), 0o755);
    const of = async (command: string, files: string): Promise<string> =>
      (await problems(folder.path, files, { command })).map((line) => line.replace(/^\S+ (.*) → .*$/, '$1')).join('\n');
    assert.equal(
      await of('[./own.py, 7999]', '[own.py]'),
      '"own.py" has Windows line ends (CR LF): its first line asks for "/usr/bin/env python3\\r", which is not there',
    );
    assert.equal(
      await of('[bash, run.sh]', '[run.sh]'),
      '"run.sh" has Windows line ends (CR LF): bash takes the CR for a part of each command',
    );
    assert.match(await of('[/bin/sh, -e, tool]', '[sub/tool]'), /Windows line ends/);
    assert.equal(await of('[python3, own.py]', '[own.py]'), '', 'Python does not mind');
    assert.equal(await of('[./server]', '[own.py]'), '');
    assert.equal(
      await of('[./sub/tool]', '[sub]'),
      '"sub/tool" has Windows line ends (CR LF): its first line asks for "/bin/sh\\r", which is not there',
    );
    assert.match(await of('[sh, ./sub/tool, sub]', '[sub]'), /"sub\/tool" has Windows line ends/);
    assert.equal(await of('[sh, sub, sub/made-later]', '[sub]'), '');
  });
});

describe('a folder of `files`', () => {
  it('is taken with what is in it, links within it and to other files of the lab included', async () => {
    using folder = folders({
      'lab/www/index.html': 'x',
      'lab/www/css/site.css': 'x',
      'lab/www/start.html': '→index.html',
      'lab/www/round': '→.',
      'lab/www/own.py': '→../own.py',
      'lab/www/.git/config': '→/etc/passwd',
    });
    for (const list of ['[own.py, www]', '[www/]', '[./www]', '["."]'])
      assert.deepEqual(await problems(folder.path, list), [], list);
    assert.deepEqual(await problems(folder.path, '[own.py, www, not-yet]', { more: '    build: [make]\n' }), []);
  });

  const cases: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
    [
      'a link out of the lab',
      { 'lab/www/a': 'x', 'lab/www/deep/key': '→../../../private/key' },
      '"www/deep/key" leads out of the folder of lab.yaml: it is a link to "/private/key" → replace the link by the file itself',
    ],
    [
      'a folder behind a link out of the lab',
      { 'lab/www/deep': '→../../private' },
      '"www/deep" leads out of the folder of lab.yaml: it is a link to "/private" → replace the link by the file itself',
    ],
    [
      'a link to a key of lab',
      { 'lab/.lab/keys/vm1': 'KEY', 'lab/www/key': '→../.lab/keys/vm1' },
      '"www/key" leads into .lab, where lab keeps its keys → remove the link',
    ],
    [
      'a link to nowhere',
      { 'lab/www/logo.png': '→logo.jpg' },
      '"www/logo.png" is a link to "logo.jpg", which is not there → remove the link, or replace it by the file itself',
    ],
    ['a circle', { 'lab/www/up': '→..' }, '"www/up" is a link that leads in a circle → remove the link'],
    ['a device', { 'lab/www/zero': '→/dev/zero' }, '"www/zero" leads out of the folder of lab.yaml'],
    ['a name', { 'lab/www/two\nlines': 'x' }, 'the name "www/two\\nlines" holds a tab or a line break'],
  ];
  for (const [name, files, message] of cases) {
    it(`cannot hold ${name}`, async () => {
      using folder = folders(files);
      const [problem, ...others] = await problems(folder.path, '[own.py, www]');
      assert.ok(problem?.startsWith(`8:21 ${message}`), problem);
      assert.deepEqual(others, []);
    });
  }

  it('may hold links out of the lab where the lab file says so, but no pipe', async () => {
    using folder = folders({ 'lab/www/key': '→../../private/key' });
    assert.deepEqual(await problems(folder.path, '[{ path: www, outside: true }]'), []);
    execFileSync('mkfifo', [join(folder.path, 'lab/www/pipe')]);
    assert.match(
      (await problems(folder.path, '[{ path: www, outside: true }]')).join(),
      /"www\/pipe" is no ordinary file but a named pipe → remove it from the folder/,
    );
  });

  it('may hold 2,000 files and no more', async () => {
    using folder = folders();
    mkdirSync(join(folder.path, 'lab/www/sub'), { recursive: true });
    for (let count = 0; count < 2000; count++) writeFileSync(join(folder.path, `lab/www/sub/${count}`), '');
    assert.deepEqual(await problems(folder.path, '[www]'), []);
    writeFileSync(join(folder.path, 'lab/www/one-more'), '');
    assert.match((await problems(folder.path, '[www]')).join(), /^8:13 has more than 2000 files → name the files/);
  });

  it('cannot have the name of another item', async () => {
    using folder = folders({ 'lab/a/util.py': 'x', 'lab/b/util.py': 'y', 'lab/c/a': 'z' });
    assert.deepEqual(await problems(folder.path, '[a, b]'), []);
    assert.match(
      (await problems(folder.path, '[a/, c/a]')).join(),
      /has the same name as "a\/": both would become a on the machine/,
    );
  });
});
