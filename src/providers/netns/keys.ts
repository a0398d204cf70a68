import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateKeyPair } from '../../ssh/keys.ts';
import type { KeyPair, LabKeys } from './ssh-files.ts';

const names = ['host', 'user', 'machine'] as const;

/** The keys of this lab, made at its first `up` and kept, so that its machines stay the ones that other tools have learnt. */
export function ensureKeys(stateFolder: string): LabKeys {
  const folder = join(stateFolder, 'keys');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of names) {
    const path = join(folder, name);
    if (existsSync(path) && existsSync(`${path}.pub`)) continue;
    const pair = generateKeyPair(`lab-${name}`);
    writeFileSync(path, pair.privateKey, { mode: 0o600 });
    writeFileSync(`${path}.pub`, `${pair.publicKey}\n`, { mode: 0o644 });
  }
  return readKeys(stateFolder);
}

/** The keys that `ensureKeys` has made. */
export function readKeys(stateFolder: string): LabKeys {
  const [host, user, machine] = names.map((name) => readPair(join(stateFolder, 'keys', name)));
  return { host: host!, user: user!, machine: machine! };
}

function readPair(path: string): KeyPair {
  return { privateKey: readFileSync(path, 'utf8'), publicKey: readFileSync(`${path}.pub`, 'utf8').trim() };
}
