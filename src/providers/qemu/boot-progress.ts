import { statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { ConnectionError, EnvironmentError, LabError, messageOf, TimeoutError } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import { sayDuration } from '../../core/language/amounts.ts';
import { retryUntil, type Attempt } from '../../core/time/retry.ts';
import { isAlive, type ProcessId } from '../../host/processes.ts';
import type { Shell } from '../../ssh/shell.ts';
import { consoleLog, processLog } from './folders.ts';
import { lastWords } from './machine-console.ts';
import { setClock, waitForCloudInit } from './set-up.ts';

/** How far a start has come, in this order. */
export type BootStage = 'process' | 'console' | 'network' | 'SSH' | 'set up';

export interface Watched {
  readonly machine: string;
  readonly process: ProcessId;
  /** On loopback, leads to its SSH server. */
  readonly port: number;
  readonly stateFolder: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Whether it goes on from a saved state: then it is set up already, and has the time at which it was saved. */
  readonly isResumed: boolean;
  /** Logs in, over a connection on which the server has greeted already if one is given. */
  readonly connect: (signal: AbortSignal, greeted: Socket | undefined) => Promise<Shell>;
  readonly onStage: (stage: BootStage) => void;
}

export interface ReadyMachine {
  /** The connection that was opened for it. */
  readonly shell: Shell;
  /** What it lacks of its set-up, in its own words; undefined when all is well. */
  readonly complaint: string | undefined;
}

/**
 * Waits until the machine is set up and can be logged in to.
 *
 * @throws {EnvironmentError} when it ends, {TimeoutError} when it does not come; both with its last words.
 */
export async function waitUntilReady(watched: Watched): Promise<ReadyMachine> {
  try {
    return await settle(watched, await greetingOf(watched));
  } catch (error) {
    watched.signal.throwIfAborted();
    throw explained(watched, error);
  }
}

/** The connection over which the SSH server greeted. */
async function greetingOf(watched: Watched): Promise<Socket> {
  const { machine, process, port, stateFolder, timeoutMs, signal, onStage } = watched;
  const seen = new Set<BootStage>();
  const saidBefore = sizeOf(consoleLog(stateFolder, machine));
  const reach = (stage: BootStage): void => {
    if (!seen.has(stage)) onStage(stage);
    seen.add(stage);
  };
  let patienceMs = PROBE_TIMEOUT_MS;
  const look = async (): Promise<Attempt<Socket>> => {
    requireAlive(machine, process);
    if (sizeOf(consoleLog(stateFolder, machine)) > saidBefore) reach('console');
    requireBootable(watched);
    const answer = await probe(port, patienceMs);
    if (answer !== 'silent') reach('network');
    // Its system is there, and too slow: each further connection would keep it from greeting at all.
    else if (seen.has('network')) patienceMs = Math.min(2 * patienceMs, LONGEST_PROBE_MS);
    if (typeof answer === 'string')
      return {
        seen:
          seen.size === 0
            ? say`nothing yet: its console is empty`
            : say`${[...seen].map(stageWord).join(', ')}, but no SSH`,
      };
    reach('SSH');
    return { value: answer };
  };
  return retryUntil(look, { what: say`SSH of ${machine}`, timeoutMs, intervalMs: 100, signal });
}

function requireAlive(machine: string, process: ProcessId): void {
  if (!isAlive(process))
    throw new EnvironmentError(say`the virtual machine ${machine} ended while it started`, { code: 'vm-ended' });
}

/** SeaBIOS's last word (src/boot.c). */
const NOTHING_TO_BOOT = 'No bootable device.';
/** More than a firmware says, less than a system does. */
const FIRMWARE_BYTES = 4096;

function requireBootable({ machine, stateFolder }: Watched): void {
  const log = consoleLog(stateFolder, machine);
  if (sizeOf(log) > FIRMWARE_BYTES || !lastWords(log, 1).includes(NOTHING_TO_BOOT)) return;
  const hint = say`Use a cloud image for this processor that starts by BIOS; one for UEFI only, or an installation medium, does not.`;
  throw new EnvironmentError(say`the firmware of ${machine} finds nothing to start on its disk`, {
    code: 'vm-unbootable',
    hint,
  });
}

/**
 * Long enough for a slow greeting, short enough that a lost packet of a machine that was not there yet does not hold us
 * up.
 */
const PROBE_TIMEOUT_MS = 2000;
/** sshd gives up on a login itself after two minutes (LoginGraceTime of sshd_config(5)). */
const LONGEST_PROBE_MS = 64_000;

/** What is at the port: slirp takes every connection itself, and drops it when the machine refuses it. */
async function probe(port: number, timeoutMs: number): Promise<Socket | 'closed' | 'silent'> {
  const { promise, resolve } = Promise.withResolvers<Buffer | 'closed' | 'silent'>();
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  const close = (): void => resolve('closed');
  socket
    .setTimeout(timeoutMs, () => resolve('silent'))
    .once('data', resolve)
    .once('close', close)
    .once('error', close);
  const answer = await promise;
  if (typeof answer === 'string' || !answer.toString('latin1').startsWith('SSH-')) {
    socket.on('error', () => undefined).destroy();
    return typeof answer === 'string' ? answer : 'closed';
  }
  // It is logged in over this very connection: to take one more costs the machine a process, and that a second where
  // each instruction is emulated.
  socket.setTimeout(0).removeAllListeners('timeout').off('close', close).off('error', close).pause().unshift(answer);
  return socket;
}

/** An account may appear a moment after the SSH server of a stock image does. */
const LOGIN_TIMEOUT_MS = 300_000;

async function settle(watched: Watched, greeted: Socket): Promise<ReadyMachine> {
  const { machine, process, signal, timeoutMs, onStage } = watched;
  let connected: Socket | undefined = greeted;
  const attempt = (): Promise<Attempt<ReadyMachine>> => {
    requireAlive(machine, process);
    const result = setUp(watched, connected);
    connected = undefined;
    return result;
  };
  const what = say`the login on ${machine}, and its set-up`;
  const ready = await retryUntil(attempt, {
    what,
    timeoutMs: Math.min(timeoutMs, LOGIN_TIMEOUT_MS),
    intervalMs: 200,
    signal,
  });
  onStage('set up');
  return ready;
}

/** Once more after a connection that was refused or lost: a set-up may restart the SSH server, or the machine. */
async function setUp(
  { connect: open, isResumed, timeoutMs, signal }: Watched,
  connected: Socket | undefined,
): Promise<Attempt<ReadyMachine>> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    const shell = await open(deadline, connected);
    try {
      return {
        value: { shell, complaint: await (isResumed ? setClock : waitForCloudInit)(shell, { timeoutMs, signal }) },
      };
    } catch (error) {
      await shell.close();
      throw error;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ConnectionError) && !deadline.aborted) throw error;
    return { seen: messageOf(error) };
  }
}

