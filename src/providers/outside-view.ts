import { once } from 'node:events';
import type { Socket } from 'node:net';
import { ConnectionError, messageOf } from '../core/errors.ts';
import { say } from '../core/language/say.ts';
import type { OutsideProcess } from '../ssh/shell.ts';

/** Ends the text of the program that the server runs (executor.pl of netns). */
const END_OF_PROGRAM = '\n__END__\n';

/**
 * A program that looks at a machine from outside, over a connection to the server of the lab that runs it: one line with
 * the name of the machine, then the program, then what it reads.
 *
 * @throws {ConnectionError} when the server is gone.
 */
export async function lookOver(socket: Socket, machine: string, program: string): Promise<OutsideProcess> {
  try {
    if (socket.connecting || socket.errored) await once(socket, 'connect');
  } catch (error) {
    throw new ConnectionError(machine, say`${machine} cannot be looked at: ${messageOf(error)}`, {
      code: 'outside-lost',
      hint: say`"lab status" shows whether it runs; "lab up" brings it back.`,
      cause: error,
    });
  }
  // Whoever reads is told of it.
  socket.on('error', () => undefined);
  const write = async (bytes: Uint8Array | string): Promise<void> => {
    if (socket.destroyed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.write(bytes, () => resolve());
    await promise;
  };
  void write(`${machine}\n${program}${END_OF_PROGRAM}`);
  return {
    output: socket as AsyncIterable<Buffer>,
    write,
    end: () => void socket.end(),
    abandon: () => void socket.destroy(),
  };
}
