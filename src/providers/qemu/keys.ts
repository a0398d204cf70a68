import { existsSync } from 'node:fs';
import type { KeyPair } from '../../ssh/keys.ts';
import { ensureKeys, keyPath, readKey } from '../lab-keys.ts';

/** The host key of a machine. Former versions of lab kept one pair of files for each; machines that they saved still show that one. @throws {EnvironmentError} `keys-damaged` */
export function hostKeyOf(stateFolder: string, machine: string): KeyPair {
  const former = `vm-${machine}`;
  return existsSync(keyPath(stateFolder, former)) ? readKey(stateFolder, former) : ensureKeys(stateFolder).hostKey(machine);
}