function explained({ machine, stateFolder }: Watched, error: unknown): Error {
  const words = lastWords(consoleLog(stateFolder, machine));
  const complaint = lastWords(processLog(stateFolder, machine));
  const detail = [
    words === '' ? say`Its console stayed empty.` : say`Last lines of its console:\n${words}`,
    ...(complaint === '' ? [] : [say`QEMU said:\n${complaint}`]),
  ].join('\n');
  if (error instanceof TimeoutError)
    return new TimeoutError(error.message, {
      code: 'vm-not-ready',
      detail,
      cause: error,
      hint: say`"lab console ${machine}" shows all that it said. A slow host may need more time: LAB_BOOT_TIMEOUT=1200 lab up (seconds).`,
    });
  const { code = 'vm-failed', hint = say`"lab console ${machine}" shows all that it said.` } =
    error instanceof LabError ? error : {};
  return new EnvironmentError(messageOf(error), { code, detail, cause: error, hint });
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function stageWord(stage: BootStage): string {
  const words: Readonly<Record<BootStage, string>> = {
    process: say`process`,
    console: say`console`,
    network: say`network`,
    SSH: 'SSH',
    'set up': say`set up`,
  };
  return words[stage];
}

/** `console 4.1 s, SSH 15 s`: when each stage was reached. */
export function describeStages(stages: ReadonlyMap<BootStage, number>): string {
  return [...stages].map(([stage, ms]) => `${stageWord(stage)} ${sayDuration(ms)}`).join(', ');
}
