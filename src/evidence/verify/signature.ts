import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EnvironmentError, messageOf, UsageError } from '../../core/errors.ts';
import { readOrdinary } from '../../core/files/ordinary-file.ts';
import { say } from '../../core/language/say.ts';
import { makeTemporaryFolder } from '../../host/files/own-folder.ts';
import { runLocal, type LocalResult } from '../../host/run-local.ts';
import { findTool } from '../../host/tools.ts';
import type { SignatureState } from '../../report/record/misfit.ts';
import { SIGNATURE_FILE } from '../../report/run/run-files.ts';
import { fingerprint, parseHostKey } from '../../ssh/trust/host-key.ts';
import { readStoredBytes } from '../../state/files/stored-file.ts';

/** Keeps signatures of runs apart from all else that people sign with the same key (ssh-keygen(1), -n). */
export const SIGNATURE_NAMESPACE = 'lab-run';

/** A larger file is no signature. Bytes. */
const LARGEST_SIGNATURE = 64 * 1024;
/** Some thousand signers. Bytes. */
const LARGEST_KEY_FILE = 4 * 1024 * 1024;
/** Reading and checking takes milliseconds. */
const CHECK_TIMEOUT_MS = 20_000;

/** Whose signatures count. */
export interface TrustedKeys {
  /** As the user named it. */
  readonly label: string;
  /** In the format of ALLOWED SIGNERS in ssh-keygen(1). */
  readonly allowedSigners: string;
  /** Undefined: any of them. */
  readonly signer: string | undefined;
  /** Names of signers mean something: the file is a list of signers. */
  readonly isList: boolean;
}

/** What stands for the owner of a public key that has no other name. */
const NO_NAME = 'key';

/**
 * The keys of a file: a public key (`id_ed25519.pub`), or a list of allowed signers.
 *
 * @throws {UsageError} when it is neither. @throws {EnvironmentError} when it cannot be read.
 */
