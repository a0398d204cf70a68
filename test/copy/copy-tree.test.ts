import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { copyFromMachine, copyToMachine, type Copied } from '../../src/copy/copy-tree.ts';
import { LabError } from '../../src/core/errors.ts';
import { retryUntil } from '../../src/core/time/retry.ts';
import type { Shell } from '../../src/ssh/shell.ts';
import { isRoot, startSshd } from '../helpers/ssh/sshd.ts';

const { signal } = new AbortController();

/** A machine whose files are in `there`, and a folder here. */
async function withPlaces(
  work: (places: { readonly shell: Shell; readonly there: string; readonly here: string }) => Promise<void>,
): Promise<void> {
  await using server = await startSshd();
  const [there, here] = [join(server.folder, 'there'), join(server.folder, 'here')];
  for (const folder of [there, here]) mkdirSync(folder);
  try {
    await work({ shell: await server.connect(), there, here });
  } finally {
    // It has to be readable to be removed.
    for (const closed of [there, here].map((folder) => join(folder, 'closed')).filter(existsSync))
      chmodSync(closed, 0o700);
  }
}

/** Names below a folder, one character for each byte. */
function namesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'latin1' }).toSorted();
}

function reasonsOf({ left }: Copied): Record<string, string> {
  return Object.fromEntries(left.map(({ path, reason }) => [path, reason]));
}

/** All that a tree can have that is no plain file, beside four that can be copied. */
function layOddTree(folder: string): void {
  mkdirSync(join(folder, 'sub'));
  for (const name of ['plain', 'new\nline', '-dash', 'sub/deep', Buffer.from(`${folder}/caf\u00e9`, 'latin1')])
    writeFileSync(typeof name === 'string' ? join(folder, name) : name, 'x');
  writeFileSync(join(folder, 'huge'), '');
  truncateSync(join(folder, 'huge'), 2 ** 43);
  for (const [name, target] of [
    ['self', 'self'],
    ['lost', 'nowhere'],
    ['sub/up', '..'],
    ['zero', '/dev/zero'],
    ['link', 'sub'],
  ] as const)
    symlinkSync(target, join(folder, name));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  if (!isRoot) {
    writeFileSync(join(folder, 'secret'), '', { mode: 0 });
    mkdirSync(join(folder, 'closed'), { mode: 0 });
  }
}

const oddNames = ['-dash', 'caf\u00e9', 'link', 'link/deep', 'new\nline', 'plain', 'sub', 'sub/deep'];
const endless = 'it is a link to a folder that it is in';
const lost = 'it is a link to nothing, or to itself';
const oddReasons = {
  self: lost,
  lost: lost,
  'sub/up': endless,
  'link/up': endless,
  zero: 'it is a device',
  pipe: 'it is a named pipe',
  ...(isRoot ? {} : { secret: 'permission denied', closed: 'this folder may not be read' }),
};

