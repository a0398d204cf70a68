import { once } from 'node:events';
import type { Socket } from 'node:net';
import { answerLines, askLine, type NetfilterChannel } from '../packets/netfilter-channel.ts';

/**
 * The nftables of a machine, over a connection to the server of the lab that reaches all of them (executor.pl of
 * netns): one line with the name of the machine, then one for each question.
 *
 * @throws what keeps it from being connected.
 */
export async function netfilterOver(socket: Socket, machine: string, signal: AbortSignal): Promise<NetfilterChannel> {
  const abandon = (): void => void socket.destroy();
  signal.addEventListener('abort', abandon, { once: true });
  socket.once('close', () => signal.removeEventListener('abort', abandon));
  if (socket.connecting || socket.errored) await once(socket, 'connect', { signal });
  socket.on('error', abandon);
  socket.write(`${machine}\n`);
  const lines = answerLines(socket as AsyncIterable<Buffer>);
  return { ask: (messages) => askLine(messages, (line) => void socket.write(line), lines), close: abandon };
}
