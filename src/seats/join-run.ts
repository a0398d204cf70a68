import type { Socket } from 'node:net';
import { withCleanup } from '../core/cleanup.ts';
import { EnvironmentError, UsageError } from '../core/errors.ts';
import { say } from '../core/language/say.ts';
import { connectUnix } from '../host/unix-socket.ts';
import { stateFolderFor } from '../state/state-folder.ts';
import type { CommandContext } from '../session/context.ts';
import { decode, encode, MESSAGES_VERSION, otherLab, receive, send, type FromRun } from './messages.ts';
import { runSocketPath } from './run-socket.ts';
import { seatAt, type Seat } from './seat.ts';
import { welcome } from './welcome.ts';

export interface JoinResult {
  readonly role: string;
  /** How the run ended that was joined. */
  readonly result: string;
}

/**
 * Takes a seat in the run that another terminal has begun and that waits for this role; undefined when no run waits.
 *
 * @throws {UsageError} when the run does not want this role. @throws {EnvironmentError} when the run is killed.
 */
export async function joinRun(context: CommandContext, role: string): Promise<JoinResult | undefined> {
  const socket = await reach(runSocketPath(stateFolderFor(context)));
  if (socket === undefined) return undefined;
  return withCleanup(async (cleanup) => {
    cleanup.add(say`leave the run`, () => socket.destroy());
    const leave = (): void => void socket.destroy();
    context.signal.addEventListener('abort', leave, { once: true });
    cleanup.add(say`stop listening for signals`, () => context.signal.removeEventListener('abort', leave));
    const seat = seatAt(context.terminal);
    await send(socket, { join: role, size: seat.operator.size!, version: MESSAGES_VERSION });
    const greet = (story: string): Promise<void> => welcome(context, story, say`Ctrl-] leaves it.`);
    cleanup.add(say`give the keyboard back`, () => seat.end());
    const result = await sit(socket, role, { seat, greet });
    context.signal.throwIfAborted();
    if (result !== undefined) return { role, result };
    throw new EnvironmentError(say`the run that this terminal had joined is gone`, {
      code: 'run-gone',
      hint: say`Look at the terminal that began it.`,
    });
  });
}

/** Undefined when no one listens there: no run, or one that was killed. */
function reach(path: string): Promise<Socket | undefined> {
  const socket = connectUnix(path);
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(socket)).on('error', () => resolve(undefined));
  });
}

async function sit(
  socket: Socket,
  role: string,
  { seat, greet }: { readonly seat: Seat; readonly greet: (story: string) => Promise<void> },
): Promise<string | undefined> {
  let result: string | undefined;
  for await (const message of untilGone(receive<FromRun>(socket))) {
    if ('refused' in message)
      throw new UsageError(message.refused, {
        code: 'seat-refused',
        hint: say`Begin the run with --with ${role} to keep that seat free.`,
      });
    if ('joined' in message) {
      if (message.version !== MESSAGES_VERSION) throw new UsageError(otherLab(), { code: 'seat-refused' });
      await greet(message.joined);
      relayKeys(socket, seat);
    }
    if ('begin' in message) seat.begin();
    if ('output' in message) await seat.show(Buffer.from(decode(message.output)).toString('utf8'));
    if ('end' in message) seat.end();
    if ('standstill' in message) seat.tell(message.standstill);
    if ('result' in message) result = message.result;
  }
  return result;
}

/** A connection that breaks off ends the messages, like one that is closed. */
async function* untilGone<T>(messages: AsyncIterable<T>): AsyncIterable<T> {
  try {
    yield* messages;
  } catch {
    // What is missing then is the result, which the caller sees.
  }
}

function relayKeys(socket: Socket, { operator }: Seat): void {
  const keys = async (): Promise<void> => {
    for await (const chunk of operator.input) await send(socket, { keys: encode(chunk) });
    socket.end();
  };
  const sizes = async (): Promise<void> => {
    for await (const size of operator.resizes ?? []) await send(socket, { size });
  };
  // A run that is over takes no more; its messages have said so.
  void keys().catch(() => undefined);
  void sizes().catch(() => undefined);
}
