import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { listenUnix } from '../../../host/unix-socket.ts';
import { CAPTURE_SOCKET } from '../folders.ts';
import { PortCaptures } from './captures.ts';
import { ADVERTISE_EVERY_MS } from './gateway6.ts';
import { Switch, type PortOptions, type SwitchOptions } from './switch.ts';

/** One network, as `switch.json` in the work folder says it. */
export interface SwitchNetwork extends SwitchOptions {
  readonly ports: readonly ({ readonly name: string } & PortOptions)[];
}

/**
 * The switches of one lab, one for each network: a process of its own, because it must outlive the `lab` that started
 * it. Works in the lab's work folder, whose path may be too long for a socket. Arguments: the label (see lab-processes.ts),
 * then the name of the file that describes the networks.
 */
async function main(file: string): Promise<void> {
  const networks = JSON.parse(readFileSync(file, 'utf8')) as readonly SwitchNetwork[];
  const captures = new PortCaptures(networks.flatMap(({ ports }) => ports.map(({ name }) => name)));
  // Before the ports, for which `lab up` waits: it need not wait for this one.
  await listen(CAPTURE_SOCKET, (socket) => captures.serve(socket), { allowHalfOpen: true });
  await Promise.all(
    networks.flatMap(({ ports, ...about }) => {
      const network = new Switch(captures, about);
      if (about.gateway6?.advertises) setInterval(() => network.advertise(), ADVERTISE_EVERY_MS);
      return ports.map(({ name, ...options }) => listen(name, (socket) => network.attach(name, socket, options)));
    }),
  );
}

function listen(
  name: string,
  onConnection: (socket: Socket) => void,
  options: { readonly allowHalfOpen?: boolean } = {},
): Promise<void> {
  const server = createServer(options, onConnection);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).once('listening', resolve);
  listenUnix(server, name);
  return promise;
}

await main(process.argv[4] ?? '');
