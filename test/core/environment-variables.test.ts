import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { roomOf, sourceFiles, sourceRoot } from '../../scripts/house/imports.ts';
import { environmentVariables } from '../../src/core/environment-variables.ts';
import { holdsSecret } from '../../src/core/text/secret-variable.ts';

/** Files that hand the environment on, or read a variable that the user names (`${NAME}` of ssh_config(5)). */
const byOtherNames = new Set([
  'commands/services/open.ts',
  'core/text/secret-variable.ts',
  'host/background.ts',
  'lab/load-lab.ts',
  'host/pager.ts',
  'host/run-local.ts',
  'providers/ssh/reach-server.ts',
  'providers/ssh/route/openssh-config.ts',
  'providers/ssh/route/route-credentials.ts',
  'session/publish.ts',
]);

interface Read {
  readonly file: string;
  /** Undefined when it is not written there. */
  readonly name: string | undefined;
}

function readsOf(file: string): Read[] {
  const text = readFileSync(join(sourceRoot, file), 'utf8');
  const single = [...text.matchAll(/process\.env(?:\['(\w+)'\])?/g)].map((match) => match[1]);
  const several = [...text.matchAll(/\{([^{}]*)\} = process\.env\b/g)].map((match) => match[1]!);
  const secrets = [...text.matchAll(/secretFromEnvironment\('(\w+)'/g)].map((match) => match[1]);
  const named = several.flatMap((names) => names.split(',').map((name) => name.trim().split(' ')[0]));
  const unnamed = single.filter((name) => name === undefined).slice(several.length);
  const names = [...single.filter((name) => name !== undefined), ...named, ...secrets, ...unnamed];
  return names.map((name) => ({ file, name }));
}

const reads = sourceFiles().flatMap(readsOf);

test('the list of environment variables names each that is read, and the rooms that read it', () => {
  const found = Map.groupBy(
    reads.filter(({ name }) => name !== undefined),
    ({ name }) => name!,
  );
  const rooms = [...found].map(([name, where]) => [
    name,
    [...new Set(where.map(({ file }) => roomOf(file)))].toSorted(),
  ]);
  assert.deepEqual(
    Object.fromEntries(rooms),
    Object.fromEntries(environmentVariables.map(({ name, readBy }) => [name, [...readBy]])),
  );
});

test('what is read under another name is known', () => {
  const files = new Set(reads.filter(({ name }) => name === undefined).map(({ file }) => file));
  assert.deepEqual([...files].toSorted(), [...byOtherNames].toSorted());
});

test('a secret for one machine is a secret, and nothing else is', () => {
  for (const name of ['LAB_SSH_PASSWORD', 'LAB_SUDO_PASSWORD_VM1', 'LAB_SSH_PASSPHRASE_MY_VM'])
    assert.ok(holdsSecret(name), name);
  for (const name of ['LAB_SSH_CONFIG', 'LAB_SSH_PASSWORDS', 'PATH', 'MY_LAB_SSH_PASSWORD'])
    assert.ok(!holdsSecret(name), name);
});
