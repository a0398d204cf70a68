import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { down } from '../../src/commands/lab/down.ts';
import { ssh } from '../../src/commands/machines/ssh.ts';
import { up } from '../../src/commands/lab/up.ts';
import { mainFile } from '../helpers/cli.ts';
import { testContext } from '../helpers/command-context.ts';
import { cannotMakeMachines, labFolder } from '../helpers/machines/machines.ts';

const lab = `version: 1
name: small
networks: { natnet: { subnet: 192.168.100.0/24, nat: false } }
machines: { vm1: { user: ildvm1, address: 192.168.100.4 } }
programs: { hello: { on: vm1, files: [hello.sh], command: [sh, hello.sh] } }
`;

/** Names of folders as users have them, and all that shells, overlayfs, ssh and QEMU read as their own. */
const names = [
  'TP 1, groupe 2 \\ b',
  `it's "quoted" (é🦊) 100 %41; a:b $HOME \`x\` #h & <y> |z ~ *?[x]`,
  'line\nbreak/-f',
  'x'.repeat(150),
];

describe('a lab in a folder with an odd name', { skip: await cannotMakeMachines() }, () => {
  for (const name of names) {
    test(`${JSON.stringify(name.slice(0, 40))} comes up, runs its programs and goes down`, async () => {
      await using folder = labFolder({});
      const path = join(folder.path, name);
      mkdirSync(path, { recursive: true });
      writeFileSync(join(path, 'lab.yaml'), lab);
      writeFileSync(join(path, 'hello.sh'), 'echo hello');
      const { context } = testContext(path);
      assert.equal((await up(context, { recreate: false })).made, true);
      assert.equal(
        (await ssh(context, { machine: 'vm1', command: ['sh lab/*/hello/hello.sh'], tty: false, collect: true }))
          .stdout,
        'hello\n',
      );
      assert.equal((await down(context, { purge: true })).lab, 'small');
    });
  }
});

test('a folder whose name is not UTF-8 is refused in one sentence', async () => {
  await using folder = labFolder({});
  const play =
    'name=$(printf "a\\377b"); mkdir "$name" && cd "$name" && printf %s "$3" > lab.yaml && "$1" "$2" up 2>&1; echo "exit $?"';
  const told = execFileSync('sh', ['-c', play, 'sh', process.execPath, mainFile, lab], {
    cwd: folder.path,
    encoding: 'utf8',
  });
  assert.match(
    told,
    /^error: the name of a folder is not UTF-8, so its files cannot be reached: .*\nhint: Rename the folder .*\nexit 3\n$/,
  );
});