describe('copying a tree', { concurrency: 4 }, () => {
  test('from a machine: what cannot be copied is reported one by one, the rest is copied', async () => {
    await withPlaces(async ({ shell, there, here }) => {
      layOddTree(there);
      const copied = await copyFromMachine(shell, there, join(here, 'copy'), signal);
      const { huge, ...others } = reasonsOf(copied);
      assert.match(huge ?? '', /^it has 8800 GB, and .* are free here$/);
      assert.deepEqual(others, oddReasons);
      assert.deepEqual([copied.files, namesIn(join(here, 'copy'))], [6, oddNames]);
    });
  });

  test('to a machine: the same', async () => {
    await withPlaces(async ({ shell, there, here }) => {
      layOddTree(here);
      const copied = await copyToMachine(here, shell, join(there, 'copy'), signal);
      const { huge, ...others } = reasonsOf(copied);
      assert.match(huge ?? '', /^it has 8800 GB, and .* are free on vm1$/);
      assert.deepEqual(others, oddReasons);
      assert.deepEqual([copied.files, namesIn(join(there, 'copy'))], [6, oddNames]);
    });
  });

  for (const direction of ['from', 'to'] as const) {
    test(`a second copy ${direction} a machine goes on with what is missing, and leaves alone what is there`, async () => {
      await withPlaces(async ({ shell, there, here }) => {
        const [source, target] = direction === 'from' ? [there, here] : [here, there];
        const copy = (): Promise<Copied> =>
          direction === 'from'
            ? copyFromMachine(shell, source, `${target}/`, signal)
            : copyToMachine(source, shell, `${target}/`, signal);
        const at = (name: string): string => join(target, direction === 'from' ? 'there' : 'here', name);
        for (const name of ['a', 'b', 'c']) writeFileSync(join(source, name), `content of ${name}`);
        assert.equal((await copy()).files, 3);
        const { ino } = statSync(at('a'));
        writeFileSync(at('b'), 'cut');
        writeFileSync(at('c'), 'CONTENT OF C');
        const { files, unchanged } = await copy();
        assert.deepEqual([files, unchanged, statSync(at('a')).ino], [2, 1, ino]);
        assert.deepEqual(
          ['a', 'b', 'c'].map((name) => readFileSync(at(name), 'utf8')),
          ['content of a', 'content of b', 'content of c'],
        );
      });
    });
  }

  test('a file that grows is copied as it was, and ends', async () => {
    await withPlaces(async ({ shell, there, here }) => {
      const log = join(there, 'log');
      writeFileSync(log, 'begun\n');
      const writer = spawn('sh', ['-c', `while :; do echo more >>'${log}'; done`]);
      try {
        for (const [name, copying] of [
          ['from', copyFromMachine(shell, log, join(here, 'from'), signal)],
          ['to', copyToMachine(log, shell, join(there, 'to'), signal)],
        ] as const) {
          const { files, bytes } = await copying;
          assert.equal(files, 1, name);
          assert.ok(bytes < statSync(log).size, name);
        }
      } finally {
        writer.kill('SIGKILL');
        await once(writer, 'close');
      }
      assert.match(readFileSync(join(here, 'from'), 'utf8'), /^begun\n/);
    });
  });

  test('an interrupted copy leaves nothing half by its name, and nothing else', async () => {
    await withPlaces(async ({ shell, there, here }) => {
      writeFileSync(join(there, 'big'), '');
      truncateSync(join(there, 'big'), 2 ** 30);
      const controller = new AbortController();
      const copying = copyFromMachine(shell, there, join(here, 'copy'), controller.signal);
      const reason = new Error('the user had enough');
      await retryUntil(
        () => (namesIn(here).some((name) => name.endsWith('.part')) ? { value: true } : { seen: 'nothing' }),
        { what: 'the copy to begin', timeoutMs: 20_000, intervalMs: 2 },
      );
      controller.abort(reason);
      await assert.rejects(copying, reason);
      assert.deepEqual(namesIn(here), ['copy']);
    });
  });

  test('a machine that names files outside of the copy writes none', async () => {
    for (const name of ['../outside', '/outside', 'sub/../../outside']) {
      await withPlaces(async ({ shell, there, here }) => {
        writeFileSync(join(there, 'INSIDE'), 'evil');
        const liar = lyingShell(shell, name);
        await assert.rejects(
          copyFromMachine(liar, there, join(here, 'copy'), signal),
          (error) => error instanceof LabError && error.code === 'stray-path',
        );
        assert.deepEqual(namesIn(here), []);
      });
    }
  });

  test('no link in the target leads a machine out of it', async () => {
    await withPlaces(async ({ shell, there, here }) => {
      mkdirSync(join(there, 'sub'));
      for (const name of ['sub/file', 'file']) writeFileSync(join(there, name), 'new');
      mkdirSync(join(here, 'copy/there'), { recursive: true });
      mkdirSync(join(here, 'mine'));
      writeFileSync(join(here, 'mine/file'), 'mine');
      symlinkSync('../../mine', join(here, 'copy/there/sub'));
      symlinkSync('../../mine/file', join(here, 'copy/there/file'));
      const copied = await copyFromMachine(shell, there, join(here, 'copy'), signal);
      assert.equal(readFileSync(join(here, 'mine/file'), 'utf8'), 'mine');
      assert.equal(readFileSync(join(here, 'copy/there/file'), 'utf8'), 'new', 'a link is replaced by the file');
      assert.deepEqual(Object.values(reasonsOf(copied)), [
        'a link is there, and a copy is not written through it',
        'a link is there, and a copy is not written through it',
      ]);
    });
  });

  test('what is no ordinary file is neither replaced nor waited for', async () => {
    await withPlaces(async ({ shell, there, here }) => {
      writeFileSync(join(there, 'file'), 'x');
      for (const folder of [there, here]) execFileSync('mkfifo', [join(folder, 'pipe')]);
      assert.deepEqual(reasonsOf(await copyFromMachine(shell, join(there, 'file'), join(here, 'pipe'), signal)), {
        '': 'what is there by that name is no ordinary file',
      });
      await assert.rejects(
        copyToMachine(join(there, 'file'), shell, join(there, 'pipe'), signal),
        (error) => error instanceof LabError && error.code === 'put-is-special',
      );
      assert.equal((await copyFromMachine(shell, join(there, 'file'), '/dev/null', signal)).files, 1);
      assert.ok(statSync('/dev/null').isCharacterDevice());
      await assert.rejects(copyToMachine('/dev/zero', shell, join(there, 'zero'), signal), /it is a device/);
      await assert.rejects(copyFromMachine(shell, '/dev/zero', join(here, 'zero'), signal), /it is a device/);
    });
  });

  test('a file of /proc, which says that it is empty, comes whole', async () => {
    await withPlaces(async ({ shell, here }) => {
      await copyFromMachine(shell, '/proc/version', join(here, 'version'), signal);
      assert.equal(readFileSync(join(here, 'version'), 'utf8'), readFileSync('/proc/version', 'utf8'));
    });
  });
});

/** A machine that gives a name of its own to the file INSIDE. */
function lyingShell(shell: Shell, instead: string): Shell {
  return {
    machine: shell.machine,
    user: shell.user,
    start: (command, options) => shell.start(command, options),
    put: (content, path, options) => shell.put(content, path, options),
    get: (path, options) => shell.get(path, options),
    close: () => shell.close(),
    exec: (command, options = {}) => {
      const { onOutput } = options;
      return shell.exec(
        command,
        onOutput === undefined
          ? options
          : {
              ...options,
              onOutput: (stream, chunk) =>
                onOutput(
                  stream,
                  Buffer.from(
                    Buffer.from(chunk)
                      .toString()
                      .replace(/[./]*INSIDE/, instead),
                  ),
                ),
            },
      );
    },
  };
}
