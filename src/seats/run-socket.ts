import { EventEmitter, on } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { CleanupStack } from '../core/cleanup.ts';
import { say } from '../core/language/say.ts';
import { listenUnix } from '../host/unix-socket.ts';
import type { TerminalSize } from '../ssh/shell.ts';
import { LAB_VERSION } from '../state/lab-version.ts';
import {
  decode,
  encode,
  MESSAGES_VERSION,
  otherLab,
  receive,
  send,
  type FromJoiner,
  type FromRun,
} from './messages.ts';
import type { Seat } from './seat.ts';

/** Where a run listens for further operators. */
export function runSocketPath(stateFolder: string): string {
  return join(stateFolder, 'run.sock');
}

/**
 * Waits until a second terminal has joined for each of the roles (`lab run --as ROLE`). Call it with the lock held: the
 * socket is then ours alone, also when a run that was killed left one behind.
 *
 * @param stories By role: what the user who joins is told.
 * @throws the reason of `signal`, when the user does not want to wait any more.
 */
export async function waitForSeats(
  stateFolder: string,
  stories: ReadonlyMap<string, string>,
  cleanup: CleanupStack,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Seat>> {
  signal.throwIfAborted();
  const path = runSocketPath(stateFolder);
  const seats = new Map<string, Seat>();
  const { promise: complete, resolve, reject } = Promise.withResolvers<void>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    void take(socket, stories, seats).then(
      (seat) => {
        if (seat !== undefined && seats.size === stories.size) resolve();
      },
      () => socket.destroy(),
    );
  });
  server.on('error', reject);
  // It may fail before it is waited for, which is then no unhandled rejection.
  complete.catch(() => undefined);
  const stop = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  cleanup.add(say`close the run to others`, () => closeServer(server, path));
  listenUnix(server, path);
  await complete.finally(() => signal.removeEventListener('abort', stop));
  return seats;
}

/** Gives the seat that the other side asks for, or answers why not. */
async function take(
  socket: Socket,
  stories: ReadonlyMap<string, string>,
  seats: Map<string, Seat>,
): Promise<Seat | undefined> {
  const messages = receive<FromJoiner>(socket);
  const first = await messages.next();
  if (first.done || !('join' in first.value)) throw new Error('the other side said nothing');
  const { join: role, size, version } = first.value;
  // An older lab says none, and takes what it does not know for no refusal.
  const isOther = version !== MESSAGES_VERSION;
  const refusal = isOther ? otherLab(LAB_VERSION) : refusalOf(role, [...stories.keys()], seats);
  if (refusal !== undefined) {
    await send(socket, { refused: refusal });
    socket.end();
    return undefined;
  }
  const seat = remoteSeat(socket, messages, size);
  seats.set(role, seat);
  await send(socket, { joined: stories.get(role)!, version: MESSAGES_VERSION });
  return seat;
}

function refusalOf(role: string, roles: readonly string[], seats: ReadonlyMap<string, Seat>): string | undefined {
  if (!roles.includes(role)) return say`the run waits for ${roles.join(say` and `)}, not for ${role}`;
  return seats.has(role) ? say`another terminal is the operator of ${role} already` : undefined;
}

/** A seat at the terminal of another process. */
function remoteSeat(socket: Socket, messages: AsyncGenerator<FromJoiner>, size: TerminalSize): Seat {
  const changes = new EventEmitter();
  // A terminal that went away is an end of input, which `keysFrom` tells; nothing else has to know.
  const tell = (message: FromRun): Promise<void> => send(socket, message).catch(() => undefined);
  return {
    operator: { input: keysFrom(messages, changes), size, resizes: sizesFrom(changes) },
    begin: () => void tell({ begin: true }),
    show: (data) => tell({ output: encode(data) }),
    end: () => void tell({ end: true }),
    tell: (standstill) => void tell({ standstill }),
    leave: (result) => tell({ result }).then(() => void socket.end()),
  };
}

async function* keysFrom(messages: AsyncGenerator<FromJoiner>, changes: EventEmitter): AsyncIterable<Uint8Array> {
  try {
    for await (const message of messages) {
      if ('keys' in message) yield decode(message.keys);
      else changes.emit('size', message.size);
    }
  } catch {
    // The other process was killed: an end of input, as when a terminal is closed.
  }
}

async function* sizesFrom(changes: EventEmitter): AsyncIterable<TerminalSize> {
  for await (const [size] of on(changes, 'size')) yield size as TerminalSize;
}

async function closeServer(server: Server, path: string): Promise<void> {
  server.close();
  await rm(path, { force: true });
}