export async function readTrustedKeys(
  path: string,
  { label, signer }: { readonly label: string; readonly signer: string | undefined },
): Promise<TrustedKeys> {
  const content = await readOrdinary(path, LARGEST_KEY_FILE).catch((cause: unknown) => {
    throw new UsageError(say`cannot read the key ${label}: ${messageOf(cause)}`, { code: 'key-unreadable', cause });
  });
  const text = content?.toString('utf8') ?? '';
  if (text.includes('PRIVATE KEY-----'))
    throw new UsageError(say`${label} is a private key, and only its owner needs that`, {
      code: 'key-private',
      hint: say`Name the public one: --key ${label}.pub`,
    });
  const lines = text.split(/\r?\n/).filter((line) => /^\s*[^\s#]/.test(line));
  const bare = lines.filter((line) => isPublicKey(line));
  if (lines.length === 0 || !lines.every((line) => isPublicKey(line) || isSigner(line)))
    throw new UsageError(say`${label} is neither a public key nor a list of allowed signers`, {
      code: 'key-unknown',
      hint: say`A public key is one line as in ~/.ssh/id_ed25519.pub; a list has lines "NAME ssh-ed25519 AAAA…" (man ssh-keygen).`,
    });
  if (signer !== undefined && bare.length > 0)
    throw new UsageError(say`--signer needs a list of allowed signers`, {
      code: 'wrong-arguments',
      hint: say`${label} is a public key, in which no names of signers stand.`,
    });
  const allowedSigners = lines.map((line) => (isPublicKey(line) ? `${NO_NAME} ${line.trim()}` : line)).join('\n');
  return { label, allowedSigners: `${allowedSigners}\n`, signer, isList: bare.length === 0 };
}

function isPublicKey(line: string): boolean {
  const [type = ''] = line.trim().split(/\s+/);
  return parseHostKey(line)?.type === type;
}

/** `ada@example.org namespaces="lab-run" ssh-ed25519 AAAA…`. */
function isSigner(line: string): boolean {
  return / (?:ssh|ecdsa|sk)-\S+ AAAA\S+/.test(line.replaceAll('\t', ' '));
}

/** The fingerprints of public keys, as people compare them; those of a long list are left out. */
function fingerprintsOf({ allowedSigners, isList, label }: TrustedKeys): string {
  if (isList) return label;
  const blobs = allowedSigners.split('\n').flatMap((line) => parseHostKey(line.slice(NO_NAME.length + 1))?.blob ?? []);
  return blobs.map((blob) => fingerprint(blob)).join(', ');
}

/**
 * Whether the signature next to a `run.json` is one of that content, and whose.
 *
 * @throws {EnvironmentError} `no-ssh-keygen` when keys are given and there is nothing to check them with.
 */
export async function checkSignature(folder: string, content: Uint8Array, keys?: TrustedKeys): Promise<SignatureState> {
  const path = join(folder, SIGNATURE_FILE);
  let signature: Uint8Array | undefined;
  try {
    signature = await readStoredBytes(path, LARGEST_SIGNATURE);
  } catch (error) {
    return { kind: 'unreadable', reason: messageOf(error) };
  }
  if (signature === undefined) return { kind: 'unsigned' };
  const tool = findTool('ssh-keygen');
  if (tool === undefined && keys === undefined) return { kind: 'unchecked' };
  const keygen = async (args: readonly string[]): Promise<LocalResult> =>
    runLocal([sshKeygen().path, '-Y', ...args, '-n', SIGNATURE_NAMESPACE, '-s', path], {
      input: content,
      env: sshKeygen().env,
      timeoutMs: CHECK_TIMEOUT_MS,
    });
  const plain = await keygen(['check-novalidate']);
  if (isTooOld(plain)) {
    if (keys === undefined) return { kind: 'unchecked' };
    throw tooOld();
  }
  const signedBy = keyIn(plain);
  if (signedBy === undefined) return { kind: 'wrong', reason: reasonOf(plain) };
  if (keys === undefined) return { kind: 'signed', ...signedBy };
  const folderOfList = makeTemporaryFolder('keys');
  try {
    const list = join(folderOfList, 'allowed_signers');
    writeFileSync(list, keys.allowedSigners, { mode: 0o600 });
    const names = keys.signer === undefined ? await namesOf(list, path, content) : [keys.signer];
    for (const name of names)
      if (keyIn(await keygen(['verify', '-f', list, '-I', name])) !== undefined)
        return { kind: 'trusted', ...signedBy, ...(keys.isList && { signer: name }) };
    const wanted = keys.signer === undefined ? fingerprintsOf(keys) : `${keys.signer} (${keys.label})`;
    return { kind: 'other-key', ...signedBy, wanted };
  } finally {
    rmSync(folderOfList, { recursive: true, force: true });
  }
}

/** The names of those in a list whose key made the signature. */
async function namesOf(list: string, path: string, content: Uint8Array): Promise<string[]> {
  const { path: program, env } = sshKeygen();
  const command = [program, '-Y', 'find-principals', '-f', list, '-s', path];
  const { exitCode, stdout } = await runLocal(command, { input: content, env, timeoutMs: CHECK_TIMEOUT_MS });
  // A line may hold several names, as in the list.
  return exitCode === 0 ? stdout.split(/[\n,]/).filter((name) => name !== '') : [];
}

/** `Good "lab-run" signature with ED25519 key SHA256:…`. */
function keyIn({ exitCode, stdout }: LocalResult): { readonly key: string } | undefined {
  const [, key] = / key (SHA256:[A-Za-z0-9+/]{43})$/m.exec(stdout) ?? [];
  return exitCode === 0 && key !== undefined ? { key } : undefined;
}

function reasonOf({ stderr }: LocalResult): string {
  return stderr.trim().split('\n').at(-1) ?? '';
}

/** OpenSSH checks signatures of files since 8.2. */
function isTooOld({ exitCode, stderr }: LocalResult): boolean {
  return (
    exitCode !== 0 &&
    /^(?:\S+: )?(?:unknown|illegal|invalid) option|^usage:|unsupported operation for -Y/im.test(stderr)
  );
}

function tooOld(): EnvironmentError {
  return new EnvironmentError(say`the ssh-keygen of this host is too old for signatures`, {
    code: 'no-ssh-keygen',
    hint: say`OpenSSH 8.2 or later is needed (ssh -V tells).`,
  });
}

/** @throws {EnvironmentError} `no-ssh-keygen` */
export function sshKeygen(): NonNullable<ReturnType<typeof findTool>> {
  const tool = findTool('ssh-keygen');
  if (tool !== undefined) return tool;
  throw new EnvironmentError(say`there is no ssh-keygen on this host, and signatures are made and checked with it`, {
    code: 'no-ssh-keygen',
    hint: say`Install OpenSSH, on Debian and Ubuntu: sudo apt install openssh-client`,
  });
}
