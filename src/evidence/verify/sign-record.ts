import { statSync } from 'node:fs';
import { join } from 'node:path';
import { CheckError, EnvironmentError, UsageError } from '../../core/errors.ts';
import { oddKind } from '../../core/files/ordinary-file.ts';
import { say } from '../../core/language/say.ts';
import { runLocal } from '../../host/run-local.ts';
import { replaceFile } from '../../state/files/storage.ts';
import { readStoredBytes } from '../../state/files/stored-file.ts';
import { SIGNATURE_FILE } from '../../report/run/run-files.ts';
import { checkSignature, SIGNATURE_NAMESPACE, sshKeygen } from './signature.ts';

/** A larger `run.json` is no work of `lab`. Bytes. */
const LARGEST_RUN_FILE = 64 * 1024 * 1024;

/**
 * Signs the `run.json` of a folder with a key of the user: a private key, or a public one whose private half an agent
 * has. `ssh-keygen` asks for a passphrase on the terminal itself. Returns the key's fingerprint.
 *
 * @throws {UsageError} `key-missing`. @throws {EnvironmentError} `no-ssh-keygen`, `not-signed`, or when it cannot be
 * written.
 */
export async function signRecord(
  folder: string,
  key: { readonly path: string; readonly label: string },
  signal: AbortSignal,
): Promise<string> {
  const { path: program, env } = sshKeygen();
  requireKey(key);
  const content = await readStoredBytes(join(folder, 'run.json'), LARGEST_RUN_FILE);
  if (content === undefined)
    throw new CheckError(say`there is no run.json to sign`, {
      code: 'no-record',
      hint: say`Name the folder of a run.`,
    });
  const command = [program, '-Y', 'sign', '-f', key.path, '-n', SIGNATURE_NAMESPACE];
  const { exitCode, stdout, stderr } = await runLocal(command, { input: content, env, signal });
  if (exitCode !== 0) throw notSigned(key, stderr);
  await replaceFile(join(folder, SIGNATURE_FILE), stdout);
  const state = await checkSignature(folder, content);
  if (state.kind === 'signed') return state.key;
  throw new Error(`ssh-keygen made a signature that it does not know: ${JSON.stringify(state)}`);
}

function requireKey({ path, label }: { readonly path: string; readonly label: string }): void {
  const found = statSync(path, { throwIfNoEntry: false });
  const kind = oddKind(found);
  if (found !== undefined && kind === undefined) return;
  throw new UsageError(found === undefined ? say`there is no key ${label}` : say`the key ${label} is ${kind!}`, {
    code: 'key-missing',
    hint: say`Name another with --key, or make one: ssh-keygen -t ed25519`,
  });
}

function notSigned({ label }: { readonly label: string }, stderr: string): EnvironmentError {
  const needsPassphrase = /passphrase/i.test(stderr);
  const needsAgent = /agent/i.test(stderr);
  return new EnvironmentError(
    needsPassphrase
      ? say`the key ${label} was not opened: it has a passphrase, which was wrong, or there is no terminal to ask for it`
      : say`ssh-keygen did not sign with ${label}`,
    {
      code: 'not-signed',
      detail: stderr.trim(),
      hint: needsPassphrase
        ? say`Load it into an agent (ssh-add ${label}), then name its public half: --key ${label}.pub`
        : needsAgent
          ? say`A public key signs only when an agent has its private half: ssh-add ${label.replace(/\.pub$/, '')}`
          : say`Try it with another key: --key FILE`,
    },
  );
}
