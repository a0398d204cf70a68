import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { EnvironmentError } from '../core/errors.ts';
import { say } from '../core/language/say.ts';
import { deriveKeyPair, type KeyPair } from '../ssh/keys/key-pair.ts';
import { makeOwnFolder, readOwnFile, replaceFileSync } from '../state/files/own-file.ts';
import { ensureKeyPair, readKeyPair } from './key-pair-file.ts';

/**
 * The SSH keys of one lab. They are made at its first `up` and kept, so that its machines stay the ones that other
 * tools have learnt. The private half of `user` never leaves this host; that of a machine is on this host and on that
 * machine only.
 */
export interface LabKeys {
  /** What `lab` logs in with. */
  readonly user: KeyPair;
  /** What a machine shows: its host key. */
  readonly hostKey: (machine: string) => KeyPair;
  /** What a machine logs in to others with; nothing has one unless the lab says `ssh: peers`. */
  readonly clientKey: (machine: string) => KeyPair;
}

const USER_KEY = 'user';
const SECRET_NAME = 'secret';
const SECRET_BYTES = 32;

/**
 * The keys of this lab; made where there are none, or where what is there is damaged. Changes keys of running machines
 * only in that last case.
 */
export function ensureKeys(stateFolder: string): LabKeys {
  return keysFrom(
    readSecret(stateFolder) ?? makeSecret(stateFolder),
    ensureKeyPair(keyPath(stateFolder, USER_KEY), `lab-${USER_KEY}`),
  );
}

/** The key that `lab` logs in with, made by `ensureKeys`. @throws {EnvironmentError} `keys-damaged` */
export function readUserKey(stateFolder: string): KeyPair {
  return readKey(stateFolder, USER_KEY);
}

/**
 * The keys that `ensureKeys` has made. Running machines know them, so they are never replaced.
 *
 * @throws {EnvironmentError} `keys-damaged` when one is lost.
 */
export function readKeys(stateFolder: string): LabKeys {
  const user = readUserKey(stateFolder);
  const secret = readSecret(stateFolder);
  if (secret === undefined) throw damaged(keyPath(stateFolder, SECRET_NAME));
  return keysFrom(secret, user);
}

/**
 * All keys of machines come from one secret, so that a lab of 64 machines writes and reads one small file instead of
 * 256.
 */
function keysFrom(secret: Uint8Array, user: KeyPair): LabKeys {
  return {
    user,
    hostKey: (machine) => deriveKeyPair(secret, `host-${machine}`),
    clientKey: (machine) => deriveKeyPair(secret, `client-${machine}`),
  };
}

/** Absolute path of the private key that `lab` logs in with, for OpenSSH's own client. */
export function userKeyPath(stateFolder: string): string {
  return keyPath(stateFolder, USER_KEY);
}

/** Absolute path of a file of keys. */
export function keyPath(stateFolder: string, name: string): string {
  return join(stateFolder, 'keys', name);
}

/** A key pair that is kept in files of that name. @throws {EnvironmentError} `keys-damaged` */
export function readKey(stateFolder: string, name: string): KeyPair {
  return readKeyPair(keyPath(stateFolder, name));
}

/** One line: the secret and its checksum, in hex. Undefined when there is none that is whole. */
function readSecret(stateFolder: string): Buffer | undefined {
  const file = readOwnFile(keyPath(stateFolder, SECRET_NAME));
  const [secret = '', sum] = typeof file === 'string' ? [] : file.text.trim().split(' ');
  const bytes = Buffer.from(secret, 'hex');
  return bytes.length === SECRET_BYTES && sum === checksum(bytes) ? bytes : undefined;
}

function makeSecret(stateFolder: string): Buffer {
  const secret = randomBytes(SECRET_BYTES);
  makeOwnFolder(join(stateFolder, 'keys'));
  replaceFileSync(keyPath(stateFolder, SECRET_NAME), `${secret.toString('hex')} ${checksum(secret)}\n`);
  return secret;
}

function checksum(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

function damaged(path: string): EnvironmentError {
  return new EnvironmentError(say`the keys of this lab are damaged: ${path}`, {
    code: 'keys-damaged',
    hint: say`Run "lab down", then "lab up": new ones are made.`,
  });
}
