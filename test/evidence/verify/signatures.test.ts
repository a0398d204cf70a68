import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { sign } from '../../../src/commands/runs/sign.ts';
import { verify, type VerifyOptions, type VerifyResult } from '../../../src/commands/runs/verify.ts';
import { boundRun } from '../../helpers/bound-run.ts';
import { mainFile, runCli, temporaryFolder } from '../../helpers/cli.ts';
import { finish } from '../../helpers/lab-command.ts';
import { testContext } from '../../helpers/command-context.ts';
import type { StoredRunFolder } from '../../helpers/stored-run.ts';

process.env['TZ'] = 'UTC';

const keys = temporaryFolder();
after(() => keys[Symbol.dispose]());
const keyPath = (name: string): string => join(keys.path, name);
for (const name of ['ada', 'bob'])
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', keyPath(name)]);
execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'a secret', '-f', keyPath('locked')]);
writeFileSync(
  keyPath('allowed'),
  `# the class\nada@example.org ${readFileSync(keyPath('ada.pub'), 'utf8')}eve@example.org namespaces="file" ${readFileSync(keyPath('bob.pub'), 'utf8')}`,
);

function fingerprintOf(name: string): string {
  return execFileSync('ssh-keygen', ['-lf', keyPath(`${name}.pub`)], { encoding: 'utf8' }).split(' ')[1]!;
}

async function signedRun(key = 'ada'): Promise<StoredRunFolder> {
  const run = await boundRun();
  const { context } = testContext(run.path);
  const { key: used } = await sign(context, { what: undefined, key: keyPath(key) });
  assert.equal(used, fingerprintOf(key));
  return run;
}

async function verified(run: StoredRunFolder, options: Partial<VerifyOptions> = {}): Promise<VerifyResult> {
  return verify(testContext(run.path).context, { what: run.run, ...options });
}

/** What is said of the signature, and whether all is well. */
async function verdict(run: StoredRunFolder, options: Partial<VerifyOptions> = {}): Promise<[boolean, string]> {
  const { fits, records } = await verified(run, options);
  return [fits, records[0]!.signature.message];
}

