import { existsSync } from 'node:fs';
import { ensureKeys, keyPath, readKey } from '../lab-keys.ts';
import type { KeyPair } from '../../ssh/keys/key-pair.ts';

/**
 * The host key of a machine. Former versions of lab kept one pair of files for each; machines that they saved still
 * show that one.
 *
 * @throws {EnvironmentError} `keys-damaged`
 */
export function hostKeyOf(stateFolder: string, machine: string): KeyPair {
  return isFormer(stateFolder, machine)
    ? readKey(stateFolder, formerName(machine))
    : ensureKeys(stateFolder).hostKey(machine);
}

/**
 * Public halves of the keys that these machines have inside: one that was saved with others cannot be reached. None for
 * a lab of a former version, which did not say with which it saved.
 */
export function keysInside(stateFolder: string, machines: readonly string[]): string[] {
  if (machines.some((machine) => isFormer(stateFolder, machine))) return [];
  const { user, hostKey } = ensureKeys(stateFolder);
  return [user.publicKey, ...machines.map((machine) => hostKey(machine).publicKey)];
}

function isFormer(stateFolder: string, machine: string): boolean {
  return existsSync(keyPath(stateFolder, formerName(machine)));
}

function formerName(machine: string): string {
  return `vm-${machine}`;
}
