import assert from 'node:assert/strict';
import { chownSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cannotBe, ordinaryUser } from '../helpers/lab-command.ts';

const skip = cannotBe('root') || cannotBe('ordinary');

test(
  'a file of .lab that belongs to another user is reported in one sentence, with what fixes it',
  { skip },
  async () => {
    await using user = ordinaryUser();
    const state = join(user.folder, '.lab');
    mkdirSync(join(state, 'keys'), { recursive: true, mode: 0o700 });
    const { uid, gid } = statSync(user.folder);
    for (const path of [state, join(state, 'keys')]) chownSync(path, uid, gid);
    for (const [name, command] of [
      ['state.json', 'down'],
      ['journal.ndjson', 'down'],
      ['lock', 'down'],
      ['keys/folder.json', 'up'],
      ['keys/user', 'up'],
    ] as const) {
      const path = join(state, name);
      // As root leaves it who once called lab with sudo.
      writeFileSync(path, '{}', { mode: 0o600 });
      const { exitCode, stderr } = await user.lab(command);
      assert.equal(exitCode, 3, `${name}: ${stderr}`);
      assert.match(
        stderr,
        new RegExp(
          `error: cannot read \\S+${name.replace('.', '\\.')}: it belongs to another user \\(user ID 0\\)\\n\\s*hint: Make it yours again: sudo chown -R .*\\.lab`,
        ),
        name,
      );
      rmSync(path);
    }
  },
);
