import type { Duplex } from 'node:stream';
import { EnvironmentError } from '../../core/errors.ts';
import type { Machine } from '../../lab/types.ts';
import { connectShell } from '../../ssh/connect.ts';
import { onlyHostKeys } from '../../ssh/host-key-policy.ts';
import type { Shell } from '../../ssh/shell.ts';
import type { Heartbeat } from '../../ssh/target.ts';
import type { OpenedShells } from '../opened-shells.ts';
import type { AttachedMachine } from '../provider.ts';
import { consoleLog, consoleSocket } from './folders.ts';
import { ensureKey, hostKey, keyPath, userKey } from './keys.ts';
import { join } from 'node:path';

/** Public-key work takes seconds where each instruction is emulated. */
const loginTimeoutMs = 120_000;

/** A machine whose emulator gets no processor for half a minute is slow, not lost. */
const heartbeat: Heartbeat = { intervalMs: 10_000, count: 6 };

export interface ReachParts {
  readonly machine: Machine;
  /** Of this host's loopback interface, leads to its SSH server; undefined for one that is not up. */
  readonly port: number | undefined;
  readonly stateFolder: string;
}

/** Logs in, over `stream` if that is connected already; the machine must show the host key that we made for it. @throws {ConnectionError} */
export async function connectMachine({ machine, port, stateFolder }: ReachParts, signal?: AbortSignal, stream?: Duplex): Promise<Shell> {
  if (port === undefined) throw new EnvironmentError(`${machine.name} does not run`, { code: 'machine-down', hint: 'Run "lab up" to bring it back.' });
  return connectShell({
    machine: machine.name,
    user: machine.user,
    address: stream === undefined ? { host: '127.0.0.1', port } : { stream: () => stream, label: `127.0.0.1:${port}` },
    privateKey: ensureKey(stateFolder, userKey).privateKey,
    hostKeys: onlyHostKeys([ensureKey(stateFolder, hostKey(machine.name)).publicKey]),
    timeoutMs: loginTimeoutMs,
    heartbeat,
    signal,
  });
}

export function attached(parts: ReachParts, running: boolean, opened: OpenedShells): AttachedMachine {
  const { machine, port, stateFolder } = parts;
  return {
    machine,
    running,
    connect: async (signal) => opened.take(machine.name) ?? connectMachine(parts, signal),
    sshConfig: new Map([
      ['HostName', '127.0.0.1'],
      ['Port', `${port ?? 0}`],
      ['User', machine.user],
      ['IdentityFile', keyPath(stateFolder, userKey)],
      ['IdentitiesOnly', 'yes'],
      ['HostKeyAlias', machine.name],
      ['UserKnownHostsFile', knownHostsFile(stateFolder)],
      ['StrictHostKeyChecking', 'yes'],
    ]),
    console: { log: consoleLog(stateFolder, machine.name), socket: consoleSocket(stateFolder, machine.name) },
  };
}

/** For OpenSSH's own client; ours checks against the key itself. */
export function knownHostsFile(stateFolder: string): string {
  return join(stateFolder, 'known_hosts');
}