describe('lab sign', () => {
  test('a signed record tells whose key signed it, with a public key or a list of signers', async () => {
    using run = await signedRun();
    const by = fingerprintOf('ada');
    assert.deepEqual(await verdict(run), [true, `It is signed with the key ${by}; whose that is, --key can tell.`]);
    assert.deepEqual(await verdict(run, { key: keyPath('ada.pub') }), [true, `It is signed with the key ${by}.`]);
    assert.deepEqual(await verdict(run, { key: keyPath('allowed') }), [
      true,
      `It is signed by ada@example.org with the key ${by}.`,
    ]);
    assert.deepEqual(await verdict(run, { key: keyPath('allowed'), signer: 'ada@example.org' }), [
      true,
      `It is signed by ada@example.org with the key ${by}.`,
    ]);
  });

  test('a signature with another key, or of another signer, is not enough', async () => {
    using run = await signedRun();
    const by = fingerprintOf('ada');
    assert.deepEqual(await verdict(run, { key: keyPath('bob.pub') }), [
      false,
      `It is signed with another key than ${fingerprintOf('bob')}: with ${by}.`,
    ]);
    assert.deepEqual(await verdict(run, { key: keyPath('allowed'), signer: 'eve@example.org' }), [
      false,
      `It is signed with another key than eve@example.org (${keyPath('allowed')}): with ${by}.`,
    ]);
  });

  test('a key that a list allows for other things only does not count', async () => {
    using run = await signedRun('bob');
    const [fits, message] = await verdict(run, { key: keyPath('allowed') });
    assert.equal(fits, false);
    assert.match(message, /^It is signed with another key than .*allowed: with SHA256:/);
  });

  test('an unsigned record fits, but not where a key is asked for', async () => {
    using run = await boundRun();
    assert.deepEqual(await verdict(run), [true, 'It is not signed.']);
    assert.deepEqual(await verdict(run, { key: keyPath('ada.pub') }), [false, 'It is not signed.']);
  });

  test('a record that was forged without a flaw after it was signed is refuted by its signature', async () => {
    using run = await signedRun();
    const path = join(run.run, 'run.json');
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replace('"repeat": null', '"repeat": {\n    "number": 1,\n    "of": 2\n  }'),
    );
    const { fits, records } = await verified(run);
    assert.equal(fits, false);
    assert.deepEqual(
      records[0]!.misfits.map(({ message }) => message),
      ['run.json.sig is no signature of run.json as it is (Signature verification failed: incorrect signature)'],
    );
    assert.equal((await verified(run, { key: keyPath('ada.pub') })).fits, false);
  });

  test('the signature of another run, or for another use, is none', async () => {
    using run = await boundRun();
    using other = await signedRun();
    const path = join(other.run, 'run.json');
    execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-f', keyPath('ada'), '-n', 'file', join(run.run, 'run.json')], {
      stdio: 'ignore',
    });
    assert.equal((await verified(run)).fits, false);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"maxOutputBytes": ', '"maxOutputBytes": 1'));
    assert.equal((await verified(other)).fits, false);
  });

  test('a signature that is a link, or no signature, is told and not followed', async () => {
    using run = await signedRun();
    const path = join(run.run, 'run.json.sig');
    copyFileSync(path, keyPath('copy.sig'));
    rmSync(path);
    symlinkSync(keyPath('copy.sig'), path);
    assert.deepEqual(await verdict(run), [false, 'Its signature cannot be read.']);
    rmSync(path);
    writeFileSync(path, 'nothing');
    assert.deepEqual(await verdict(run), [
      false,
      'Its signature does not fit: run.json was changed after it was signed, or signed otherwise.',
    ]);
  });

  test('what does not fit is not signed; an old signature is replaced', async () => {
    using run = await signedRun();
    const { context } = testContext(run.path);
    assert.equal((await sign(context, { what: undefined, key: keyPath('bob') })).key, fingerprintOf('bob'));
    rmSync(join(run.run, 'client.log'));
    await assert.rejects(
      () => sign(context, { what: undefined, key: keyPath('ada') }),
      /^CheckError: the record of 20261123-062637-tp1 does not fit: client\.log is missing, though run\.json lists it$/,
    );
  });

  test('a key with a passphrase needs a terminal, and an agent signs through the public key', async () => {
    using run = await boundRun();
    const args = ['sign', '--key', keyPath('locked')];
    // A session of its own has no terminal.
    const refused = await finish(
      spawn('setsid', ['-w', process.execPath, mainFile, ...args], {
        cwd: run.path,
        env: { ...process.env, SSH_ASKPASS_REQUIRE: 'never', DISPLAY: '' },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    assert.equal(refused.exitCode, 3);
    assert.match(refused.stderr, /it has a passphrase, which was wrong, or there is no terminal to ask for it/);
    const socket = join(keys.path, 'agent');
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      await once(agent.stdout, 'data');
      const env = { SSH_AUTH_SOCK: socket };
      execFileSync('ssh-add', ['-q', keyPath('bob')], { env: { ...process.env, ...env }, stdio: 'ignore' });
      copyFileSync(keyPath('bob.pub'), keyPath('agent.pub'));
      const signed = await runCli(['sign', '--key', keyPath('agent.pub'), '--json'], { cwd: run.path, env });
      assert.equal(signed.exitCode, 0, signed.stderr);
      assert.equal((JSON.parse(signed.stdout) as { key: string }).key, fingerprintOf('bob'));
      const without = await runCli(['sign', '--key', keyPath('agent.pub')], {
        cwd: run.path,
        env: { SSH_AUTH_SOCK: '' },
      });
      assert.equal(without.exitCode, 3);
      assert.match(without.stderr, /ssh-add/);
    } finally {
      agent.kill();
    }
  });

  test('wrong keys are told before anything is looked at', async () => {
    using run = await signedRun();
    const { context } = testContext(run.path);
    await assert.rejects(
      () => verified(run, { key: keyPath('ada') }),
      /is a private key, and only its owner needs that/,
    );
    await assert.rejects(() => verified(run, { key: keyPath('nothing.pub') }), /cannot read the key/);
    await assert.rejects(() => verified(run, { key: join(run.run, 'run.json') }), /is neither a public key nor a list/);
    await assert.rejects(() => verified(run, { signer: 'ada' }), /--signer needs --key/);
    await assert.rejects(() => verified(run, { key: keyPath('ada.pub'), signer: 'ada' }), /--signer needs a list/);
    await assert.rejects(() => sign(context, { what: undefined, key: keyPath('none') }), /there is no key/);
    execFileSync('mkfifo', [keyPath('pipe')]);
    await assert.rejects(() => sign(context, { what: undefined, key: keyPath('pipe') }), /is a named pipe/);
  });
});
