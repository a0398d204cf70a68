import { existsSync, readFileSync, rmSync } from 'node:fs';
import type { Lab } from '../../lab/types.ts';
import { ensureKeys, keyPath, readKeys, readUserKey } from '../lab-keys.ts';
import type { PlanKeys } from './plan/plan-input.ts';

/** The keys that a lab of these machines has inside. */
export function planKeys(lab: Lab, stateFolder: string): PlanKeys {
  const { user, hostKey, clientKey } = ensureKeys(stateFolder);
  const names = [...lab.machines.keys()];
  return {
    user: user.publicKey,
    hosts: new Map(names.map((name) => [name, hostKey(name)])),
    clients: new Map(lab.ssh === 'peers' ? names.map((name) => [name, clientKey(name)]) : []),
  };
}

/**
 * Files of former versions of lab, in which all machines of a lab had one host key, and one key that opened the others.
 */
const formerKeys = ['host', 'host.pub', 'machine', 'machine.pub'];

/** Whether what runs was made with keys that all its machines share. */
export function hasFormerKeys(stateFolder: string): boolean {
  return existsSync(formerHostKey(stateFolder));
}

/** Called when no machine runs any more that was made with them. */
export function removeFormerKeys(stateFolder: string): void {
  for (const name of formerKeys) rmSync(keyPath(stateFolder, name), { recursive: true, force: true });
}

/** What machines are shown, and the public key that each must show. */
export interface Credentials {
  readonly privateKey: string;
  readonly hostKeyOf: (machine: string) => string;
}

/** For all machines of the lab. @throws {EnvironmentError} `keys-damaged` */
export function readCredentials(stateFolder: string): Credentials {
  if (hasFormerKeys(stateFolder)) {
    const shared = readFileSync(formerHostKey(stateFolder), 'utf8').trim();
    return { privateKey: readUserKey(stateFolder).privateKey, hostKeyOf: () => shared };
  }
  const { user, hostKey } = readKeys(stateFolder);
  return { privateKey: user.privateKey, hostKeyOf: (machine) => hostKey(machine).publicKey };
}

function formerHostKey(stateFolder: string): string {
  return keyPath(stateFolder, 'host.pub');
}
