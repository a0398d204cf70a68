import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { EnvironmentError } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import { isAlive, type ProcessId } from '../../host/processes.ts';
import type { Machine } from '../../lab/types.ts';
import { connectPorts, connectShell } from '../../ssh/connect.ts';
import type { ShellTarget } from '../../ssh/target.ts';
import { privateKeyCredential } from '../../ssh/login/credential.ts';
import { onlyHostKeys } from '../../ssh/trust/host-key.ts';
import type { Shell } from '../../ssh/shell.ts';
import type { Heartbeat } from '../../ssh/patience.ts';
import type { OpenedShells } from '../opened-shells.ts';
import type { AttachedMachine } from '../provider.ts';
import { ensureKeys, userKeyPath } from '../lab-keys.ts';
import { DEFAULT_IMAGE } from './images/known-images.ts';
import { hostKeyOf } from './machine-keys.ts';

/** Public-key work takes seconds where each instruction is emulated. */
const LOGIN_TIMEOUT_MS = 120_000;

/** A machine whose emulator gets no processor for half a minute is slow, not lost. */
const heartbeat: Heartbeat = { intervalMs: 10_000, count: 6 };

/** How often it is looked whether a machine still runs. */
const LOOK_INTERVAL_MS = 500;

export interface ReachParts {
  readonly machine: Machine;
  /** The emulator; undefined for a machine that does not run. */
  readonly process: ProcessId | undefined;
  /** Of this host's loopback interface, leads to its SSH server; undefined for one that is not up. */
  readonly port: number | undefined;
  readonly stateFolder: string;
}

/**
 * Logs in, over `connected` if there is a connection already; the machine must show the host key that we made for it.
 *
 * @throws {ConnectionError}
 */
export async function connectMachine(parts: ReachParts, signal?: AbortSignal, connected?: Socket): Promise<Shell> {
  return connectShell(targetOf(parts, signal, connected));
}

function targetOf(
  { machine, process, port, stateFolder }: ReachParts,
  signal?: AbortSignal,
  connected?: Socket,
): ShellTarget {
  if (process === undefined || port === undefined)
    throw new EnvironmentError(say`${machine.name} does not run`, {
      code: 'machine-down',
      hint: say`Run "lab up" to bring it back.`,
    });
  let handedOver = connected;
  // Called again when one connection is not enough (MaxSessions of sshd_config(5)).
  const stream = async (): Promise<Socket> => {
    const socket = handedOver ?? (await dial(port));
    handedOver = undefined;
    return endWith(process, socket);
  };
  return {
    machine: machine.name,
    user: machine.user,
    address: { stream, label: `127.0.0.1:${port}` },
    credentials: [privateKeyCredential(ensureKeys(stateFolder).user.privateKey)],
    hostKeys: onlyHostKeys([hostKeyOf(stateFolder, machine.name).publicKey]),
    timeoutMs: LOGIN_TIMEOUT_MS,
    heartbeat,
    signal,
  };
}

async function dial(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  return socket;
}

/**
 * slirp keeps its end of a connection open when the machine behind it is killed; so the process is watched, and a run
 * learns of it at once.
 */
function endWith(process: ProcessId, socket: Socket): Socket {
  const look = (): void => {
    if (isAlive(process)) return;
    const ended = say`the virtual machine ended`;
    socket.destroy(new Error(ended));
  };
  const watching = setInterval(look, LOOK_INTERVAL_MS).unref();
  return socket.once('close', () => clearInterval(watching));
}

export function attached(parts: ReachParts, opened: OpenedShells): AttachedMachine {
  const { machine, process, port, stateFolder } = parts;
  return {
    machine,
    running: process !== undefined,
    runs: { image: machine.image ?? DEFAULT_IMAGE },
    connect: async (signal) => opened.take(machine.name) ?? connectMachine(parts, signal),
    connectPorts: async (signal) => connectPorts(targetOf(parts, signal)),
    sshConfig: new Map([
      ['HostName', '127.0.0.1'],
      ['Port', `${port ?? 0}`],
      ['User', machine.user],
      ['IdentityFile', userKeyPath(stateFolder)],
      ['IdentitiesOnly', 'yes'],
      ['HostKeyAlias', machine.name],
      ['UserKnownHostsFile', knownHostsFile(stateFolder)],
      ['StrictHostKeyChecking', 'yes'],
    ]),
  };
}

/** For OpenSSH's own client; ours checks against the key itself. */
export function knownHostsFile(stateFolder: string): string {
  return join(stateFolder, 'known_hosts');
}
