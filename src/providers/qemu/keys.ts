import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateKeyPair, type KeyPair } from '../../ssh/keys.ts';

/** The key pair of that name of this lab, made at its first use and kept, so that machines stay the ones that other tools have learnt. */
export function ensureKey(stateFolder: string, name: string): KeyPair {
  const path = keyPath(stateFolder, name);
  if (!existsSync(path) || !existsSync(`${path}.pub`)) {
    mkdirSync(join(stateFolder, 'keys'), { recursive: true, mode: 0o700 });
    const pair = generateKeyPair(`lab-${name}`);
    writeFileSync(path, pair.privateKey, { mode: 0o600 });
    writeFileSync(`${path}.pub`, `${pair.publicKey}\n`);
  }
  return { privateKey: readFileSync(path, 'utf8'), publicKey: readFileSync(`${path}.pub`, 'utf8').trim() };
}

/** Name of the key that the user logs in with. */
export const userKey = 'user';

/** Name of the key that a machine shows. */
export function hostKey(machine: string): string {
  return `vm-${machine}`;
}

/** Absolute path of a private key. */
export function keyPath(stateFolder: string, name: string): string {
  return join(stateFolder, 'keys', name);
}
