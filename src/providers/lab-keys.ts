import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EnvironmentError } from '../core/errors.ts';
import { deriveKeyPair, generateKeyPair, parseHostKey, type KeyPair } from '../ssh/keys.ts';

/**
 * The SSH keys of one lab. They are made at its first `up` and kept, so that its machines stay the ones that other tools have learnt. The private half of
 * `user` never leaves this host; that of a machine is on this host and on that machine only.
 */
export interface LabKeys {
  /** What `lab` logs in with. */
  readonly user: KeyPair;
  /** What a machine shows: its host key. */
  readonly hostKey: (machine: string) => KeyPair;
  /** What a machine logs in to others with; nothing has one unless the lab says `ssh: peers`. */
  readonly clientKey: (machine: string) => KeyPair;
}

const userKey = 'user';
const secretName = 'secret';
const secretBytes = 32;

/** The keys of this lab; made where there are none, or where what is there is damaged. Changes keys of running machines only in that last case. */
export function ensureKeys(stateFolder: string): LabKeys {
  return keysFrom(readSecret(stateFolder) ?? makeSecret(stateFolder), ensureKey(stateFolder, userKey));
}

/** The key that `lab` logs in with, made by `ensureKeys`. @throws {EnvironmentError} `keys-damaged` */
export function readUserKey(stateFolder: string): KeyPair {
  return readKey(stateFolder, userKey);
}

/** The host key of a machine, made by `ensureKeys`. @throws {EnvironmentError} `keys-damaged` */
export function readHostKey(stateFolder: string, machine: string): KeyPair {
  const secret = readSecret(stateFolder);
  if (secret === undefined) throw damaged(keyPath(stateFolder, secretName));
  return hostKeyFrom(secret, machine);
}

/** All keys of machines come from one secret, so that a lab of 64 machines writes and reads one small file instead of 256. */
function keysFrom(secret: Uint8Array, user: KeyPair): LabKeys {
  return {
    user,
    hostKey: (machine) => hostKeyFrom(secret, machine),
    clientKey: (machine) => deriveKeyPair(secret, `client-${machine}`),
  };
}

function hostKeyFrom(secret: Uint8Array, machine: string): KeyPair {
  return deriveKeyPair(secret, `host-${machine}`);
}

/** Absolute path of the private key that `lab` logs in with, for OpenSSH's own client. */
export function userKeyPath(stateFolder: string): string {
  return keyPath(stateFolder, userKey);
}

/** Absolute path of a file of keys. */
export function keyPath(stateFolder: string, name: string): string {
  return join(stateFolder, 'keys', name);
}

/** A key pair that is kept in files of that name. @throws {EnvironmentError} `keys-damaged` */
export function readKey(stateFolder: string, name: string): KeyPair {
  const path = keyPath(stateFolder, name);
  const pair = readPair(path);
  if (pair === undefined) throw damaged(path);
  return pair;
}

/** Undefined when one half is not there, or no key. */
function readPair(path: string): KeyPair | undefined {
  try {
    const pair = { privateKey: readFileSync(path, 'utf8'), publicKey: readFileSync(`${path}.pub`, 'utf8').trim() };
    return pair.privateKey.trimEnd().endsWith('PRIVATE KEY-----') && parseHostKey(pair.publicKey) ? pair : undefined;
  } catch {
    return undefined;
  }
}

function ensureKey(stateFolder: string, name: string): KeyPair {
  const path = keyPath(stateFolder, name);
  const kept = readPair(path);
  if (kept !== undefined) return kept;
  const pair = generateKeyPair(`lab-${name}`);
  writeWhole(path, pair.privateKey);
  writeWhole(`${path}.pub`, `${pair.publicKey}\n`);
  return pair;
}

/** One line: the secret and its checksum, in hex. Undefined when there is none that is whole. */
function readSecret(stateFolder: string): Buffer | undefined {
  try {
    const [secret = '', sum] = readFileSync(keyPath(stateFolder, secretName), 'utf8').trim().split(' ');
    const bytes = Buffer.from(secret, 'hex');
    return bytes.length === secretBytes && sum === checksum(bytes) ? bytes : undefined;
  } catch {
    return undefined;
  }
}

function makeSecret(stateFolder: string): Buffer {
  const secret = randomBytes(secretBytes);
  writeWhole(keyPath(stateFolder, secretName), `${secret.toString('hex')} ${checksum(secret)}\n`);
  return secret;
}

function checksum(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

/** Takes the place of whatever is there; a crash leaves the old or the new file. */
function writeWhole(path: string, content: string): void {
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${process.pid}.tmp`;
  writeFileSync(fresh, content, { mode: 0o600 });
  try {
    renameSync(fresh, path);
  } catch {
    rmSync(path, { recursive: true });
    renameSync(fresh, path);
  }
}

function damaged(path: string): EnvironmentError {
  return new EnvironmentError(`the keys of this lab are damaged: ${path}`, { code: 'keys-damaged', hint: 'Run "lab down", then "lab up": new ones are made.' });
}
