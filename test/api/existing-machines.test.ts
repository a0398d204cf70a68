import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { defineLab, openLab } from '../../src/api/index.ts';
import { generateKeyPair } from '../../src/ssh/keys/key-pair.ts';
import { temporaryFolder } from '../helpers/cli.ts';
import { startHostileServer } from '../helpers/ssh/hostile-server.ts';

test('what the command line would ask is an error that names the option, and with the option it is done', async () => {
  using folder = temporaryFolder();
  // To all its accounts it is a good server.
  await using server = await startHostileServer({});
  writeFileSync(join(folder.path, 'key'), generateKeyPair('user').privateKey, { mode: 0o600 });
  const ssh = { host: '127.0.0.1', port: server.port, key: join(folder.path, 'key') };
  const lab = defineLab({ version: 1, name: 'there', provider: 'ssh', machines: { vm1: { user: 'good', ssh } } });
  await assert.rejects(openLab(lab, { cwd: folder.path }).up(), (error: Error & { hint?: string }) => {
    assert.match(error.hint!, /acceptNewHostKeys: true/);
    assert.doesNotMatch(error.hint!, /--accept-new-host-keys/);
    return true;
  });
  await using there = await openLab(lab, { cwd: folder.path, acceptNewHostKeys: true }).up();
  assert.equal((await there.machine('vm1').exec(['echo', 'here'])).stdout, 'here\n');
});
